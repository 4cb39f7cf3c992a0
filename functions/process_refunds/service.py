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
from shared.payments.models import MIN_REFUND_AMOUNT, RefundEntity

PER_CLAIM = 10
LEASE = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)

FULL_REFUNDS = ("seat_gone", "duplicate_payment", "event_cancelled")
"""Reasons for which all of a payment goes back."""

ClosedReason = Literal["refunded_elsewhere", "taken_by_dispute"]
RefundOutcome = Literal["made", "failed", "postponed", "closed"]


def send_due_refunds(gateway: Gateway, has_time: Callable[[], bool]) -> dict[RefundOutcome, int]:
    """Send every due refund while there is time; returns the counts by outcome."""
    counts: dict[RefundOutcome, int] = {"made": 0, "failed": 0, "postponed": 0, "closed": 0}
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
    if due.left < due.amount:
        return _reduce(due, due.left, "taken_by_dispute", "The payer's bank took back what was to be refunded.")
    try:
        made = gateway.refund(due.razorpay_payment_id, amount=due.amount, refund_id=due.id, key=due.idempotency_key)
    except GatewayDown as error:
        return _postpone(due, now, error.code)
    except GatewayRefused as refusal:
        if refusal.status == 409:  # an earlier call with this key is still running
            with db.transaction(SERVICE) as conn:
                queries.postpone(conn, due.id, now + LEASE, refusal.description)
            return "postponed"
        return _resolve_refusal(gateway, due, refusal, now)
    _record(due, made, now)
    return "made"


def _resolve_refusal(gateway: Gateway, due: DueRefund, refusal: GatewayRefused, now: datetime) -> RefundOutcome:
    """Razorpay refuses what was refunded in its dashboard meanwhile: record that, and request only what is left."""
    logger.error("refund_refused", refund_id=str(due.id), status=refusal.status, reason=refusal.reason)
    try:
        made_elsewhere = gateway.fetch_payment_refunds(due.razorpay_payment_id)
    except GatewayDown as error:  # whether it was made elsewhere cannot be judged now
        return _postpone(due, now, error.code)
    except GatewayRefused:  # asking again would not help: a person decides
        made_elsewhere = []
    with db.transaction(SERVICE) as conn:
        payments.apply_fetched_state(conn, due.razorpay_order_id, (), made_elsewhere, now)
        balance = payment_queries.read_balance(conn, due.razorpay_payment_id)
    hand_off(conn.enqueued)
    if balance.left < 0:  # what went back elsewhere and this refund are more than came in
        return _reduce(due, balance.left + due.amount, "refunded_elsewhere", refusal.description)
    return "failed" if _fail(due, refusal.description) else "closed"


def _postpone(due: DueRefund, now: datetime, error: str) -> RefundOutcome:
    wait = min(timedelta(minutes=2 ** min(due.attempts, 10)), LONGEST_WAIT)
    with db.transaction(SERVICE) as conn:
        queries.postpone(conn, due.id, now + wait, error)
    return "postponed"


def _reduce(due: DueRefund, left: int, reason: ClosedReason, error: str) -> RefundOutcome:
    """Close a refund of more than is left of its payment, and request the rest in its place.

    Only where the whole payment was to go back; whether a part is still owed is for a person to decide.
    """
    if due.reason not in FULL_REFUNDS and due.amount != due.captured:
        return "failed" if _fail(due, error) else "closed"
    with db.transaction(SERVICE) as conn:
        if queries.close(conn, due.id, reason) and left >= MIN_REFUND_AMOUNT:
            queries.request_rest(conn, due.id, left)
    logger.info("refund_closed", refund_id=str(due.id), reason=reason, left=left)
    return "closed"


def _fail(due: DueRefund, reason: str) -> bool:
    """Mark a refund as failed and notify the administrators; false when another event has ended it meanwhile."""
    with db.transaction(SERVICE) as conn:
        failed = queries.fail(conn, due.id, reason)
        if failed:
            notifications.notify_admins(
                conn, "refund_failed", str(due.id), amount=due.amount, currency=due.currency, reason=reason
            )
    hand_off(conn.enqueued)
    return failed


def _record(due: DueRefund, made: RefundEntity, now: datetime) -> None:
    with db.transaction(SERVICE) as conn:
        order = payment_queries.lock_order(conn, due.razorpay_order_id).fetchone()
        if order is None:
            raise LookupError("a refund's order has disappeared")
        ours = made.model_copy(update={"notes": {"refundId": str(due.id)}})
        payments.apply_refund(conn, order, ours, now)
    hand_off(conn.enqueued)
