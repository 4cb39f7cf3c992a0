"""Refunds that an administrator requests: recorded once under the lock of their order, sent by `process_refunds`."""

from datetime import datetime
from uuid import UUID, uuid5

from functions.admin_sales.refunds import queries
from functions.admin_sales.refunds.models import (
    CapturedPayment,
    NewPayout,
    NewRefund,
    Refund,
    RefundFilters,
    RefundList,
)
from shared.db import Connection
from shared.errors import Conflict, NotFound
from shared.money import format_amount
from shared.paging import cursor_after, read_cursor
from shared.payments import queries as payment_queries
from shared.payments import service as payments
from shared.payments.models import MIN_REFUND_AMOUNT, Order


def list_refunds(conn: Connection, filters: RefundFilters, *, cursor: str | None, limit: int) -> RefundList:
    """A page of refunds, the newest first; raises Invalid for a foreign cursor."""
    found = queries.list_refunds(conn, filters, read_cursor(cursor), limit + 1)
    page, more = found[:limit], len(found) > limit
    return RefundList(refunds=page, next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None)


def find_refund(conn: Connection, refund_id: UUID) -> Refund:
    """Raises NotFound."""
    refund = queries.find_refund(conn, refund_id)
    if refund is None:
        raise NotFound("refund")
    return refund


def request_refund(conn: Connection, admin_id: UUID, key: str, body: NewRefund) -> tuple[Refund, bool]:
    """The refund that the administrator's key stands for, and whether it is new.

    A held payment is returned in the same way; its order is closed, so that another one can be opened. Raises NotFound
    and Conflict: `idempotency_key_reused`, `not_paid`, `nothing_left`, `exceeds_refundable`, `remainder_too_small`,
    `payment_disputed`.
    """
    key = f"admin-{uuid5(admin_id, key)}"
    order = _lock_order(conn, body.payment_id)
    if known := _find_same_request(conn, key, body):
        return known, False
    if order is None:
        raise NotFound("payment")
    payment = _choose_payment(conn, order, body)
    refund_id = queries.insert_refund(
        conn,
        order,
        razorpay_payment_id=payment.razorpay_payment_id,
        amount=_refundable(conn, payment, body.amount, override_dispute=body.override_dispute),
        currency=payment.currency,
        reason="admin",
        key=key,
        admin_id=admin_id,
        asked=body.model_dump(mode="json"),
        despite_dispute=body.override_dispute,
    )
    if refund_id is None:  # the same key for another payment, at the same moment
        raise _key_reused()
    if not payment.is_paying:
        payment_queries.close_unpaid_order(conn, order.transaction_id)
    return _find_and_notify(conn, order, refund_id), True


def retry_refund(conn: Connection, admin_id: UUID, refund_id: UUID) -> tuple[Refund, bool]:
    """The refund that is made in the place of a failed one, and whether it is new: a failed one is retried once.

    Raises NotFound and Conflict: `not_failed`, `nothing_left`, `exceeds_refundable`, `payment_disputed`.
    """
    order = _lock_order(conn, find_refund(conn, refund_id).payment_id)
    failed = find_refund(conn, refund_id)
    if failed.retried_by is not None:
        return find_refund(conn, failed.retried_by), False
    if order is None or failed.status != "failed":
        raise Conflict("Only a failed refund can be tried again.", code="not_failed")
    payment = CapturedPayment(failed.razorpay_payment_id, failed.currency, is_paying=True)
    new_id = queries.insert_refund(
        conn,
        order,
        razorpay_payment_id=failed.razorpay_payment_id,
        amount=_refundable(conn, payment, failed.amount, override_dispute=False),
        currency=failed.currency,
        reason="admin" if failed.reason == "outside" else failed.reason,
        key=f"retry-{refund_id}",
        admin_id=admin_id,
        retry_of=refund_id,
    )
    if new_id is None:
        raise _key_reused()
    return _find_and_notify(conn, order, new_id), True


