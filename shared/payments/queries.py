"""The statements that move money: order, attempt, refund and the registration they pay for.

Locks are always taken in one order: event, registration, payment transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import class_row, dict_row, scalar_row

from shared.clock import from_unix
from shared.db import Connection
from shared.payments.models import Order, PaymentBalance, PaymentEntity, RefundEntity

REFUND_FAILED_AT_BANK = "Razorpay took this refund, but could not complete it."
"""Razorpay's `refund.failed` gives no reason."""


@dataclass(frozen=True)
class LockedOrder:
    """An order that is being locked; `fetchone` waits for it, so that a pipeline goes on until then."""

    _locked: Cursor[dict[str, Any]]
    _has_refunds: Cursor[bool]

    def fetchone(self) -> Order | None:
        """None when there was no such order to lock: what was not locked is not read, even if it has appeared since."""
        locked = self._locked.fetchone()
        return None if locked is None else Order(**locked, has_refunds=bool(self._has_refunds.fetchone()))


def lock_order(conn: Connection, razorpay_order_id: str) -> LockedOrder:
    """Lock an order with its registration and event, and read them.

    A statement that waits for a lock sees the rows that it locks as they are then, but every other row as it was when
    the statement began. So the locking statement reads the three rows that it locks and nothing else; refunds, which
    only a transaction with these locks inserts, are read by the next one.
    """
    locked = conn.cursor(row_factory=dict_row).execute(
        """
        select t.id as transaction_id, t.razorpay_order_id, t.razorpay_payment_id, t.status, t.amount, t.currency,
            t.user_id, t.registration_id, r.status as registration_status, r.event_id, e.title as event_title,
            e.status as event_status, e.capacity as event_capacity, e.starts_at as event_starts_at,
            e.ends_at as event_ends_at, t.review_reason is not null as has_held_payment,
            least(coalesce(e.sales_end_at, e.starts_at), e.ends_at) as sales_end_at
        from public.payment_transactions t
        join public.registrations r on r.id = t.registration_id
        join public.events e on e.id = r.event_id
        where t.razorpay_order_id = %(order)s
        for no key update of e, r, t
        """,
        {"order": razorpay_order_id},
    )
    has_refunds = conn.cursor(row_factory=scalar_row).execute(
        """
        select exists (
            select 1 from public.refunds f join public.payment_transactions t on t.id = f.payment_transaction_id
            where t.razorpay_order_id = %(order)s
        )
        """,
        {"order": razorpay_order_id},
    )
    return LockedOrder(locked, has_refunds)


def record_attempt(conn: Connection, transaction_id: UUID, payment: PaymentEntity, reported_at: datetime) -> None:
    """Record a payment attempt: its furthest status and its newest failure, whatever order the events come in.

    A dispute can arrive before its payment; it is linked to the transaction here.
    """
    conn.execute(
        """
        with disputed as (
            update public.disputes set payment_transaction_id = %(transaction)s
            where razorpay_payment_id = %(id)s and payment_transaction_id is null
        )
        insert into public.payment_attempts as known (razorpay_payment_id, payment_transaction_id, status, amount,
            currency, method, fee, tax, fee_currency, error_code, error_description, error_reason, failed_at,
            instrument_hash, created_at)
        values (%(id)s, %(transaction)s, %(status)s, %(amount)s, %(currency)s, %(method)s, %(fee)s, %(tax)s,
            %(fee_currency)s, %(error_code)s, %(error_description)s, %(error_reason)s, %(failed_at)s,
            %(instrument_hash)s, %(created_at)s)
        on conflict (razorpay_payment_id) do update set
            status = case
                when array_position(%(statuses)s, excluded.status) > array_position(%(statuses)s, known.status)
                then excluded.status else known.status end,
            method = coalesce(excluded.method, known.method),
            instrument_hash = coalesce(excluded.instrument_hash, known.instrument_hash),
            fee = coalesce(excluded.fee, known.fee),
            tax = coalesce(excluded.tax, known.tax),
            fee_currency = coalesce(excluded.fee_currency, known.fee_currency),
            error_code = case when excluded.failed_at >= coalesce(known.failed_at, excluded.failed_at)
                then excluded.error_code else known.error_code end,
            error_description = case when excluded.failed_at >= coalesce(known.failed_at, excluded.failed_at)
                then excluded.error_description else known.error_description end,
            error_reason = case when excluded.failed_at >= coalesce(known.failed_at, excluded.failed_at)
                then excluded.error_reason else known.error_reason end,
            failed_at = greatest(excluded.failed_at, known.failed_at)
        where known.payment_transaction_id = excluded.payment_transaction_id
        """,
        {
            **payment.model_dump(
                include={
                    *("id", "amount", "currency", "method", "fee", "tax"),
                    *("error_code", "error_description", "error_reason"),
                }
            ),
            "statuses": ["created", "failed", "authorized", "released", "captured", "refunded"],
            "status": "released" if payment.is_released else payment.status,
            "fee_currency": payment.fee_currency if payment.fee is not None else None,
            "transaction": transaction_id,
            "instrument_hash": payment.instrument_hash,
            "failed_at": reported_at if payment.status == "failed" else None,
            "created_at": from_unix(payment.created_at),
        },
    )


