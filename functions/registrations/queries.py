"""SQL for a user's registrations, payments and billing details."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, dict_row, scalar_row

from functions.registrations.models import BillingDetails, CancellationRefund, Payment, SeatPage, SeatSession
from shared.db import Connection
from shared.registrations.models import Registration, RegistrationOrder
from shared.registrations.queries import REGISTRATION_COLUMNS


def list_registrations(
    conn: Connection, user_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Registration]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(Registration))
        .execute(
            "select"
            + REGISTRATION_COLUMNS
            + """
            from public.registrations r join public.events e on e.id = r.event_id
            where r.user_id = %(user)s and (%(after_time)s::timestamptz is null
                or r.created_at < %(after_time)s::timestamptz
                or (r.created_at = %(after_time)s::timestamptz and r.id > %(after_id)s::uuid))
            order by r.created_at desc, r.id
            limit %(limit)s
            """,
            {"user": user_id, "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def list_payments(conn: Connection, user_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int) -> list[Payment]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(Payment))
        .execute(
            """
            select t.id, t.registration_id, e.title as event_title, t.razorpay_order_id, t.razorpay_payment_id,
                t.status, t.amount, t.currency, t.paid_at, t.created_at,
                coalesce((select sum(f.amount) from public.refunds f
                    where f.payment_transaction_id = t.id and f.status = 'processed'
                        and (t.razorpay_payment_id is null or f.razorpay_payment_id = t.razorpay_payment_id)
                ), 0)::bigint as refunded_amount
            from public.payment_transactions t
            join public.registrations r on r.id = t.registration_id
            join public.events e on e.id = r.event_id
            where t.user_id = %(user)s and (%(after_time)s::timestamptz is null
                or t.created_at < %(after_time)s::timestamptz
                or (t.created_at = %(after_time)s::timestamptz and t.id > %(after_id)s::uuid))
            order by t.created_at desc, t.id
            limit %(limit)s
            """,
            {"user": user_id, "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def find_order(conn: Connection, order_id: str, event_id: UUID, user_id: UUID) -> RegistrationOrder | None:
    """A user's order for an event, by Razorpay's id."""
    return (
        conn.cursor(row_factory=class_row(RegistrationOrder))
        .execute(
            """
            select t.id, t.registration_id, t.razorpay_order_id, t.razorpay_payment_id, t.status, t.amount, t.currency
            from public.payment_transactions t join public.registrations r on r.id = t.registration_id
            where t.razorpay_order_id = %(order)s and r.event_id = %(event)s and t.user_id = %(user)s
            """,
            {"order": order_id, "event": event_id, "user": user_id},
        )
        .fetchone()
    )


def find_order_registration(conn: Connection, transaction_id: UUID) -> UUID:
    """The registration that an order pays; it can change once, when an old order pays a new hold."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        "select registration_id from public.payment_transactions where id = %(id)s", {"id": transaction_id}
    )
    found = cursor.fetchone()
    assert found is not None
    return found


def find_refund_status(conn: Connection, payment_id: str) -> str | None:
    """The status of the latest refund of a payment that was made or will be, if any."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select status from public.refunds
        where razorpay_payment_id = %(payment)s and status in ('requested', 'pending', 'processed')
        order by created_at desc
        limit 1
        """,
        {"payment": payment_id},
    )
    return cursor.fetchone()


def find_refund(conn: Connection, registration_id: UUID) -> CancellationRefund | None:
    """The latest refund of a student's cancellation, if any; a retry replaces a failed one."""
    return (
        conn.cursor(row_factory=class_row(CancellationRefund))
        .execute(
            """
            select f.amount, f.currency, f.status
            from public.refunds f join public.payment_transactions t on t.id = f.payment_transaction_id
            where t.registration_id = %(registration)s and f.reason = 'student_cancelled' and f.status <> 'closed'
            order by f.created_at desc
            limit 1
            """,
            {"registration": registration_id},
        )
        .fetchone()
    )


def find_billing_details(conn: Connection, user_id: UUID) -> BillingDetails | None:
    return (
        conn.cursor(row_factory=class_row(BillingDetails))
        .execute(
            """
            select billing_name as name, billing_address as address, billing_state as state, billing_gstin as gstin
            from public.profiles where id = %(user)s
            """,
            {"user": user_id},
        )
        .fetchone()
    )


def set_billing_details(conn: Connection, user_id: UUID, details: BillingDetails) -> BillingDetails | None:
    """Store billing details; the state is taken from the GSTIN. Returns what is stored, None without a profile."""
    return (
        conn.cursor(row_factory=class_row(BillingDetails))
        .execute(
            """
            update public.profiles
            set billing_name = %(name)s, billing_address = %(address)s, billing_gstin = %(gstin)s,
                billing_state = coalesce(left(%(gstin)s::text, 2), %(state)s)
            where id = %(user)s and erased_at is null
            returning billing_name as name, billing_address as address, billing_state as state, billing_gstin as gstin
            """,
            {**details.model_dump(), "user": user_id},
        )
        .fetchone()
    )


def find_seat_page(conn: Connection, registration_id: UUID) -> SeatPage | None:
    """What the page of a seat shows; the caller has checked the link's signature. None for an erased account."""
    found = (
        conn.cursor(row_factory=dict_row)
        .execute(
            """
            select r.id as registration_id, r.user_id, e.title, r.status, e.time_zone, p.language,
                p.calendar_generation,
                (
                    select t.id from public.payment_transactions t
                    where t.registration_id = r.id and t.status in ('success', 'refunded')
                    order by t.paid_at desc limit 1
                ) as payment_id,
                (
                    select c.verification_token from public.certificates c
                    where c.registration_id = r.id and c.revoked_at is null
                    order by c.issued_at desc limit 1
                ) as certificate_token
            from public.registrations r
            join public.events e on e.id = r.event_id
            join public.profiles p on p.id = r.user_id and p.erased_at is null
            where r.id = %(id)s
            """,
            {"id": registration_id},
        )
        .fetchone()
    )
    return SeatPage(**found, sessions=_list_seat_sessions(conn, registration_id)) if found else None


def _list_seat_sessions(conn: Connection, registration_id: UUID) -> list[SeatSession]:
    return (
        conn.cursor(row_factory=class_row(SeatSession))
        .execute(
            """
            select s.id, s.title, s.starts_at, s.ends_at
            from public.registrations r join public.event_sessions s on s.event_id = r.event_id
            where r.id = %(id)s order by s.starts_at
            """,
            {"id": registration_id},
        )
        .fetchall()
    )
