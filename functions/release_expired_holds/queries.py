"""SQL for releasing holds and advancing waitlists."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from shared.db import Connection


@dataclass(frozen=True)
class ExpiredHold:
    """A hold that has expired, and the open order that could still pay it."""

    registration_id: UUID
    event_id: UUID
    user_id: UUID
    event_title: str
    razorpay_order_id: str | None


def list_expired_holds(conn: Connection, now: datetime, after: UUID | None, limit: int) -> list[ExpiredHold]:
    return (
        conn.cursor(row_factory=class_row(ExpiredHold))
        .execute(
            """
            select r.id as registration_id, r.event_id, r.user_id, e.title as event_title, t.razorpay_order_id
            from public.registrations r
            join public.events e on e.id = r.event_id
            left join public.payment_transactions t
                on t.registration_id = r.id and t.status in ('initiated', 'failed') and t.review_reason is null
            where r.status = 'pending' and r.hold_expires_at <= %(now)s
                and (%(after)s::uuid is null or r.id > %(after)s)
            order by r.id
            limit %(limit)s
            """,
            {"now": now, "after": after, "limit": limit},
        )
        .fetchall()
    )


def expire_hold(conn: Connection, registration_id: UUID, now: datetime) -> bool:
    """Expire a hold that was neither paid nor renewed meanwhile; whether the seat was freed."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        update public.registrations set status = 'expired', payment_status = 'failed', hold_expires_at = null
        where id = %(id)s and status = 'pending' and hold_expires_at <= %(now)s
        returning true
        """,
        {"id": registration_id, "now": now},
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
