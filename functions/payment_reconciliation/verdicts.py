"""What a payment, a refund or a settlement says about our rows. Nothing here asks or writes.

The verdicts: `captured_not_confirmed` is money Razorpay took that our rows do not count; `missing_capture` is money
that is reserved and not taken, or that we count and Razorpay does not; `refunded_outside` is money sent back that our
rows do not count; `unknown_payment` is money for no order of ours; `amount_mismatch` is any difference in an amount;
`unsettled` is money taken that has not come to our bank in time. `matched` is everything else that moved money, and
what was wrong once and has been sent back in full.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from functions.payment_reconciliation.models import Comparison, Judgement, OurAttempt, OurOrder
from shared.clock import from_unix
from shared.payments.models import PaymentEntity, RefundEntity, SettlementEntity, SettlementRow
from shared.reconciliation.models import Verdict

CAPTURE_TAKES = timedelta(minutes=15)
"""Razorpay captures by itself within seconds; after this it has not."""
REFUND_RANKS = ("requested", "pending", "failed", "processed")
LIST_LAG = timedelta(minutes=30)
"""How late Razorpay's lists and reports may be."""


def judge_payment(order: OurOrder | None, payment: PaymentEntity, now: datetime) -> Judgement:
    """`order` is ours that the payment is for, if there is one."""
    if order is None:
        verdict: Verdict = "matched" if _is_back(payment) else "unknown_payment"
        return Judgement(_of_payment(verdict, None, payment) if payment.is_captured else None)
    if payment.id == order.row.razorpay_payment_id and not payment.is_captured:
        return Judgement(_of_payment("missing_capture", order, payment))
    if _moves_money(payment) and (payment.amount, payment.currency) != (order.row.amount, order.row.currency):
        known = order.attempts.get(payment.id)
        is_behind = known is None or (payment.is_captured and known.status not in ("captured", "refunded"))
        verdict = "matched" if _is_back(payment) else "amount_mismatch"
        return Judgement(_of_payment(verdict, order, payment), is_behind)
    return _judge_captured(order, payment) if payment.is_captured else _judge_uncaptured(order, payment, now)


def _judge_captured(order: OurOrder, payment: PaymentEntity) -> Judgement:
    if not order.knows_capture_of(payment.id):
        return Judgement(_of_payment("captured_not_confirmed", order, payment), is_behind=True)
    lacks_fee = not _has_fee(order.attempts.get(payment.id), payment)
    return Judgement(_of_payment("matched", order, payment), is_behind=lacks_fee)


def _judge_uncaptured(order: OurOrder, payment: PaymentEntity, now: datetime) -> Judgement:
    if payment.status == "authorized":
        waits = order.is_open and order.holds_a_seat and now - from_unix(payment.created_at) > CAPTURE_TAKES
        return Judgement(_of_payment("missing_capture", order, payment), is_behind=True) if waits else Judgement(None)
    if payment.status == "refunded":  # reserved, never taken, and let go: what was waited for has ended
        return Judgement(_of_payment("matched", order, payment))
    known = order.attempts.get(payment.id)
    return Judgement(None, is_behind=payment.status == "failed" and (known is None or known.status == "created"))


def judge_absence(order: OurOrder, payments: Iterable[PaymentEntity]) -> Judgement:
    """Whether Razorpay has the payment by which we hold this order paid, among all that were made for it."""
    paid_by = order.row.razorpay_payment_id
    if paid_by is None or any(payment.id == paid_by for payment in payments):
        return Judgement(None)
    ours = _ours(order, order.attempts.get(paid_by))
    return Judgement(
        Comparison("payment", paid_by, "missing_capture", {"status": "unknown"}, ours, order.row.transaction_id)
    )


def judge_refund(order: OurOrder, refund: RefundEntity) -> Judgement:
    known = order.refunds.get(refund.id)
    if known is None:
        verdict: Verdict = "matched" if refund.status == "failed" else "refunded_outside"
        return Judgement(_of_refund(verdict, order, refund), is_behind=True)
    if known.amount != refund.amount or (known.status == "processed" and refund.status == "failed"):
        return Judgement(_of_refund("amount_mismatch", order, refund))
    is_behind = REFUND_RANKS.index(refund.status) > REFUND_RANKS.index(known.status)
    is_outside = is_behind and refund.status == "processed"
    return Judgement(_of_refund("refunded_outside" if is_outside else "matched", order, refund), is_behind)


