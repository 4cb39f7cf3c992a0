"""Disputes: what a payer's bank contests, moved by events in any order to one state, and told to administrators.

The furthest fact counts: an ending (won, lost, closed) before everything else, then what Razorpay said last.
"""

from datetime import datetime

from shared import clock
from shared.db import Connection
from shared.notifications import service as notifications
from shared.payments import dispute_queries as queries
from shared.payments.models import DisputeEntity, DisputeStatus


def record(
    conn: Connection, dispute: DisputeEntity, status: DisputeStatus, *, order_id: str | None, told_at: datetime
) -> None:
    """Keep what an event says of a dispute, and tell every administrator once of each state with its deadline.

    `told_at` is when Razorpay said so. The payment may be none of ours, or not known yet.
    """
    moved = queries.record_dispute(conn, dispute, status, told_at)
    queries.link_dispute(conn, dispute.id, order_id)
    if not moved or status == "under_review":
        return
    waits = status in ("open", "action_required") and dispute.respond_by is not None
    respond_by = clock.from_unix(dispute.respond_by).isoformat() if waits and dispute.respond_by else None
    notifications.tell_admins(
        conn,
        "payment_disputed",
        f"{dispute.id}:{status}:{respond_by}",
        disputeId=dispute.id,
        paymentId=dispute.payment_id,
        status=status.replace("_", " "),
        amount=dispute.amount,
        currency=dispute.currency,
        lost=dispute.amount_deducted if status == "lost" else 0,
        respondBy=respond_by,
        reason=dispute.reason_code,
        phase=dispute.phase,
    )
