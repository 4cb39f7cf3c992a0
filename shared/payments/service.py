"""Applies payments and refunds to an order and its seat: the one code path of webhook, client and reconciliation.

Status is a lattice (initiated < failed < success < refunded). An event can only move a row up, so events in any order
and any number end in the same rows.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from shared.db import Connection
from shared.metrics import Metric
from shared.notifications import service as notifications
from shared.notifications.models import Notice
from shared.payments import queries
from shared.payments.models import Order, PaymentEntity, PaymentOutcome, RefundEntity, RefundReason
from shared.referrals import credits
from shared.referrals import service as referrals
from shared.seats import queries as seat_queries
from shared.seats import service as seats

BOOKABLE_STATUSES = ("upcoming", "ongoing")


def apply_payment(
    conn: Connection, order: Order, payment: PaymentEntity, *, reported_at: datetime, now: datetime
) -> PaymentOutcome:
    """Record the state of one payment of a locked order and apply its effects, each once.

    `reported_at` is the time of Razorpay's event or answer. A payment whose amount or currency differs from the order's
    confirms nothing: it is held for a person to review.
    """
    queries.record_attempt(conn, order.transaction_id, payment, reported_at)
    if (payment.amount, payment.currency) != (order.amount, order.currency):
        if queries.hold_for_review(conn, order.transaction_id, "amount_mismatch"):
            conn.measure(Metric.PAYMENTS_ATTEMPTED)
        return "held"
    if payment.is_captured:
        return _apply_capture(conn, order, payment, now)
    if payment.status == "failed" and order.status == "initiated":
        queries.mark_failed(conn, order.transaction_id, order.registration_id)
        conn.measure(Metric.PAYMENTS_ATTEMPTED)
        _notify(conn, order, "payment_failed", order.razorpay_order_id, reason=payment.error_reason)
        return "failed"
    return "recorded"


def apply_refund(conn: Connection, order: Order, refund: RefundEntity, now: datetime) -> PaymentOutcome:
    """Record the state of one refund of a locked order. When the payment is refunded in full, release the seat."""
    requested = _uuid_or_none(refund.notes.get("refundId"))
    if requested is not None:
        queries.assign_refund_id(conn, requested, refund)
    moved_to = queries.record_refund(conn, order.transaction_id, refund)
    if moved_to == "failed":
        notifications.tell_admins(
            conn,
            "refund_failed",
            refund.id,
            amount=refund.amount,
            currency=refund.currency,
            reason=queries.REFUND_FAILED_AT_BANK,
        )
    if moved_to != "processed":
        return "recorded"
    _notify(conn, order, "payment_refunded", refund.id, amount=refund.amount)
    if order.status == "success" and refund.payment_id == order.razorpay_payment_id:
        return _close_if_fully_refunded(conn, order, refund.payment_id, now)
    return "recorded"


def apply_fetched_state(
    conn: Connection,
    razorpay_order_id: str,
    payments: Iterable[PaymentEntity],
    refunds: Iterable[RefundEntity],
    now: datetime,
) -> None:
    """Apply what was fetched from Razorpay about one order, with the same effects as the webhooks; skip unknown orders.

    The order is locked and read again before each step, because the step before may have changed it. Refunds are
    applied first, so that a payment which is already refunded is not refunded a second time.
    """
    for refund in refunds:
        if (order := queries.lock_order(conn, razorpay_order_id).fetchone()) is not None:
            apply_refund(conn, order, refund, now)
    for payment in payments:
        if (order := queries.lock_order(conn, razorpay_order_id).fetchone()) is not None:
            apply_payment(conn, order, payment, reported_at=now, now=now)


def request_full_refund(conn: Connection, order: Order, payment: PaymentEntity, reason: RefundReason) -> PaymentOutcome:
    """Request a refund of what is left of a payment that bought no seat. The key per payment makes this idempotent."""
    returning = queries.committed_refund_amount(conn, payment.id) if order.has_refunds else 0
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
    _notify(conn, order, "refund_started", payment.id, reason=reason)
    return "refund_requested"


def notify_refund_started(conn: Connection, order: Order, refund_id: UUID, amount: int) -> None:
    """Notify the student that a refund of `amount` (minor units) was started."""
    _notify(conn, order, "refund_started", str(refund_id), amount=amount)


def _apply_capture(conn: Connection, order: Order, payment: PaymentEntity, now: datetime) -> PaymentOutcome:
    if order.razorpay_payment_id == payment.id:
        return "already_applied"
    if order.razorpay_payment_id is not None:
        return request_full_refund(conn, order, payment, "duplicate_payment")
    queries.mark_paid(conn, order.transaction_id, payment)
    conn.measure(Metric.PAYMENTS_SUCCEEDED)
    if order.status == "initiated":
        conn.measure(Metric.PAYMENTS_ATTEMPTED)
    outcome = _fulfil_order(conn, order, payment, now)
    if order.has_refunds and _close_if_fully_refunded(conn, order, payment.id, now) == "refunded":
        return "refunded"
    return outcome


def _fulfil_order(conn: Connection, order: Order, payment: PaymentEntity, now: datetime) -> PaymentOutcome:
    if order.registration_status == "confirmed":
        return request_full_refund(conn, order, payment, "duplicate_payment")
    if not _can_seat(conn, order):
        return request_full_refund(conn, order, payment, "seat_gone")
    queries.confirm_registration(conn, order.registration_id, now)
    if order.registration_status == "expired":
        seat_queries.close_waitlist_entry(conn, order.event_id, order.user_id, order.registration_id)
    if order.status == "failed":
        notifications.withdraw(conn, order.user_id, f"payment_failed:{order.razorpay_order_id}")
    _notify(conn, order, "payment_success", payment.id, paymentId=payment.id)
    return "confirmed"


def _can_seat(conn: Connection, order: Order) -> bool:
    """A pending registration still holds its seat. An expired one needs a free seat, and must be able to spend again
    the referral credit that paid a part of it."""
    if order.event_status not in BOOKABLE_STATUSES:
        return False
    if order.registration_status == "pending":
        return True
    return (
        order.registration_status == "expired"
        and seats.has_free_seat(conn, order.event_id, order.event_capacity, order.user_id)
        and not queries.has_other_active_registration(conn, order.registration_id, order.user_id, order.event_id)
        and credits.spend_again(conn, order.registration_id, order.user_id, order.currency)
    )


def _close_if_fully_refunded(conn: Connection, order: Order, payment_id: str, now: datetime) -> PaymentOutcome:
    if queries.refunded_amount(conn, payment_id) < order.amount:
        return "recorded"
    queries.mark_refunded(conn, order.transaction_id)
    had_seat = queries.release_refunded_seat(conn, order.registration_id, now)
    credits.release(conn, [order.registration_id], percent=0)
    if had_seat:
        referrals.revoke(conn, [order.registration_id], now)
        seats.offer_free_seats(conn, order.event_id, now)
    return "refunded"


def _notify(conn: Connection, order: Order, template: str, effect: str, **data: str | int | None) -> None:
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