def record_payout(
    conn: Connection, admin_id: UUID, refund_id: UUID, body: NewPayout, now: datetime
) -> tuple[Refund, bool]:
    """Record that the money of a failed refund was paid back outside of Razorpay, and whether that is new.

    Raises NotFound and Conflict: `not_failed`, `nothing_left`, `exceeds_refundable`.
    """
    order = _lock_order(conn, find_refund(conn, refund_id).payment_id)
    failed = find_refund(conn, refund_id)
    if failed.payout_reference == body.reference:
        return failed, False
    if order is None or failed.status != "failed" or failed.retried_by is not None:
        raise Conflict("Only a failed refund can be paid back in another way.", code="not_failed")
    payment = CapturedPayment(failed.razorpay_payment_id, failed.currency, is_paying=True)
    amount = _refundable(conn, payment, failed.amount, override_dispute=True, minimum=1)
    queries.record_payout(conn, refund_id, reference=body.reference, admin_id=admin_id, now=now)
    payments.record_payout(conn, order, refund_id, failed.razorpay_payment_id, amount, now)
    return find_refund(conn, refund_id), True


def _lock_order(conn: Connection, payment_id: UUID) -> Order | None:
    order_id = queries.find_order_id(conn, payment_id)
    return payment_queries.lock_order(conn, order_id).fetchone() if order_id else None


def _find_same_request(conn: Connection, key: str, body: NewRefund) -> Refund | None:
    known = queries.find_refund_by_key(conn, key)
    if known is None:
        return None
    if known.asked != body.model_dump(mode="json"):
        raise _key_reused()
    return find_refund(conn, known.id)


def _choose_payment(conn: Connection, order: Order, body: NewRefund) -> CapturedPayment:
    captured = queries.list_captured(conn, order.transaction_id)
    if body.razorpay_payment_id is not None:
        captured = [each for each in captured if each.razorpay_payment_id == body.razorpay_payment_id]
        if not captured:
            raise NotFound("payment")
    if not captured:
        raise Conflict("This payment was never made, so there is nothing to give back.", code="not_paid")
    if not captured[0].is_paying and len(captured) > 1:
        raise Conflict("This order has several payments; give razorpayPaymentId.", code="ambiguous_payment")
    return captured[0]


def _refundable(
    conn: Connection,
    payment: CapturedPayment,
    amount: int | None,
    *,
    override_dispute: bool,
    minimum: int = MIN_REFUND_AMOUNT,
) -> int:
    """Amount to refund of a payment whose order is locked, in minor units: the requested amount or all that is left."""
    balance = payment_queries.read_balance(conn, payment.razorpay_payment_id)
    if balance.left <= 0:
        raise Conflict("All of this payment goes back already.", code="nothing_left")
    if amount is not None and amount > balance.left:
        shown = format_amount(balance.left, payment.currency)
        raise Conflict(f"Only {shown} of this payment can still go back.", code="exceeds_refundable")
    wanted = amount or balance.left
    if wanted > balance.safe and not override_dispute:
        raise Conflict(
            "The payer's bank may take this money back in an open dispute, and a refund would pay it twice. "
            "Set overrideDispute to refund it all the same.",
            code="payment_disputed",
        )
    if wanted < minimum or 0 < balance.left - wanted < minimum:
        least = format_amount(minimum, payment.currency)
        raise Conflict(
            f"Razorpay refunds nothing below {least}: refund all that is left, or leave at least {least}.",
            code="remainder_too_small",
        )
    return wanted


def _find_and_notify(conn: Connection, order: Order, refund_id: UUID) -> Refund:
    refund = find_refund(conn, refund_id)
    payments.notify_refund_started(conn, order, refund_id, refund.amount)
    return refund


def _key_reused() -> Conflict:
    return Conflict("This Idempotency-Key was used for another refund.", code="idempotency_key_reused")
