"""Applies payments and refunds to an order and its seat: the one code path of webhook, client and reconciliation.

Status is a lattice (initiated < failed < closed < success < refunded). An event can only move a row up, so events in
any order and any number end in the same rows.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from shared.db import Connection
from shared.errors import Conflict
from shared.metrics import Metric
from shared.money import format_amount
from shared.notifications import service as notifications
from shared.notifications.models import Notice
from shared.payments import queries, refund_queries
from shared.payments.models import (
    MIN_REFUND_AMOUNT,
    Order,
    PaymentEntity,
    PaymentOutcome,
    RefundEntity,
    RefundReason,
)
from shared.referrals import credits
from shared.referrals import service as referrals
from shared.seats import queries as seat_queries
from shared.seats import service as seats

BOOKABLE_STATUSES = ("upcoming", "ongoing")


def apply_payment(
    conn: Connection, order: Order, payment: PaymentEntity, *, reported_at: datetime, now: datetime
) -> PaymentOutcome:
    """Record the state of one payment of a locked order and apply its effects, each once.

    `reported_at` is the time of Razorpay's event or answer. A captured payment whose amount or currency differs from
    the order's confirms nothing: it is held for an administrator's decision while the seat waits for it, else refunded.
    """
    queries.record_attempt(conn, order.transaction_id, payment, reported_at)
    if (payment.amount, payment.currency) != (order.amount, order.currency):
        return _apply_other_amount(conn, order, payment, now) if payment.is_captured else "recorded"
    if payment.is_captured:
        return _apply_capture(conn, order, payment, now)
    if payment.status == "failed" and order.status == "initiated":
        queries.mark_failed(conn, order.transaction_id, order.registration_id)
        conn.measure(Metric.PAYMENTS_ATTEMPTED)
        _notify(conn, order, "payment_failed", order.razorpay_order_id, reason=payment.error_reason)
        return "failed"
    return "recorded"


def apply_refund(
    conn: Connection, order: Order, refund: RefundEntity, now: datetime, *, payment: PaymentEntity | None = None
) -> PaymentOutcome:
    """Record the state of one refund of a locked order. When the payment is refunded in full, release the seat.

    `payment` is the refund's payment as Razorpay sends it along. If it was only authorized and is released, nothing
    was ever captured, so nothing is refunded.
    """
    if payment is not None and payment.is_released:
        queries.record_attempt(conn, order.transaction_id, payment, now)
        return "recorded"
    requested = _uuid_or_none(refund.notes.get("refundId"))
    if requested is not None:
        queries.assign_refund_id(conn, requested, refund)
    moved_to = queries.record_refund(conn, order.transaction_id, refund)
    if moved_to is None:
        return "recorded"
    if moved_to == "failed":
        notifications.notify_admins(
            conn,
            "refund_failed",
            refund.id,
            amount=refund.amount,
            currency=refund.currency,
            reason=queries.REFUND_FAILED_AT_BANK,
        )
        return "recorded"
    queries.close_superseded_refunds(conn, refund.payment_id)
    if moved_to == "pending":
        return "recorded"
    _notify(conn, order, "payment_refunded", refund.id, amount=refund.amount)
    return _apply_returned_money(conn, order, refund.payment_id, now)


def record_payout(conn: Connection, order: Order, refund_id: UUID, payment_id: str, amount: int, now: datetime) -> None:
    """Apply the effects of a payout outside of Razorpay that replaced a refund of a locked order."""
    _notify(conn, order, "payment_refunded", str(refund_id), amount=amount)
    _apply_returned_money(conn, order, payment_id, now)


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
    """Request a refund of what is left of a payment that bought no seat. The key per payment makes this idempotent.

    The order is spent at Razorpay, so it is closed. An open dispute delays the refund until the bank has decided.
    """
    left = queries.read_balance(conn, payment.id).left
    if left < MIN_REFUND_AMOUNT:
        queries.close_unpaid_order(conn, order.transaction_id)
        return "recorded"
    queries.request_refund(
        conn,
        transaction_id=order.transaction_id,
        payment_id=payment.id,
        amount=left,
        currency=payment.currency,
        reason=reason,
        key=f"auto-{payment.id}",
    )
    queries.close_unpaid_order(conn, order.transaction_id)
    _notify(conn, order, "refund_started", payment.id, reason=reason)
    return "refund_requested"


def notify_refund_started(conn: Connection, order: Order, refund_id: UUID, amount: int) -> None:
    """Notify the student that a refund of `amount` (minor units) was started."""
    _notify(conn, order, "refund_started", str(refund_id), amount=amount)


def accept_held_payment(conn: Connection, order: Order, payment_id: str, now: datetime) -> None:
    """Let a held payment buy the seat of its locked order although its amount is another one.

    The caller has checked that the payment is held and in the order's currency. Raises Conflict (`seat_gone`).
    """
    if order.registration_status == "confirmed" or not _can_seat(conn, order, now):
        raise Conflict("There is no seat left for this payment; refund it.", code="seat_gone")
    queries.accept_payment(conn, order.transaction_id, payment_id)
    conn.measure(Metric.PAYMENTS_SUCCEEDED)
    _confirm(conn, order, payment_id, now)


def return_held_payments(conn: Connection, registration_id: UUID, reason: RefundReason) -> None:
    """Request refunds of the payments that are held for a seat which does not wait for them any more.

    The caller holds the event's lock.
    """
    refund_queries.request_refunds(conn, [registration_id], 0, reason)
    refund_queries.close_spent_orders(conn, [registration_id])


def _apply_other_amount(conn: Connection, order: Order, payment: PaymentEntity, now: datetime) -> PaymentOutcome:
    """Hold a captured payment of another amount for a decision while a seat waits for it; else refund it."""
    if order.razorpay_payment_id is not None or order.registration_status == "confirmed":
        return request_full_refund(conn, order, payment, "duplicate_payment")
    if order.registration_status != "pending" or order.status == "closed" or not _is_on(order, now):
        return request_full_refund(conn, order, payment, "seat_gone")
    balance = queries.read_balance(conn, payment.id)
    if balance.captured and balance.left <= 0:
        queries.close_unpaid_order(conn, order.transaction_id)
        return "recorded"
    if queries.hold_for_review(conn, order.transaction_id, "amount_mismatch"):
        conn.measure(Metric.PAYMENTS_ATTEMPTED)
        notifications.notify_admins(
            conn,
            "admin_attention",
            f"payment_held:{payment.id}",
            subject="A payment waits for your decision",
            detail=(
                f"{format_amount(payment.amount, payment.currency)} came in for an order of "
                f"{format_amount(order.amount, order.currency)} ({payment.id}). Accept or refund it."
            ),
        )
    return "held"


def _apply_capture(conn: Connection, order: Order, payment: PaymentEntity, now: datetime) -> PaymentOutcome:
    if order.razorpay_payment_id == payment.id:
        return "already_applied"
    if order.razorpay_payment_id is not None:
        return request_full_refund(conn, order, payment, "duplicate_payment")
    queries.mark_paid(conn, order.transaction_id, payment)
    conn.measure(Metric.PAYMENTS_SUCCEEDED)
    if order.status == "initiated":
        conn.measure(Metric.PAYMENTS_ATTEMPTED)
    order = _for_held_seat(conn, order, now)
    if order.has_held_payment:
        return_held_payments(conn, order.registration_id, "duplicate_payment")
    outcome = _fulfil_order(conn, order, payment, now)
    if order.has_refunds and _close_if_fully_refunded(conn, order, payment.id, now) == "refunded":
        return "refunded"
    return outcome


def _for_held_seat(conn: Connection, order: Order, now: datetime) -> Order:
    """The order, moved to the seat that its payer holds now if its own is given up: an old tab pays the new hold."""
    if order.registration_status not in ("expired", "cancelled") or not _is_on(order, now):
        return order
    held = queries.find_held_registration(conn, order.user_id, order.event_id, order.amount, order.currency)
    if held is None:
        return order
    queries.move_order(conn, order.transaction_id, held)
    return replace(order, registration_id=held, registration_status="pending", has_held_payment=True)


def _fulfil_order(conn: Connection, order: Order, payment: PaymentEntity, now: datetime) -> PaymentOutcome:
    if order.registration_status == "confirmed":
        return request_full_refund(conn, order, payment, "duplicate_payment")
    if not _can_seat(conn, order, now):
        return request_full_refund(conn, order, payment, "seat_gone")
    _confirm(conn, order, payment.id, now)
    return "confirmed"


def _confirm(conn: Connection, order: Order, payment_id: str, now: datetime) -> None:
    queries.confirm_registration(conn, order.registration_id, now)
    if order.registration_status == "expired":
        seat_queries.close_waitlist_entry(conn, order.event_id, order.user_id, order.registration_id)
    if order.status == "failed":
        notifications.withdraw(conn, order.user_id, f"payment_failed:{order.razorpay_order_id}")
    _notify(conn, order, "payment_success", payment_id, paymentId=payment_id)


def _is_on(order: Order, now: datetime) -> bool:
    return order.event_status in BOOKABLE_STATUSES and now < order.event_ends_at


def _can_seat(conn: Connection, order: Order, now: datetime) -> bool:
    """A pending registration still holds its seat until the event ends. An expired one needs a free seat that is still
    on sale, and must be able to spend again the referral credit that paid a part of it."""
    if not _is_on(order, now):
        return False
    if order.registration_status == "pending":
        return True
    return (
        order.registration_status == "expired"
        and now < order.sales_end_at
        and seats.has_free_seat(conn, order.event_id, order.event_capacity, order.user_id)
        and not queries.has_other_active_registration(conn, order.registration_id, order.user_id, order.event_id)
        and credits.spend_again(conn, order.registration_id, order.user_id, order.currency)
    )


def _apply_returned_money(conn: Connection, order: Order, payment_id: str, now: datetime) -> PaymentOutcome:
    if order.status == "success" and payment_id == order.razorpay_payment_id:
        return _close_if_fully_refunded(conn, order, payment_id, now)
    balance = queries.read_balance(conn, payment_id)
    if order.is_unpaid and balance.captured and balance.left <= 0:
        queries.close_unpaid_order(conn, order.transaction_id)
    return "recorded"


def _close_if_fully_refunded(conn: Connection, order: Order, payment_id: str, now: datetime) -> PaymentOutcome:
    if queries.read_balance(conn, payment_id).returned < order.amount:
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
