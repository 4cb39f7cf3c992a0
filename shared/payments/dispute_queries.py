"""SQL for disputes."""

from datetime import datetime

from shared.clock import from_unix
from shared.db import Connection
from shared.payments.models import DisputeEntity, DisputeStatus


def record_dispute(conn: Connection, dispute: DisputeEntity, status: DisputeStatus, reported_at: datetime) -> bool:
    """Store this state of a dispute if it is the furthest known; true if it was stored.

    The comparison is a total order, also for two events of the same second, so the order of arrival does not matter.
    """
    return (
        conn.execute(
            """
            insert into public.disputes as known (razorpay_dispute_id, razorpay_payment_id, amount, amount_deducted,
                currency, phase, reason_code, status, respond_by, seen_at, created_at)
            values (%(id)s, %(payment)s, %(amount)s, %(deducted)s, %(currency)s, %(phase)s, %(reason)s, %(status)s,
                %(respond_by)s, %(seen_at)s, %(created_at)s)
            on conflict (razorpay_dispute_id) do update set
                amount = excluded.amount, amount_deducted = excluded.amount_deducted, currency = excluded.currency,
                phase = excluded.phase, reason_code = excluded.reason_code, status = excluded.status,
                respond_by = excluded.respond_by, seen_at = excluded.seen_at, created_at = excluded.created_at
            where row(excluded.status in ('won', 'lost', 'closed'), excluded.seen_at,
                    array_position(array['open', 'under_review', 'action_required', 'closed', 'won', 'lost'],
                        excluded.status),
                    excluded.amount_deducted, excluded.amount, coalesce(excluded.respond_by, '-infinity'),
                    concat_ws(' ', excluded.phase, excluded.reason_code))
                > row(known.status in ('won', 'lost', 'closed'), known.seen_at,
                    array_position(array['open', 'under_review', 'action_required', 'closed', 'won', 'lost'],
                        known.status),
                    known.amount_deducted, known.amount, coalesce(known.respond_by, '-infinity'),
                    concat_ws(' ', known.phase, known.reason_code))
            """,
            {
                "id": dispute.id,
                "payment": dispute.payment_id,
                "amount": dispute.amount,
                "deducted": dispute.amount_deducted,
                "currency": dispute.currency,
                "phase": dispute.phase,
                "reason": dispute.reason_code,
                "status": status,
                "respond_by": from_unix(dispute.respond_by) if dispute.respond_by else None,
                "seen_at": reported_at,
                "created_at": from_unix(dispute.created_at),
            },
        ).rowcount
        == 1
    )


def link_dispute(conn: Connection, dispute_id: str, order_id: str | None) -> None:
    """Link a dispute to its transaction by a known payment attempt, else by the order id, which Razorpay may omit."""
    conn.execute(
        """
        update public.disputes d set payment_transaction_id = t.id
        from public.payment_transactions t
        where d.razorpay_dispute_id = %(dispute)s and d.payment_transaction_id is null
            and t.id = coalesce(
                (select a.payment_transaction_id from public.payment_attempts a
                    where a.razorpay_payment_id = d.razorpay_payment_id),
                (select p.id from public.payment_transactions p where p.razorpay_order_id = %(order)s)
            )
        """,
        {"dispute": dispute_id, "order": order_id},
    )


def link_disputes(conn: Connection) -> None:
    """Link disputes whose payment was recorded in the same instant, so that neither found the other."""
    conn.execute(
        """
        update public.disputes d set payment_transaction_id = a.payment_transaction_id
        from public.payment_attempts a
        where d.payment_transaction_id is null and a.razorpay_payment_id = d.razorpay_payment_id
        """
    )


def close_spent_order(conn: Connection, dispute_id: str) -> None:
    """Close the order of a disputed payment that was held and of which nothing is left; it cannot be paid again."""
    conn.execute(
        """
        update public.payment_transactions t set status = 'closed'
        from public.disputes d
        where d.razorpay_dispute_id = %(dispute)s and t.id = d.payment_transaction_id
            and t.status in ('initiated', 'failed') and t.review_reason is not null and not exists (
                select 1 from public.payment_attempts a
                cross join lateral private.payment_balance(a.razorpay_payment_id) b
                where a.payment_transaction_id = t.id and a.status = 'captured'
                    and b.captured - b.committed - b.deducted > 0
            )
        """,
        {"dispute": dispute_id},
    )