def mark_paid(conn: Connection, transaction_id: UUID, payment: PaymentEntity) -> None:
    conn.execute_one(
        """
        update public.payment_transactions
        set status = 'success', razorpay_payment_id = %(payment)s, paid_at = %(paid_at)s
        where id = %(id)s and status in ('initiated', 'failed', 'closed')
        """,
        {"id": transaction_id, "payment": payment.id, "paid_at": from_unix(payment.created_at)},
    )


def mark_failed(conn: Connection, transaction_id: UUID, registration_id: UUID) -> None:
    """Mark the order and its registration as failed. The seat stays held and the order can still be paid."""
    conn.execute_one(
        "update public.payment_transactions set status = 'failed' where id = %(id)s and status = 'initiated'",
        {"id": transaction_id},
    )
    conn.execute(
        """
        update public.registrations set payment_status = 'failed'
        where id = %(id)s and status = 'pending' and payment_status = 'pending'
        """,
        {"id": registration_id},
    )


def hold_for_review(conn: Connection, transaction_id: UUID, reason: str) -> bool:
    """Mark a transaction for review by a person; false when it is already marked with this reason."""
    held = conn.execute(
        """
        update public.payment_transactions set review_reason = %(reason)s
        where id = %(id)s and review_reason is distinct from %(reason)s
        returning 1
        """,
        {"id": transaction_id, "reason": reason},
    )
    return held.fetchone() is not None


def save_signature(conn: Connection, transaction_id: UUID, signature: str) -> None:
    conn.execute_one(
        "update public.payment_transactions set razorpay_signature = %(signature)s where id = %(id)s",
        {"id": transaction_id, "signature": signature},
    )


def confirm_registration(conn: Connection, registration_id: UUID, now: datetime) -> None:
    conn.execute_one(
        """
        update public.registrations
        set status = 'confirmed', payment_status = 'completed', confirmed_at = %(now)s, hold_expires_at = null
        where id = %(id)s and status in ('pending', 'expired')
        """,
        {"id": registration_id, "now": now},
    )


def has_other_active_registration(conn: Connection, registration_id: UUID, user_id: UUID, event_id: UUID) -> bool:
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select exists (
            select 1 from public.registrations
            where user_id = %(user)s and event_id = %(event)s and id <> %(id)s and status in ('pending', 'confirmed')
        )
        """,
        {"id": registration_id, "user": user_id, "event": event_id},
    )
    return bool(cursor.fetchone())


def request_refund(
    conn: Connection,
    *,
    transaction_id: UUID,
    payment_id: str,
    amount: int,
    currency: str,
    reason: str,
    key: str,
) -> None:
    """Record a refund to be sent by `process_refunds`; a second request with the same key changes nothing."""
    conn.execute(
        """
        insert into public.refunds
            (payment_transaction_id, razorpay_payment_id, amount, currency, reason, idempotency_key)
        values (%(transaction)s, %(payment)s, %(amount)s, %(currency)s, %(reason)s, %(key)s)
        on conflict (idempotency_key) do nothing
        """,
        {
            "transaction": transaction_id,
            "payment": payment_id,
            "amount": amount,
            "currency": currency,
            "reason": reason,
            "key": key,
        },
    )


def assign_refund_id(conn: Connection, requested: UUID, refund: RefundEntity) -> bool:
    """Store Razorpay's id in the refund that we requested; false when it is not ours or already has an id."""
    return (
        conn.execute(
            """
            update public.refunds set razorpay_refund_id = %(refund)s, status = 'pending'
            where id = %(id)s and razorpay_payment_id = %(payment)s and amount = %(amount)s
                and razorpay_refund_id is null
                and not exists (select 1 from public.refunds known where known.razorpay_refund_id = %(refund)s)
            """,
            {"id": requested, "refund": refund.id, "payment": refund.payment_id, "amount": refund.amount},
        ).rowcount
        == 1
    )


