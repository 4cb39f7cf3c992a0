"""SQL for sending recorded refunds."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from shared.db import Connection


@dataclass(frozen=True)
class DueRefund:
    """A recorded refund that is to be sent; `amount` in minor units."""

    id: UUID
    razorpay_order_id: str
    razorpay_payment_id: str
    amount: int
    currency: str
    idempotency_key: str
    attempts: int


def claim_due(conn: Connection, now: datetime, next_attempt: datetime, limit: int) -> list[DueRefund]:
    """Claim due refunds; each is due again at `next_attempt` unless this run finishes it."""
    return (
        conn.cursor(row_factory=class_row(DueRefund))
        .execute(
            """
            update public.refunds f
            set attempts = f.attempts + 1, next_attempt_at = %(next)s
            from public.payment_transactions t
            where t.id = f.payment_transaction_id and f.id in (
                select id from public.refunds
                where status = 'requested' and next_attempt_at <= %(now)s
                order by next_attempt_at
                limit %(limit)s
                for update skip locked
            )
            returning f.id, t.razorpay_order_id, f.razorpay_payment_id, f.amount, f.currency,
                f.idempotency_key, f.attempts
            """,
            {"now": now, "next": next_attempt, "limit": limit},
        )
        .fetchall()
    )


def fail(conn: Connection, refund_id: UUID, error: str) -> None:
    conn.execute(
        """
        update public.refunds set status = 'failed', last_error = %(error)s
        where id = %(id)s and status = 'requested'
        """,
        {"id": refund_id, "error": error},
    )


def postpone(conn: Connection, refund_id: UUID, next_attempt: datetime, error: str) -> None:
    conn.execute(
        """
        update public.refunds set next_attempt_at = %(next)s, last_error = %(error)s
        where id = %(id)s and status = 'requested'
        """,
        {"id": refund_id, "next": next_attempt, "error": error},
    )
