"""SQL for sending recorded refunds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from shared.db import Connection


@dataclass(frozen=True)
class DueRefund:
    """A recorded refund that is to be sent.

    `captured` and `left` are of its payment: what came in, and what can go back at most; amounts in minor units.
    """

    id: UUID
    razorpay_order_id: str
    razorpay_payment_id: str
    reason: str
    amount: int
    captured: int
    left: int
    currency: str
    idempotency_key: str
    attempts: int


def claim_due(conn: Connection, now: datetime, next_attempt: datetime, limit: int) -> list[DueRefund]:
    """Claim due refunds; each is due again at `next_attempt` unless this run finishes it.

    While the payer's bank may take the money back in a dispute, a refund waits, unless an administrator has decided
    otherwise.
    """
    return (
        conn.cursor(row_factory=class_row(DueRefund))
        .execute(
            """
            update public.refunds f
            set attempts = f.attempts + 1, next_attempt_at = %(next)s
            from public.payment_transactions t
            where t.id = f.payment_transaction_id and f.id in (
                select due.id from public.refunds due
                where due.status = 'requested' and due.next_attempt_at <= %(now)s
                    and (due.despite_dispute or not exists (
                        select 1 from public.disputes d
                        where d.razorpay_payment_id = due.razorpay_payment_id
                            and d.status in ('open', 'under_review', 'action_required')
                    ))
                order by due.next_attempt_at
                limit %(limit)s
                for update of due skip locked
            )
            returning f.id, t.razorpay_order_id, f.razorpay_payment_id, f.reason, f.amount, (
                select b.captured from private.payment_balance(f.razorpay_payment_id) b
            ) as captured, (
                select (b.captured - b.deducted - b.committed + f.amount)::bigint
                from private.payment_balance(f.razorpay_payment_id) b
            ) as left, f.currency,
                f.idempotency_key, f.attempts
            """,
            {"now": now, "next": next_attempt, "limit": limit},
        )
        .fetchall()
    )


def fail(conn: Connection, refund_id: UUID, error: str) -> bool:
    """Mark a refund as failed; false when it is not waiting any more."""
    failed = conn.execute(
        """
        update public.refunds set status = 'failed', last_error = %(error)s
        where id = %(id)s and status = 'requested'
        """,
        {"id": refund_id, "error": error},
    )
    return failed.rowcount == 1


def postpone(conn: Connection, refund_id: UUID, next_attempt: datetime, error: str) -> None:
    conn.execute(
        """
        update public.refunds set next_attempt_at = %(next)s, last_error = %(error)s
        where id = %(id)s and status = 'requested'
        """,
        {"id": refund_id, "next": next_attempt, "error": error},
    )


def close(conn: Connection, refund_id: UUID, reason: Literal["refunded_elsewhere", "taken_by_dispute"]) -> bool:
    """Close a refund that is not to be sent; false when it is not waiting any more."""
    closed = conn.execute(
        """
        update public.refunds set status = 'closed', closed_reason = %(reason)s
        where id = %(id)s and status = 'requested'
        """,
        {"id": refund_id, "reason": reason},
    )
    return closed.rowcount == 1


def request_rest(conn: Connection, refund_id: UUID, amount: int) -> None:
    """Request a smaller refund in the place of a closed one; `amount` in minor units."""
    conn.execute(
        """
        insert into public.refunds (payment_transaction_id, razorpay_payment_id, amount, currency, reason,
            idempotency_key, requested_by, retry_of, despite_dispute)
        select payment_transaction_id, razorpay_payment_id, %(amount)s, currency, reason, 'rest-' || id,
            requested_by, id, despite_dispute
        from public.refunds where id = %(id)s
        on conflict (idempotency_key) do nothing
        """,
        {"id": refund_id, "amount": amount},
    )