def record_refund(conn: Connection, transaction_id: UUID, refund: RefundEntity) -> str | None:
    """Record the furthest status of a refund, ours or made in the dashboard; returns the new status if it changed.

    A refund can still fail after Razorpay called it processed, because the bank's answer comes later.
    """
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        insert into public.refunds as known (payment_transaction_id, razorpay_payment_id, razorpay_refund_id, amount,
            currency, reason, status, idempotency_key, last_error, created_at, processed_at)
        values (%(transaction)s, %(payment)s, %(refund)s, %(amount)s, %(currency)s, 'outside', %(status)s,
            %(key)s, %(error)s, %(created_at)s, %(processed_at)s)
        on conflict (razorpay_refund_id) do update set
            status = excluded.status, last_error = excluded.last_error, processed_at = excluded.processed_at
        where array_position(array['requested', 'pending', 'processed', 'failed'], excluded.status)
            > array_position(array['requested', 'pending', 'processed', 'failed'], known.status)
        returning status
        """,
        {
            "transaction": transaction_id,
            "payment": refund.payment_id,
            "refund": refund.id,
            "amount": refund.amount,
            "currency": refund.currency,
            "status": refund.status,
            "key": f"outside-{refund.id}",
            "error": REFUND_FAILED_AT_BANK if refund.status == "failed" else None,
            "created_at": from_unix(refund.created_at),
            "processed_at": from_unix(refund.created_at) if refund.status == "processed" else None,
        },
    )
    return cursor.fetchone()


def read_balance(conn: Connection, payment_id: str) -> PaymentBalance:
    """What became of the money of a Razorpay payment; all zero for an unknown one."""
    balance = (
        conn.cursor(row_factory=class_row(PaymentBalance))
        .execute("select * from private.payment_balance(%(payment)s)", {"payment": payment_id})
        .fetchone()
    )
    assert balance is not None
    return balance


def close_unpaid_order(conn: Connection, transaction_id: UUID) -> None:
    """Close an order that cannot be paid any more; one that is paid, or has another held payment, stays as it is."""
    conn.execute(
        """
        update public.payment_transactions set status = 'closed'
        where id = %(id)s and status in ('initiated', 'failed') and not exists (
            select 1 from public.payment_attempts a
            cross join lateral private.payment_balance(a.razorpay_payment_id) b
            where a.payment_transaction_id = %(id)s and a.status = 'captured'
                and b.captured - b.committed - b.deducted > 0
        )
        """,
        {"id": transaction_id},
    )


def close_superseded_refunds(conn: Connection, payment_id: str) -> None:
    """Close our refunds of a payment of which nothing is left, because its money went back in another way."""
    conn.execute(
        """
        update public.refunds f
        set status = 'closed', closed_reason = case
            when b.captured > made.amount then 'taken_by_dispute' else 'refunded_elsewhere' end
        from private.payment_balance(%(payment)s) b
        cross join (
            select coalesce(sum(amount), 0) as amount from public.refunds
            where razorpay_payment_id = %(payment)s and status in ('pending', 'processed')
        ) made
        where f.razorpay_payment_id = %(payment)s and f.status in ('requested', 'failed')
            and b.captured - b.deducted - made.amount <= 0
            and not exists (select 1 from public.refunds again where again.retry_of = f.id)
        """,
        {"payment": payment_id},
    )


def accept_payment(conn: Connection, transaction_id: UUID, payment_id: str) -> None:
    """Make a captured payment of another amount the one that pays its order, and its amount the order's."""
    conn.execute_one(
        """
        update public.payment_transactions t
        set status = 'success', razorpay_payment_id = a.razorpay_payment_id, amount = a.amount, paid_at = a.created_at
        from public.payment_attempts a
        where t.id = %(id)s and t.status in ('initiated', 'failed', 'closed')
            and a.razorpay_payment_id = %(payment)s and a.payment_transaction_id = t.id and a.status = 'captured'
            and a.currency = t.currency
        """,
        {"id": transaction_id, "payment": payment_id},
    )


def find_held_registration(conn: Connection, user_id: UUID, event_id: UUID, amount: int, currency: str) -> UUID | None:
    """The user's other registration of this event that waits for exactly this payment."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select id from public.registrations
        where user_id = %(user)s and event_id = %(event)s and status = 'pending' and amount = %(amount)s
            and currency = %(currency)s
        """,
        {"user": user_id, "event": event_id, "amount": amount, "currency": currency},
    )
    return cursor.fetchone()


def move_order(conn: Connection, transaction_id: UUID, registration_id: UUID) -> None:
    """Let an order pay another registration of the same user and event, and close the order that it replaces."""
    conn.execute(
        """
        update public.payment_transactions set status = 'closed'
        where registration_id = %(registration)s and id <> %(id)s and status in ('initiated', 'failed')
        """,
        {"id": transaction_id, "registration": registration_id},
    )
    conn.execute_one(
        "update public.payment_transactions set registration_id = %(registration)s where id = %(id)s",
        {"id": transaction_id, "registration": registration_id},
    )


def mark_refunded(conn: Connection, transaction_id: UUID) -> None:
    conn.execute_one(
        "update public.payment_transactions set status = 'refunded' where id = %(id)s and status = 'success'",
        {"id": transaction_id},
    )


def release_refunded_seat(conn: Connection, registration_id: UUID, now: datetime) -> bool:
    """Release the seat of a fully refunded payment; true when there was a seat.

    A seat that is now free of charge, or that another successful payment paid for, is kept.
    """
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        update public.registrations r
        set payment_status = 'refunded',
            status = case when before.status in ('pending', 'confirmed') then 'cancelled' else before.status end,
            cancelled_at = case when before.status in ('pending', 'confirmed') then %(now)s else r.cancelled_at end,
            cancel_reason = case when before.status in ('pending', 'confirmed') then 'refunded'
                else r.cancel_reason end
        from (select id, status from public.registrations where id = %(id)s) before
        where r.id = before.id and r.payment_status <> 'free' and not exists (
            select 1 from public.payment_transactions t where t.registration_id = r.id and t.status = 'success'
        )
        returning before.status in ('pending', 'confirmed')
        """,
        {"id": registration_id, "now": now},
    )
    return bool(cursor.fetchone())
