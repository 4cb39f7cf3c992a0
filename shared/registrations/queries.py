"""The statements of taking a seat and of the order that pays it."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import class_row, scalar_row

from shared.db import Connection
from shared.registrations.models import BookableEvent, HoldUse, Registration, RegistrationOrder, RegistrationSource

REGISTRATION_COLUMNS: LiteralString = """
    r.id, r.event_id, e.title as event_title, e.starts_at as event_starts_at, e.ends_at as event_ends_at, r.status,
    r.payment_status, r.amount, r.currency, r.hold_expires_at, r.confirmed_at, r.cancelled_at, r.cancel_reason,
    r.created_at, coalesce((
        select u.amount - u.returned_amount from public.referral_credit_uses u where u.registration_id = r.id
    ), 0) as credit_amount
"""


def lock_event(conn: Connection, event_id: UUID) -> Cursor[BookableEvent]:
    """The event, locked; no row for a draft.

    It reads no other table: a statement that waits for a lock sees other tables as they were before it waited.
    """
    return conn.cursor(row_factory=class_row(BookableEvent)).execute(
        """
        select id, title, status, starts_at, least(coalesce(sales_end_at, starts_at), ends_at) as sales_end_at,
            capacity, price_amount, currency
        from public.events
        where id = %(event)s and status <> 'draft'
        for no key update
        """,
        {"event": event_id},
    )


def lock_profile(conn: Connection, user_id: UUID) -> Cursor[bool]:
    """Whether the account is in use (not erased), locked: one person takes one seat at a time, or is erased."""
    return conn.cursor(row_factory=scalar_row).execute(
        "select erased_at is null from public.profiles where id = %(user)s for no key update", {"user": user_id}
    )


def find_active_registration(conn: Connection, event_id: UUID, user_id: UUID) -> Cursor[UUID]:
    return conn.cursor(row_factory=scalar_row).execute(
        """
        select id from public.registrations
        where user_id = %(user)s and event_id = %(event)s and status in ('pending', 'confirmed')
        """,
        {"event": event_id, "user": user_id},
    )


def read_hold_use(conn: Connection, event_id: UUID, user_id: UUID, now: datetime) -> HoldUse:
    """A hold that was paid too late is no lapse, and neither is one that an administrator ended."""
    use = (
        conn.cursor(row_factory=class_row(HoldUse))
        .execute(
            """
            with person as (
                select p.id, max(p.hold_limits_lifted_at) over () as lifted_at
                from public.profiles p
                where p.email_normalized = (select me.email_normalized from public.profiles me where me.id = %(user)s)
            ), seats as (
                select r.*, person.lifted_at from public.registrations r join person on person.id = r.user_id
            ), places as (
                select w.*, person.lifted_at
                from public.event_waitlist w join person on person.id = w.user_id
                where w.event_id = %(event)s
            ), lapsed as (
                select coalesce(cancelled_at, expired_at) as at, lifted_at from seats
                where event_id = %(event)s and confirmed_at is null
                    and (status = 'expired' or status = 'cancelled' and cancel_reason = 'student_cancelled')
                    and not exists (
                        select 1 from public.payment_transactions t
                        where t.registration_id = seats.id and t.status in ('success', 'refunded')
                    )
                union all
                select expires_at, lifted_at from places where status = 'expired'
            ), recent_lapses as (
                select at from lapsed
                where at > %(now)s - interval '7 days' and at > coalesce(lifted_at, '-infinity')
            ), recent_holds as (
                select created_at from seats
                where amount > 0 and confirmed_at is null
                    and created_at between %(now)s - interval '1 hour' and %(now)s + interval '1 minute'
                    and created_at > coalesce(lifted_at, '-infinity')
            )
            select exists (
                    select 1 from seats where event_id = %(event)s and status = 'pending' and user_id <> %(user)s
                ) as is_holding_elsewhere,
                exists (
                    select 1 from places where status in ('waiting', 'notified') and user_id <> %(user)s
                ) as is_waiting_elsewhere,
                (select count(*) from recent_lapses) as lapses,
                (select max(at) from recent_lapses) as last_lapse_at,
                (select count(*) from recent_holds) as holds_this_hour,
                (select min(created_at) from recent_holds) as first_hold_at
            """,
            {"event": event_id, "user": user_id, "now": now},
        )
        .fetchone()
    )
    assert use is not None
    return use


def insert_registration(
    conn: Connection,
    *,
    user_id: UUID,
    event: BookableEvent,
    amount: int,
    hold_expires_at: datetime | None,
    source: RegistrationSource,
    now: datetime,
) -> UUID | None:
    """A held seat, or a confirmed one where there is nothing to pay (no hold); null when the user has one already.

    `amount` is what is left to pay, in minor units.
    """
    free = hold_expires_at is None
    return (
        conn.cursor(row_factory=scalar_row)
        .execute(
            """
            insert into public.registrations
                (user_id, event_id, status, payment_status, amount, currency, hold_expires_at, confirmed_at, source,
                agreed_starts_at)
            values (%(user)s, %(event)s, %(status)s, %(payment_status)s, %(amount)s, %(currency)s, %(hold)s,
                %(confirmed_at)s, %(source)s, %(starts_at)s)
            on conflict (user_id, event_id) where status in ('pending', 'confirmed') do nothing
            returning id
            """,
            {
                "user": user_id,
                "event": event.id,
                "starts_at": event.starts_at,
                "status": "confirmed" if free else "pending",
                "payment_status": "free" if free else "pending",
                "amount": amount,
                "currency": event.currency,
                "hold": hold_expires_at,
                "confirmed_at": now if free else None,
                "source": source,
            },
        )
        .fetchone()
    )


def find_registration(conn: Connection, registration_id: UUID, user_id: UUID) -> Registration | None:
    return (
        conn.cursor(row_factory=class_row(Registration))
        .execute(
            "select"
            + REGISTRATION_COLUMNS
            + """
            from public.registrations r join public.events e on e.id = r.event_id
            where r.id = %(id)s and r.user_id = %(user)s
            """,
            {"id": registration_id, "user": user_id},
        )
        .fetchone()
    )


def list_orders(conn: Connection, registration_id: UUID, user_id: UUID) -> list[RegistrationOrder]:
    """The orders of one user's registration, the newest first."""
    return (
        conn.cursor(row_factory=class_row(RegistrationOrder))
        .execute(
            """
            select id, registration_id, razorpay_order_id, razorpay_payment_id, status, amount, currency
            from public.payment_transactions
            where registration_id = %(registration)s and user_id = %(user)s
            order by created_at desc, id
            """,
            {"registration": registration_id, "user": user_id},
        )
        .fetchall()
    )


def is_payment_held(conn: Connection, registration_id: UUID) -> bool:
    """Whether a payment of another amount waits for an administrator's decision."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select exists (
            select 1 from public.payment_transactions
            where registration_id = %(registration)s and status in ('initiated', 'failed')
                and review_reason is not null
        )
        """,
        {"registration": registration_id},
    )
    return bool(cursor.fetchone())


def insert_order(
    conn: Connection, *, registration_id: UUID, user_id: UUID, order_id: str, amount: int, currency: str
) -> None:
    """Keep an order of a registration that still waits for its payment, unless another one is open already."""
    conn.execute(
        """
        insert into public.payment_transactions (registration_id, user_id, razorpay_order_id, amount, currency)
        select r.id, r.user_id, %(order)s, %(amount)s, %(currency)s
        from public.registrations r
        where r.id = %(registration)s and r.user_id = %(user)s and r.status = 'pending'
        for no key update
        on conflict (registration_id) where status in ('initiated', 'failed') do nothing
        """,
        {
            "registration": registration_id,
            "user": user_id,
            "order": order_id,
            "amount": amount,
            "currency": currency,
        },
    )
