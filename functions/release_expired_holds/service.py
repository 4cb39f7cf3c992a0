"""Releases expired holds, after Razorpay was asked whether they are paid, and empties cancelled events."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

from functions.release_expired_holds import queries
from functions.release_expired_holds.queries import ExpiredHold
from shared import db
from shared.actors import SERVICE
from shared.cancellations import queries as cancellation_queries
from shared.cancellations import service as cancellations
from shared.log import logger
from shared.notifications import service as notifications
from shared.notifications.handoff import hand_off
from shared.notifications.models import Notice
from shared.payments import service as payments
from shared.payments.errors import GatewayRefused
from shared.payments.gateway import Gateway
from shared.payments.models import PaymentEntity
from shared.referrals import credits
from shared.seats import queries as seat_queries
from shared.seats import service as seats

PAGE = 50
CANCELLED_EVENTS = 100
"""The most cancelled events of one run."""

HoldOutcome = Literal["released", "confirmed", "waiting"]


def release_expired_holds(gateway: Gateway, now: datetime, has_time: Callable[[], bool]) -> dict[HoldOutcome, int]:
    """Resolve every expired hold while there is time; returns the counts by outcome.

    Raises GatewayDown: without Razorpay's answer no seat is freed.
    """
    counts: dict[HoldOutcome, int] = {"released": 0, "confirmed": 0, "waiting": 0}
    after: UUID | None = None
    while True:
        with db.transaction(SERVICE, read_only=True) as conn:
            holds = queries.list_expired_holds(conn, now, after, PAGE)
        for hold in holds:
            if not has_time():
                return counts
            counts[_resolve_hold(gateway, hold, now)] += 1
            after = hold.registration_id
        if len(holds) < PAGE:
            return counts


def _resolve_hold(gateway: Gateway, hold: ExpiredHold, now: datetime) -> HoldOutcome:
    try:
        attempts = gateway.fetch_order_payments(hold.razorpay_order_id) if hold.razorpay_order_id else []
    except GatewayRefused as refusal:  # one unreadable order must not block the others
        logger.error("order_unreadable", registration_id=str(hold.registration_id), status=refusal.status)
        return "waiting"
    captured = [payment for payment in attempts if payment.status == "captured"]
    if captured and hold.razorpay_order_id:
        _confirm(hold.razorpay_order_id, captured, now)
        return "confirmed"
    if any(payment.status == "authorized" for payment in attempts):
        return "waiting"  # authorized: Razorpay will capture or release it
    return "released" if _release(hold, now) else "waiting"


def _confirm(order_id: str, captured: list[PaymentEntity], now: datetime) -> None:
    with db.transaction(SERVICE) as conn:
        payments.apply_fetched_state(conn, order_id, captured, (), now)
    hand_off(conn.enqueued)


def _release(hold: ExpiredHold, now: datetime) -> bool:
    with db.transaction(SERVICE) as conn:
        seat_queries.lock_event(conn, hold.event_id)
        freed = queries.expire_hold(conn, hold.registration_id, now)
        if freed:
            notice = Notice(
                user_id=hold.user_id,
                template="hold_expired",
                key=f"hold_expired:{hold.registration_id}",
                data={"eventTitle": hold.event_title, "eventId": str(hold.event_id)},
            )
            notifications.enqueue(conn, [notice])
            credits.release(conn, [hold.registration_id], percent=100)
            seats.offer_free_seats(conn, hold.event_id, now)
    hand_off(conn.enqueued)
    return freed


def empty_cancelled_events(now: datetime, has_time: Callable[[], bool]) -> int:
    """Cancel what an administrator's request left in cancelled events; returns the number of events now empty."""
    with db.transaction(SERVICE, read_only=True) as conn:
        events = cancellation_queries.list_unfinished_cancellations(conn, CANCELLED_EVENTS)
    return sum(cancellations.cancel_remaining(SERVICE, event_id, now, has_time) for event_id in events)
