"""Sends recorded refunds to Razorpay, each once by its idempotency key, and retries until it is accepted.

After a crash the call is repeated with the same key, and Razorpay returns the first refund.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from functions.process_refunds import queries
from functions.process_refunds.queries import DueRefund
from shared import clock, db
from shared.actors import SERVICE
from shared.log import logger
from shared.notifications import service as notifications
from shared.notifications.handoff import hand_off
from shared.payments import queries as payment_queries
from shared.payments import service as payments
from shared.payments.errors import GatewayDown, GatewayRefused
from shared.payments.gateway import Gateway
from shared.payments.models import RefundEntity

PER_CLAIM = 10
LEASE = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)

RefundOutcome = Literal["made", "failed", "postponed"]


def send_due_refunds(gateway: Gateway, has_time: Callable[[], bool]) -> dict[RefundOutcome, int]:
    """Send every due refund while there is time; returns the counts by outcome."""
    counts: dict[RefundOutcome, int] = {"made": 0, "failed": 0, "postponed": 0}
    while has_time():
        now = clock.now()
        with db.transaction(SERVICE) as conn:
            due = queries.claim_due(conn, now, now + LEASE, PER_CLAIM)
        for refund in due:
            counts[_send_refund(gateway, refund, now)] += 1
        if len(due) < PER_CLAIM:
            break
    return counts


def _send_refund(gateway: Gateway, due: DueRefund, now: datetime) -> RefundOutcome:
    try:
        made = gateway.refund(due.razorpay_payment_id, amount=due.amount, refund_id=due.id, key=due.idempotency_key)
    except GatewayDown as error:
        wait = min(timedelta(minutes=2 ** min(due.attempts, 10)), LONGEST_WAIT)
        with db.transaction(SERVICE) as conn:
            queries.postpone(conn, due.id, now + wait, error.code)
        return "postponed"
    except GatewayRefused as refusal:
        if refusal.status in (401, 409):  # wrong keys, or an earlier call with this key is still running
            with db.transaction(SERVICE) as conn:
                queries.postpone(conn, due.id, now + LEASE, refusal.description)
            return "postponed"
        logger.error("refund_refused", refund_id=str(due.id), status=refusal.status, reason=refusal.reason)
        _fail(due, refusal.description)
        return "failed"
    _record(due, made, now)
    return "made"


def _fail(due: DueRefund, reason: str) -> None:
    with db.transaction(SERVICE) as conn:
        queries.fail(conn, due.id, reason)
        notifications.tell_admins(
            conn, "refund_failed", str(due.id), amount=due.amount, currency=due.currency, reason=reason
        )
    hand_off(conn.enqueued)


def _record(due: DueRefund, made: RefundEntity, now: datetime) -> None:
    with db.transaction(SERVICE) as conn:
        order = payment_queries.lock_order(conn, due.razorpay_order_id).fetchone()
        if order is None:
            raise LookupError("a refund's order has disappeared")
        ours = made.model_copy(update={"notes": {"refundId": str(due.id)}})
        payments.apply_refund(conn, order, ours, now)
    hand_off(conn.enqueued)
