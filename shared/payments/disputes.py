"""Disputes (chargebacks): events in any order end in the same state, and administrators are notified of each state.

A final status (won, lost, closed) wins over every other; among the rest, the latest event wins.
"""

from datetime import datetime

from shared import clock
from shared.db import Connection
from shared.notifications import service as notifications
from shared.payments import dispute_queries as queries
from shared.payments.models import DisputeEntity, DisputeStatus


def record(
    conn: Connection, dispute: DisputeEntity, status: DisputeStatus, *, order_id: str | None, reported_at: datetime
) -> None:
    """Record a dispute event, and notify every administrator once per status and deadline.

    `reported_at` is the time of Razorpay's event. The payment may belong to no order of ours, or be unknown so far.
    """
    moved = queries.record_dispute(conn, dispute, status, reported_at)
    queries.link_dispute(conn, dispute.id, order_id)
    if status in ("lost", "closed"):
        queries.close_spent_order(conn, dispute.id)
    if not moved or status == "under_review":
        return
    waits = status in ("open", "action_required") and dispute.respond_by is not None
    respond_by = clock.from_unix(dispute.respond_by).isoformat() if waits and dispute.respond_by else None
    notifications.notify_admins(
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
