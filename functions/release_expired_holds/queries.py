"""SQL for releasing holds and advancing waitlists."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from shared.db import Connection


@dataclass(frozen=True)
class ExpiredHold:
    """A hold that has expired, and the open order that could still pay it.

    `is_payment_held` is true while a payment of another amount waits for an administrator's decision.
    """

    registration_id: UUID
    event_id: UUID
    user_id: UUID
    event_title: str
    event_ends_at: datetime
    hold_expires_at: datetime
    failed_checks: int
    transaction_id: UUID | None
    razorpay_order_id: str | None
    is_payment_held: bool


def list_expired_holds(
    conn: Connection, now: datetime, after: tuple[int, UUID] | None, limit: int
) -> list[ExpiredHold]:
    """Expired holds that are due for a check, by their failed checks and id; `after` is these of the last page."""
    after_checks, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(ExpiredHold))
        .execute(
            """
            select r.id as registration_id, r.event_id, r.user_id, e.title as event_title, e.ends_at as event_ends_at,
                r.hold_expires_at, coalesce(t.failed_checks, 0) as failed_checks, t.id as transaction_id,
                t.razorpay_order_id, t.review_reason is not null as is_payment_held
            from public.registrations r
            join public.events e on e.id = r.event_id
            left join public.payment_transactions t
                on t.registration_id = r.id and t.status in ('initiated', 'failed')
            where r.status = 'pending' and r.hold_expires_at <= %(now)s
                and (t.next_check_at is null or t.next_check_at <= %(now)s)
                and (%(after_id)s::uuid is null
                    or (coalesce(t.failed_checks, 0), r.id) > (%(after_checks)s::integer, %(after_id)s::uuid))
            order by coalesce(t.failed_checks, 0), r.id
            limit %(limit)s
            """,
            {"now": now, "after_checks": after_checks, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def postpone_check(conn: Connection, transaction_id: UUID, now: datetime) -> int:
    """Count a failed check of an order and delay the next one: not at first, then 10 minutes, doubled up to an hour.

    Returns the number of failed checks.
    """
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        update public.payment_transactions
        set failed_checks = failed_checks + 1, next_check_at = case when failed_checks = 0 then %(now)s
            else %(now)s + least(interval '5 minutes' * 2 ^ least(failed_checks, 10), interval '1 hour') end
        where id = %(id)s
        returning failed_checks
        """,
        {"id": transaction_id, "now": now},
    )
    return int(cursor.fetchone() or 0)


def count_held_payments(conn: Connection, before: datetime) -> int:
    """Payments of another amount that came in before this time and still wait for a decision."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select count(*) from public.payment_transactions t
        join public.payment_attempts a on a.payment_transaction_id = t.id and a.status = 'captured'
        cross join lateral private.payment_balance(a.razorpay_payment_id) b
        where t.review_reason is not null and a.razorpay_payment_id is distinct from t.razorpay_payment_id
            and a.created_at < %(before)s and b.captured - b.committed - b.deducted > 0
        """,
        {"before": before},
    )
    return int(cursor.fetchone() or 0)


def expire_hold(conn: Connection, registration_id: UUID, now: datetime) -> bool:
    """Expire a hold that was neither paid nor renewed meanwhile; whether the seat was freed."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        update public.registrations
        set status = 'expired', payment_status = 'failed', expired_at = %(now)s, hold_expires_at = null
        where id = %(id)s and status = 'pending' and hold_expires_at <= %(now)s
        returning true
        """,
        {"id": registration_id, "now": now},
    )
    return bool(cursor.fetchone())


def is_confirmed(conn: Connection, registration_id: UUID) -> bool:
    cursor = conn.cursor(row_factory=scalar_row).execute(
        "select status = 'confirmed' from public.registrations where id = %(id)s", {"id": registration_id}
    )
    return bool(cursor.fetchone())


def list_waitlists_to_advance(conn: Connection, now: datetime, after: UUID | None, limit: int) -> list[UUID]:
    """Events whose waitlist has an expired offer, can be closed, or has a free seat to offer."""
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        """
        select e.id from public.events e
        where e.id in (select event_id from public.event_waitlist where status in ('waiting', 'notified'))
            and (%(after)s::uuid is null or e.id > %(after)s)
            and (
                exists (
                    select 1 from public.event_waitlist w
                    where w.event_id = e.id and w.status = 'notified' and w.expires_at <= %(now)s
                )
                or e.status <> 'upcoming'
                or least(coalesce(e.sales_end_at, e.starts_at), e.starts_at) <= %(now)s
                or (
                    private.seats_taken(e.id) < e.capacity
                    and exists (select 1 from public.event_waitlist w where w.event_id = e.id and w.status = 'waiting')
                )
            )
        order by e.id
        limit %(limit)s
        """,
        {"now": now, "after": after, "limit": limit},
    ).fetchall()


def expire_offers(conn: Connection, event_id: UUID, now: datetime) -> list[tuple[UUID, UUID, str]]:
    """Expire the overdue offers of a locked event; returns entry, user and the event's title."""
    return conn.execute(
        """
        update public.event_waitlist w set status = 'expired'
        from public.events e
        where e.id = w.event_id and w.event_id = %(event)s and w.status = 'notified' and w.expires_at <= %(now)s
        returning w.id, w.user_id, e.title
        """,
        {"event": event_id, "now": now},
    ).fetchall()


def close_waitlist(conn: Connection, event_id: UUID, now: datetime, limit: int) -> list[tuple[UUID, UUID, str]]:
    """Close the waitlist of a locked event whose sales have ended; returns entry, user and the event's title."""
    return conn.execute(
        """
        update public.event_waitlist w set status = 'expired'
        from public.events e
        where e.id = w.event_id and w.id in (
                select id from public.event_waitlist
                where event_id = %(event)s and status = 'waiting'
                order by joined_at, id
                limit %(limit)s
            )
            and (e.status in ('ongoing', 'completed')
                or least(coalesce(e.sales_end_at, e.starts_at), e.starts_at) <= %(now)s)
        returning w.id, w.user_id, e.title
        """,
        {"event": event_id, "now": now, "limit": limit},
    ).fetchall()
