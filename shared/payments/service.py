"""What a payment or a refund does to an order and its seat, whoever told us: webhook, client or reconciliation.

Status is a lattice (initiated < failed < success < refunded): facts only move a row up, so any order and any
repetition of them ends in the same rows.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from shared.db import Connection
from shared.metrics import Metric
from shared.notifications import service as notifications
from shared.notifications.models import Notice
from shared.payments import queries
from shared.payments.models import Order, Outcome, PaymentEntity, RefundEntity, RefundReason
from shared.referrals import credits
from shared.referrals import service as referrals
from shared.seats import queries as seat_queries
from shared.seats import service as seats

BOOKABLE = ("upcoming", "ongoing")


def apply_payment(
    conn: Connection, order: Order, payment: PaymentEntity, *, told_at: datetime, now: datetime
) -> Outcome:
    """Record what is known of a payment of a locked order and do what follows from it, once.

    `told_at` is when Razorpay said so. Money of another amount or currency confirms nothing and waits for a person.
    """
    queries.record_attempt(conn, order.transaction_id, payment, told_at)
    if (payment.amount, payment.currency) != (order.amount, order.currency):
        if queries.hold_for_review(conn, order.transaction_id, "amount_mismatch"):
            conn.measure(Metric.PAYMENTS_ATTEMPTED)
        return "held"
    if payment.is_captured:
        return _captured(conn, order, payment, now)
    if payment.status == "failed" and order.status == "initiated":
        queries.mark_failed(conn, order.transaction_id, order.registration_id)
        conn.measure(Metric.PAYMENTS_ATTEMPTED)
        _tell(conn, order, "payment_failed", order.razorpay_order_id, reason=payment.error_reason)
        return "failed"
    return "recorded"


def apply_refund(conn: Connection, order: Order, refund: RefundEntity, now: datetime) -> Outcome:
    """Record what is known of a refund of a locked order; once everything is back, the seat is given up."""
    requested = _uuid_or_none(refund.notes.get("refundId"))
    if requested is not None:
        queries.adopt_refund(conn, requested, refund)
    moved_to = queries.record_refund(conn, order.transaction_id, refund)
    if moved_to == "failed":
        notifications.tell_admins(
            conn,
            "refund_failed",
            refund.id,
            amount=refund.amount,
            currency=refund.currency,
            reason=queries.BANK_REFUSED,
        )
    if moved_to != "processed":
        return "recorded"
    _tell(conn, order, "payment_refunded", refund.id, amount=refund.amount)
    if order.status == "success" and refund.payment_id == order.razorpay_payment_id:
        return _settle(conn, order, refund.payment_id, now)
    return "recorded"


def apply_read(
    conn: Connection,
    razorpay_order_id: str,
    payments: Iterable[PaymentEntity],
    refunds: Iterable[RefundEntity],
    now: datetime,
) -> None:
    """Apply what was read from Razorpay about one order, as its lost deliveries would have; nothing if it is not ours.

    The order is read anew before each, for the one before has changed it. Refunds come first: a payment that bought
    nothing and is back already must not be sent back once more.
    """
    for refund in refunds:
        if (order := queries.lock_order(conn, razorpay_order_id).fetchone()) is not None:
            apply_refund(conn, order, refund, now)
    for payment in payments:
        if (order := queries.lock_order(conn, razorpay_order_id).fetchone()) is not None:
            apply_payment(conn, order, payment, told_at=now, now=now)


def request_full_refund(conn: Connection, order: Order, payment: PaymentEntity, reason: RefundReason) -> Outcome:
    """Send what is left of a payment that bought nothing back: once, whatever is repeated, by the key of its own id."""
    returning = queries.returning_amount(conn, payment.id) if order.has_refunds else 0
    if returning >= payment.amount:
        return "recorded"
    queries.request_refund(
        conn,
        transaction_id=order.transaction_id,
        payment_id=payment.id,
        amount=payment.amount - returning,
        currency=payment.currency,
        reason=reason,
        key=f"auto-{payment.id}",
    )
    _tell(conn, order, "refund_started", payment.id, reason=reason)
    return "refund_requested"


def tell_refund_started(conn: Connection, order: Order, refund_id: UUID, amount: int) -> None:
    """Tell the student that `amount` (minor units) of an order is on its way back."""
    _tell(conn, order, "refund_started", str(refund_id), amount=amount)


def _captured(conn: Connection, order: Order, payment: PaymentEntity, now: datetime) -> Outcome:
    if order.razorpay_payment_id == payment.id:
        return "already_applied"
    if order.razorpay_payment_id is not None:
        return request_full_refund(conn, order, payment, "duplicate_payment")
    queries.mark_paid(conn, order.transaction_id, payment)
    conn.measure(Metric.PAYMENTS_SUCCEEDED)
    if order.status == "initiated":
        conn.measure(Metric.PAYMENTS_ATTEMPTED)
    outcome = _buy_seat(conn, order, payment, now)
    if order.has_refunds and _settle(conn, order, payment.id, now) == "refunded":
        return "refunded"
    return outcome


def _buy_seat(conn: Connection, order: Order, payment: PaymentEntity, now: datetime) -> Outcome:
    if order.registration_status == "confirmed":
        return request_full_refund(conn, order, payment, "duplicate_payment")
    if not _has_seat(conn, order):
        return request_full_refund(conn, order, payment, "seat_gone")
    queries.confirm_registration(conn, order.registration_id, now)
    if order.registration_status == "expired":
        seat_queries.close_entry(conn, order.event_id, order.user_id, order.registration_id)
    if order.status == "failed":
        notifications.withdraw(conn, order.user_id, f"payment_failed:{order.razorpay_order_id}")
    _tell(conn, order, "payment_success", payment.id, paymentId=payment.id)
    return "confirmed"


def _has_seat(conn: Connection, order: Order) -> bool:
    """A pending registration holds its seat; one whose hold expired takes a free one, if there is, and the credit
    that paid a part of it again."""
    if order.event_status not in BOOKABLE:
        return False
    if order.registration_status == "pending":
        return True
    return (
        order.registration_status == "expired"
        and seats.has_free(conn, order.event_id, order.event_capacity, order.user_id)
        and not queries.has_other_active_registration(conn, order.registration_id, order.user_id, order.event_id)
        and credits.take_again(conn, order.registration_id, order.user_id, order.currency)
    )


def _settle(conn: Connection, order: Order, payment_id: str, now: datetime) -> Outcome:
    if queries.refunded_amount(conn, payment_id) < order.amount:
        return "recorded"
    queries.mark_refunded(conn, order.transaction_id)
    had_seat = queries.give_up_refunded_seat(conn, order.registration_id, now)
    credits.give_back(conn, [order.registration_id], percent=0)
    if had_seat:
        referrals.take_back(conn, [order.registration_id], now)
        seats.offer_freed(conn, order.event_id, now)
    return "refunded"


def _tell(conn: Connection, order: Order, template: str, effect: str, **data: str | int | None) -> None:
    notice = Notice(
        user_id=order.user_id,
        template=template,
        key=f"{template}:{effect}",
        data={
            "eventTitle": order.event_title,
            "eventId": str(order.event_id),
            "startsAt": order.event_starts_at.isoformat(),
            "registrationId": str(order.registration_id),
            "amount": order.amount,
            "currency": order.currency,
            **data,
        },
        priority="high",
    )
    notifications.enqueue(conn, [notice])


def _uuid_or_none(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
