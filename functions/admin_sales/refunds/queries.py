"""The statements of refunds that administrators ask for."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from functions.admin_sales.refunds.models import CapturedPayment, IdempotentRefund, Refund, RefundFilters
from shared.db import Connection
from shared.payments.models import Order, RefundReason

REFUNDS: LiteralString = """
    select f.id, f.payment_transaction_id as payment_id, t.registration_id, t.user_id, r.event_id,
        e.title as event_title, f.razorpay_payment_id, f.razorpay_refund_id, f.amount, f.currency, f.reason, f.status,
        f.asked ->> 'note' as note, f.requested_by, f.attempts, f.last_error, f.retry_of,
        (select again.id from public.refunds again where again.retry_of = f.id) as retried_by,
        f.closed_reason, f.payout_reference, f.created_at, f.processed_at
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


def list_captured(conn: Connection, transaction_id: UUID) -> list[CapturedPayment]:
    """The captured payments of an order, the one that paid it first."""
    return (
        conn.cursor(row_factory=class_row(CapturedPayment))
        .execute(
            """
            select coalesce(a.razorpay_payment_id, t.razorpay_payment_id) as razorpay_payment_id,
                coalesce(a.currency, t.currency) as currency,
                coalesce(a.razorpay_payment_id = t.razorpay_payment_id, t.razorpay_payment_id is not null
                    and a.razorpay_payment_id is null) as is_paying
            from public.payment_transactions t
            left join public.payment_attempts a
                on a.payment_transaction_id = t.id and a.status in ('captured', 'refunded')
            where t.id = %(id)s and (a.razorpay_payment_id is not null or t.status in ('success', 'refunded'))
            order by is_paying desc, a.created_at
            """,
            {"id": transaction_id},
        )
        .fetchall()
    )


def insert_refund(
    conn: Connection,
    order: Order,
    *,
    razorpay_payment_id: str,
    amount: int,
    currency: str,
    reason: RefundReason,
    key: str,
    admin_id: UUID,
    asked: dict[str, Any] | None = None,
    retry_of: UUID | None = None,
    despite_dispute: bool = False,
) -> UUID | None:
    """Record a refund for `process_refunds` to make; null when the key is taken."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        insert into public.refunds (payment_transaction_id, razorpay_payment_id, amount, currency, reason,
            idempotency_key, asked, requested_by, retry_of, despite_dispute)
        values (%(transaction)s, %(payment)s, %(amount)s, %(currency)s, %(reason)s, %(key)s, %(asked)s, %(admin)s,
            %(retry_of)s, %(despite_dispute)s)
        on conflict (idempotency_key) do nothing
        returning id
        """,
        {
            "transaction": order.transaction_id,
            "payment": razorpay_payment_id,
            "amount": amount,
            "currency": currency,
            "reason": reason,
            "key": key,
            "asked": Jsonb(asked) if asked is not None else None,
            "admin": admin_id,
            "retry_of": retry_of,
            "despite_dispute": despite_dispute,
        },
    )
    return cursor.fetchone()


def record_payout(conn: Connection, refund_id: UUID, *, reference: str, admin_id: UUID, now: datetime) -> None:
    """Record that the money of a failed refund was paid back outside of Razorpay."""
    conn.execute_one(
        """
        update public.refunds
        set status = 'processed', payout_reference = %(reference)s, processed_at = %(now)s, requested_by = %(admin)s
        where id = %(id)s and status = 'failed' and payout_reference is null
            and not exists (select 1 from public.refunds again where again.retry_of = %(id)s)
        """,
        {"id": refund_id, "reference": reference, "admin": admin_id, "now": now},
    )
