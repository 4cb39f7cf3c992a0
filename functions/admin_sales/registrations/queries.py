"""The statements of administering registrations."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from functions.admin_sales.registrations.models import (
    OrderPayment,
    Registration,
    RegistrationFilters,
    RegistrationRefund,
)
from shared.db import Connection

COLUMNS: LiteralString = """
    r.id, r.user_id, p.email, p.full_name, r.event_id, e.title as event_title, e.starts_at as event_starts_at, r.status,
    r.payment_status, r.amount, r.currency, r.source, r.hold_expires_at, r.confirmed_at, r.cancelled_at,
    r.cancel_reason, r.created_at
    from public.registrations r
    join public.events e on e.id = r.event_id
    join public.profiles p on p.id = r.user_id
"""


def list_registrations(
    conn: Connection, which: RegistrationFilters, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Registration]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(Registration))
        .execute(
            "select"
            + COLUMNS
            + """
            where (%(event_id)s::uuid is null or r.event_id = %(event_id)s)
                and (%(user_id)s::uuid is null or r.user_id = %(user_id)s)
                and (%(email)s::text is null or r.user_id in (
                    select id from public.profiles where email_normalized = private.normalize_email(%(email)s)
                ))
                and (%(status)s::text is null or r.status = %(status)s)
                and (%(payment_status)s::text is null or r.payment_status = %(payment_status)s)
                and (%(after_time)s::timestamptz is null or r.created_at < %(after_time)s
                    or (r.created_at = %(after_time)s and r.id > %(after_id)s::uuid))
            order by r.created_at desc, r.id
            limit %(limit)s
            """,
            {**which.model_dump(by_alias=False), "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def find_registration(conn: Connection, registration_id: UUID) -> Registration | None:
    return (
        conn.cursor(row_factory=class_row(Registration))
        .execute("select" + COLUMNS + "where r.id = %(id)s", {"id": registration_id})
        .fetchone()
    )


def list_payments(conn: Connection, registration_id: UUID) -> list[OrderPayment]:
    return (
        conn.cursor(row_factory=class_row(OrderPayment))
        .execute(
            """
            select t.id, t.razorpay_order_id, t.razorpay_payment_id, t.status, t.amount, t.currency,
                case when t.status in ('initiated', 'failed') then t.review_reason end as review_reason, t.paid_at,
                t.created_at
            from public.payment_transactions t where t.registration_id = %(id)s
            order by t.created_at, t.id
            """,
            {"id": registration_id},
        )
        .fetchall()
    )


def list_refunds(conn: Connection, registration_id: UUID) -> list[RegistrationRefund]:
    return (
        conn.cursor(row_factory=class_row(RegistrationRefund))
        .execute(
            """
            select f.id, f.payment_transaction_id as payment_id, f.razorpay_refund_id, f.amount, f.currency, f.reason,
                f.status, f.created_at
            from public.refunds f join public.payment_transactions t on t.id = f.payment_transaction_id
            where t.registration_id = %(id)s
            order by f.created_at, f.id
            """,
            {"id": registration_id},
        )
        .fetchall()
    )


def list_users_by_email(conn: Connection, email: str) -> list[UUID]:
    """Whom a mailbox belongs to."""
    return (
        conn.cursor(row_factory=scalar_row)
        .execute(
            """
            select id from public.profiles
            where email_normalized = private.normalize_email(%(email)s) and erased_at is null
            order by id
            limit 2
            """,
            {"email": email},
        )
        .fetchall()
    )


def confirm_free(conn: Connection, registration_id: UUID, now: datetime) -> bool:
    """Make a held seat free of charge; false when it is not held."""
    updated = conn.execute(
        """
        update public.registrations
        set status = 'confirmed', payment_status = 'free', amount = 0, hold_expires_at = null, confirmed_at = %(now)s,
            source = 'admin'
        where id = %(id)s and status = 'pending'
        """,
        {"id": registration_id, "now": now},
    )
    return updated.rowcount == 1