def has_every_refund(order: OurOrder, payment: PaymentEntity) -> bool:
    """Whether our refunds of a payment that are made or under way add up to what Razorpay says of it."""
    counted = sum(
        refund.amount
        for refund in order.refunds.values()
        if refund.razorpay_payment_id == payment.id and refund.status in ("pending", "processed")
    )
    return counted == payment.amount_refunded


def judge_row(order: OurOrder | None, row: SettlementRow) -> Judgement:
    """A settlement's row of a payment or a refund; `is_behind` when the payment's own facts have to be read first."""
    if order is None:
        return Judgement(_of_row("unknown_payment", order, row))
    if row.type == "refund":
        refund = order.refunds.get(row.entity_id)
        if refund is None:
            return Judgement(_of_row("unknown_payment", order, row), is_behind=True)
        return Judgement(_of_row("matched" if refund.amount == row.amount else "amount_mismatch", order, row))
    attempt = order.attempts.get(row.entity_id)
    if attempt is None:
        return Judgement(_of_row("unknown_payment", order, row), is_behind=True)
    agrees = (attempt.amount, attempt.fee, attempt.tax) == (row.amount, row.fee, row.tax)
    return Judgement(_of_row("matched" if agrees else "amount_mismatch", order, row), is_behind=attempt.fee is None)


def judge_settlement(settlement: SettlementEntity, booked: int | None, until: datetime) -> Judgement:
    """`booked` is what the settlement's rows come to (credits less debits), None where there are none yet."""
    if settlement.status == "created":
        return Judgement(None)
    agrees = booked == settlement.amount
    if settlement.status == "processed" and not agrees and from_unix(settlement.created_at) > until - LIST_LAG:
        return Judgement(None)
    verdict: Verdict = "unsettled" if settlement.status == "failed" else "matched" if agrees else "amount_mismatch"
    theirs = settlement.model_dump(include={"status", "amount", "utr"})
    return Judgement(Comparison("settlement", settlement.id, verdict, theirs | {"rows": booked}))


def _moves_money(payment: PaymentEntity) -> bool:
    return payment.is_captured or payment.status == "authorized"


def _is_back(payment: PaymentEntity) -> bool:
    return payment.is_captured and payment.amount_refunded >= payment.amount


def _has_fee(known: OurAttempt | None, payment: PaymentEntity) -> bool:
    return payment.fee is None or (known is not None and (known.fee, known.tax) == (payment.fee, payment.tax))


def _of_payment(verdict: Verdict, order: OurOrder | None, payment: PaymentEntity) -> Comparison:
    theirs = {
        "orderId": payment.order_id,
        "status": payment.status,
        "amount": payment.amount,
        "currency": payment.currency,
        "amountRefunded": payment.amount_refunded,
        "fee": payment.fee,
        "tax": payment.tax,
    }
    ours = _ours(order, order.attempts.get(payment.id)) if order else None
    return Comparison("payment", payment.id, verdict, theirs, ours, order.row.transaction_id if order else None)


def _ours(order: OurOrder, attempt: OurAttempt | None) -> dict[str, Any]:
    return {
        "orderId": order.row.razorpay_order_id,
        "status": order.row.status,
        "paymentId": order.row.razorpay_payment_id,
        "amount": order.row.amount,
        "currency": order.row.currency,
        "registrationStatus": order.row.registration_status,
        "attempt": attempt.status if attempt else None,
        "fee": attempt.fee if attempt else None,
        "tax": attempt.tax if attempt else None,
    }


def _of_refund(verdict: Verdict, order: OurOrder, refund: RefundEntity) -> Comparison:
    known = order.refunds.get(refund.id)
    theirs = refund.model_dump(include={"status", "amount", "currency"}) | {"paymentId": refund.payment_id}
    ours = {"status": known.status, "amount": known.amount} if known else None
    return Comparison("refund", refund.id, verdict, theirs, ours, order.row.transaction_id)


def _of_row(verdict: Verdict, order: OurOrder | None, row: SettlementRow) -> Comparison:
    theirs = row.model_dump(include={"type", "amount", "fee", "tax", "credit", "debit"})
    theirs |= {"settlementId": row.settlement_id, "utr": row.settlement_utr}
    attempt = order.attempts.get(row.entity_id) if order else None
    ours = _ours(order, attempt) if order else None
    return Comparison(
        "settlement_row", row.entity_id, verdict, theirs, ours, order.row.transaction_id if order else None
    )
