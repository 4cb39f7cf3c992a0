"""SQL for payments that are held for a decision."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from functions.admin_sales.held_payments.models import HeldPayment
from shared.db import Connection

HELD_PAYMENTS: LiteralString = """
    select a.razorpay_payment_id, t.id as payment_id, r.id as registration_id, r.status as registration_status,
        r.user_id, p.email, r.event_id, e.title as event_title, a.amount, a.currency, t.amount as due_amount,
        t.currency as due_currency, (b.captured - b.committed - b.deducted)::bigint as left_amount,
        b.at_stake > 0 as is_disputed, a.created_at as paid_at
    from public.payment_transactions t
    join public.payment_attempts a on a.payment_transaction_id = t.id and a.status = 'captured'
    join public.registrations r on r.id = t.registration_id
    join public.profiles p on p.id = r.user_id
    join public.events e on e.id = r.event_id
    cross join lateral private.payment_balance(a.razorpay_payment_id) b
    where t.review_reason is not null and a.razorpay_payment_id is distinct from t.razorpay_payment_id
        and b.captured - b.committed - b.deducted > 0
"""


def list_held(conn: Connection, after: tuple[datetime, UUID] | None, limit: int) -> list[HeldPayment]:
    """Held payments, the oldest first; a cursor is the time and the order's id of the last one."""
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(HeldPayment))
        .execute(
            HELD_PAYMENTS
            + """
                and (%(after_time)s::timestamptz is null or (a.created_at, t.id) > (%(after_time)s, %(after_id)s::uuid))
            order by a.created_at, t.id
            limit %(limit)s
            """,
            {"after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def list_of_order(conn: Connection, payment_id: UUID) -> list[HeldPayment]:
    """The held payments of one of our orders."""
    return (
        conn.cursor(row_factory=class_row(HeldPayment))
        .execute(HELD_PAYMENTS + "and t.id = %(id)s order by a.created_at", {"id": payment_id})
        .fetchall()
    )
