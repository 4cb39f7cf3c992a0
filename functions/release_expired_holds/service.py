"""Releases expired holds, after Razorpay was asked whether they are paid, and empties cancelled events."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from functions.release_expired_holds import queries
from functions.release_expired_holds.queries import ExpiredHold
from shared import db, metrics
from shared.actors import SERVICE
from shared.cancellations import queries as cancellation_queries
from shared.cancellations import service as cancellations
from shared.clock import from_unix
from shared.log import logger
from shared.metrics import Metric
from shared.notifications import service as notifications
from shared.notifications.handoff import hand_off
from shared.notifications.models import Notice
from shared.payments import service as payments
from shared.payments.errors import GatewayDown, GatewayKeyRefused, GatewayRefused, GatewayUnreadable
from shared.payments.gateway import Gateway
from shared.payments.models import PaymentEntity
from shared.referrals import credits
from shared.registrations import queries as registration_queries
from shared.seats import queries as seat_queries
from shared.seats import service as seats

PAGE = 50
CANCELLED_EVENTS = 100
"""The most cancelled events of one run."""

ATTEMPT_GRACE = timedelta(minutes=12)
"""A payment without the bank's answer fails at Razorpay after ten minutes
(https://razorpay.com/docs/payments/late-authorisation/); this adds the time of its report."""
LONGEST_GRACE = timedelta(minutes=30)
"""How long new payment attempts can keep a seat after its hold has expired."""
UNKNOWN_ORDER_GRACE = timedelta(hours=24)
"""How long after its hold a seat is kept for an order that Razorpay does not know (the keys of another account)."""
HELD_TOO_LONG = timedelta(days=1)
FAILED_CHECKS_TO_REPORT = 3
OUTAGE = 3
"""So many orders in a row without an answer are an outage of Razorpay, not a fault of these orders."""

HoldOutcome = Literal["released", "confirmed", "waiting"]


def release_expired_holds(gateway: Gateway, now: datetime, has_time: Callable[[], bool]) -> dict[HoldOutcome, int]:
    """Resolve every expired hold while there is time; returns the counts by outcome.

    Without Razorpay's answer no seat is freed, but an order without a usable answer does not stop the others. Raises
    GatewayDown when Razorpay answers nothing or refuses our key.
    """
    counts: dict[HoldOutcome, int] = {"released": 0, "confirmed": 0, "waiting": 0}
    is_answered, unanswered = False, 0
    for hold in _list_expired_holds(now):
        if not has_time():
            return counts
        try:
            counts[_resolve_hold(gateway, hold, now)] += 1
        except GatewayRefused as refusal:
            counts[_handle_unknown_order(hold, refusal, now)] += 1
        except GatewayUnreadable as error:
            counts[_postpone(hold, error, now)] += 1
        except GatewayDown as down:
            if isinstance(down, GatewayKeyRefused) or down.is_limit:
                raise
            counts[_postpone(hold, down, now)] += 1
            unanswered += 1
            if unanswered == OUTAGE:
                raise
            continue
        is_answered, unanswered = True, 0
    if unanswered and not is_answered:
        raise GatewayDown("The payment provider cannot answer now.")
    return counts


def _list_expired_holds(now: datetime) -> Iterator[ExpiredHold]:
    """Those whose last checks failed come last, so that they never keep the others waiting."""
    after: tuple[int, UUID] | None = None
    while True:
        with db.transaction(SERVICE, read_only=True) as conn:
            holds = queries.list_expired_holds(conn, now, after, PAGE)
        yield from holds
        if len(holds) < PAGE:
            return
        after = holds[-1].failed_checks, holds[-1].registration_id


def measure_held_payments(now: datetime) -> None:
    """Measure how many held payments have waited too long for a decision."""
    with db.transaction(SERVICE, read_only=True) as conn:
        waiting = queries.count_held_payments(conn, now - HELD_TOO_LONG)
    metrics.add(Metric.PAYMENTS_HELD, waiting)


def _resolve_hold(gateway: Gateway, hold: ExpiredHold, now: datetime) -> HoldOutcome:
    if hold.is_payment_held and now < hold.event_ends_at:
        return "waiting"  # an administrator decides
    attempts = gateway.fetch_order_payments(hold.razorpay_order_id) if hold.razorpay_order_id else []
    captured = [payment for payment in attempts if payment.is_captured]
    if captured and (outcome := _apply(hold, captured, now)) is not None:
        return outcome
    if any(payment.status == "authorized" for payment in attempts):
        return "waiting"  # Razorpay will capture or release it
    if any(_is_under_way(payment, hold, now) for payment in attempts):
        return "waiting"
    return "released" if _release(hold, now) else "waiting"


def _is_under_way(payment: PaymentEntity, hold: ExpiredHold, now: datetime) -> bool:
    """Whether the payer may still confirm this payment, on their phone or at their bank."""
    if payment.status != "created" or now >= hold.hold_expires_at + LONGEST_GRACE:
        return False
    return now < from_unix(payment.created_at) + ATTEMPT_GRACE


def _apply(hold: ExpiredHold, captured: list[PaymentEntity], now: datetime) -> HoldOutcome | None:
    """Apply captured payments of an order; None when they neither confirm the seat nor are held for a decision."""
    with db.transaction(SERVICE) as conn:
        payments.apply_fetched_state(conn, str(hold.razorpay_order_id), captured, (), now)
        is_confirmed = queries.is_confirmed(conn, hold.registration_id)
        is_held = registration_queries.is_payment_held(conn, hold.registration_id)
    hand_off(conn.enqueued)
    return "confirmed" if is_confirmed else "waiting" if is_held else None


def _handle_unknown_order(hold: ExpiredHold, refusal: GatewayRefused, now: datetime) -> HoldOutcome:
    """An order that Razorpay does not know frees its seat a day after the hold, and administrators are notified."""
    is_unknown = refusal.status in (400, 404)
    if is_unknown and now >= hold.hold_expires_at + UNKNOWN_ORDER_GRACE and _release(hold, now):
        _notify_admins(hold, "Razorpay does not know its order, so the seat was freed after a day.", "unknown")
        return "released"
    return _postpone(hold, refusal, now)


def _postpone(hold: ExpiredHold, error: Exception, now: datetime) -> HoldOutcome:
    """Check this order again later, and report it when that has failed repeatedly."""
    assert hold.transaction_id is not None
    logger.error("order_unreadable", registration_id=str(hold.registration_id), error=type(error).__name__)
    with db.transaction(SERVICE) as conn:
        failed_checks = queries.postpone_check(conn, hold.transaction_id, now)
        if failed_checks >= FAILED_CHECKS_TO_REPORT:
            conn.measure(Metric.ORDERS_UNREADABLE)
    if failed_checks == FAILED_CHECKS_TO_REPORT:
        _notify_admins(hold, "Razorpay gives no usable answer about its order; the seat stays held.", "unreadable")
    return "waiting"


def _notify_admins(hold: ExpiredHold, detail: str, effect: str) -> None:
    with db.transaction(SERVICE) as conn:
        notifications.notify_admins(
            conn,
            "admin_attention",
            f"order_{effect}:{hold.razorpay_order_id}",
            subject="An unpaid seat could not be checked",
            detail=f"{hold.event_title}, registration {hold.registration_id}, {hold.razorpay_order_id}: {detail}",
        )
    hand_off(conn.enqueued)


def _release(hold: ExpiredHold, now: datetime) -> bool:
    """Free the seat; a held payment of it goes back, because the event is over."""
    with db.transaction(SERVICE) as conn:
        seat_queries.lock_event(conn, hold.event_id)
        freed = queries.expire_hold(conn, hold.registration_id, now)
        if freed:
            ids = [hold.registration_id]
            payments.return_held_payments(conn, hold.registration_id, "seat_gone")
            notice = Notice(
                user_id=hold.user_id,
                template="hold_expired",
                key=f"hold_expired:{hold.registration_id}",
                data={"eventTitle": hold.event_title, "eventId": str(hold.event_id)},
            )
            notifications.enqueue(conn, [notice])
            credits.release(conn, ids, percent=100)
            seats.offer_free_seats(conn, hold.event_id, now)
    hand_off(conn.enqueued)
    return freed


def empty_cancelled_events(now: datetime, has_time: Callable[[], bool]) -> int:
    """Cancel what an administrator's request left in cancelled events; returns the number of events now empty."""
    with db.transaction(SERVICE, read_only=True) as conn:
        events = cancellation_queries.list_unfinished_cancellations(conn, CANCELLED_EVENTS)
    return sum(cancellations.cancel_remaining(SERVICE, event_id, now, has_time) for event_id in events)
