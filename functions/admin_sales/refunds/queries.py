"""The statements of refunds that administrators ask for."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from functions.admin_sales.refunds.models import IdempotentRefund, Refund, RefundFilters
from shared.db import Connection
from shared.payments.models import Order, RefundReason

REFUNDS: LiteralString = """
    select f.id, f.payment_transaction_id as payment_id, t.registration_id, t.user_id, r.event_id,
        e.title as event_title, f.razorpay_payment_id, f.razorpay_refund_id, f.amount, f.currency, f.reason, f.status,
        f.asked ->> 'note' as note, f.requested_by, f.attempts, f.last_error, f.retry_of,
        (select again.id from public.refunds again where again.retry_of = f.id) as retried_by,
        f.created_at, f.processed_at
    from public.refunds f
    join public.payment_transactions t on t.id = f.payment_transaction_id
    join public.registrations r on r.id = t.registration_id
    join public.events e on e.id = r.event_id
"""


def list_refunds(
    conn: Connection, filters: RefundFilters, after: tuple[datetime, UUID] | None, limit: int
) -> list[Refund]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(Refund))
        .execute(
            REFUNDS
            + """
            where (%(status)s::text is null or f.status = %(status)s)
                and (%(reason)s::text is null or f.reason = %(reason)s)
                and (%(payment_id)s::uuid is null or f.payment_transaction_id = %(payment_id)s)
                and (%(user_id)s::uuid is null or t.user_id = %(user_id)s)
                and (%(event_id)s::uuid is null or r.event_id = %(event_id)s)
                and (%(after_time)s::timestamptz is null or f.created_at < %(after_time)s
                    or (f.created_at = %(after_time)s and f.id > %(after_id)s::uuid))
            order by f.created_at desc, f.id
            limit %(limit)s
            """,
            {**asdict(filters), "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def find_refund(conn: Connection, refund_id: UUID) -> Refund | None:
    cursor = conn.cursor(row_factory=class_row(Refund))
    return cursor.execute(REFUNDS + "where f.id = %(id)s", {"id": refund_id}).fetchone()


def find_order_id(conn: Connection, payment_id: UUID) -> str | None:
    """Razorpay's order of one of our transactions."""
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        "select razorpay_order_id from public.payment_transactions where id = %(id)s", {"id": payment_id}
    ).fetchone()


def find_refund_by_key(conn: Connection, key: str) -> IdempotentRefund | None:
    cursor = conn.cursor(row_factory=class_row(IdempotentRefund))
    return cursor.execute(
        "select id, asked from public.refunds where idempotency_key = %(key)s", {"key": key}
    ).fetchone()


def captured_amount(conn: Connection, razorpay_payment_id: str) -> int:
    """What was taken with a payment and the bank has not taken back in a dispute, in minor units."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select coalesce(
            (select t.amount from public.payment_transactions t
                where t.razorpay_payment_id = %(payment)s and t.status in ('success', 'refunded')),
            (select a.amount from public.payment_attempts a
                where a.razorpay_payment_id = %(payment)s and a.status in ('captured', 'refunded')),
            0
        ) - coalesce(
            (select sum(d.amount_deducted) from public.disputes d
                where d.razorpay_payment_id = %(payment)s and d.status = 'lost'),
            0
        )::bigint
        """,
        {"payment": razorpay_payment_id},
    )
    return int(cursor.fetchone() or 0)


def insert_refund(
    conn: Connection,
    order: Order,
    *,
    razorpay_payment_id: str,
    amount: int,
    reason: RefundReason,
    key: str,
    admin_id: UUID,
    asked: dict[str, Any] | None = None,
    retry_of: UUID | None = None,
) -> UUID | None:
    """Record a refund for `process_refunds` to make; null when the key is taken."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        insert into public.refunds (payment_transaction_id, razorpay_payment_id, amount, currency, reason,
            idempotency_key, asked, requested_by, retry_of)
        values (%(transaction)s, %(payment)s, %(amount)s, %(currency)s, %(reason)s, %(key)s, %(asked)s, %(admin)s,
            %(retry_of)s)
        on conflict (idempotency_key) do nothing
        returning id
        """,
        {
            "transaction": order.transaction_id,
            "payment": razorpay_payment_id,
            "amount": amount,
            "currency": order.currency,
            "reason": reason,
            "key": key,
            "asked": Jsonb(asked) if asked is not None else None,
            "admin": admin_id,
            "retry_of": retry_of,
        },
    )
    return cursor.fetchone()
