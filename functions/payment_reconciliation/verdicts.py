"""Compares Razorpay's payments, refunds and settlements with our rows. Pure functions: no calls, no writes.

The verdicts: `captured_not_confirmed` is a captured payment that our rows do not count; `missing_capture` is a payment
that is authorized but not captured, or that we count as paid and Razorpay does not; `refunded_outside` is a refund
that our rows do not count; `unknown_payment` is a payment for no order of ours; `amount_mismatch` is any difference in
an amount; `unsettled` is a captured payment that was not settled in time; `unreported_dispute` is a dispute that no
delivery has told us of, or not its last state; `unexplained_adjustment` is an adjustment in a settlement without a
dispute of ours; `unreadable` is an order about which Razorpay gives no usable answer. `matched` is every other movement
of money, and a payment that was wrong and is refunded in full.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from functions.payment_reconciliation.models import (
    Comparison,
    Judgement,
    RecordedAttempt,
    RecordedDispute,
    RecordedOrder,
)
from shared.clock import from_unix
from shared.payments.models import ListedDispute, PaymentEntity, RefundEntity, SettlementEntity, SettlementRow
from shared.reconciliation.models import Verdict

AUTO_CAPTURE_GRACE = timedelta(minutes=15)
"""Razorpay captures automatically within seconds; after this time it will not."""
REFUND_RANKS = ("requested", "pending", "processed", "failed")
LIST_LAG = timedelta(minutes=30)
"""How late Razorpay's lists and reports may be."""


def judge_payment(order: RecordedOrder | None, payment: PaymentEntity, now: datetime) -> Judgement:
    """Judge a payment; `order` is our order of the payment, None if there is none."""
    if order is None:
        verdict: Verdict = "matched" if _is_fully_refunded(payment) else "unknown_payment"
        return Judgement(_compare_payment(verdict, None, payment) if payment.is_captured else None)
    if payment.id == order.row.razorpay_payment_id and not payment.is_captured:
        return Judgement(_compare_payment("missing_capture", order, payment))
    if _moves_money(payment) and (payment.amount, payment.currency) != (order.row.amount, order.row.currency):
        known = order.attempts.get(payment.id)
        is_behind = known is None or (payment.is_captured and known.status not in ("captured", "refunded"))
        verdict = "matched" if _is_fully_refunded(payment) else "amount_mismatch"
        return Judgement(_compare_payment(verdict, order, payment), is_behind)
    return _judge_captured(order, payment) if payment.is_captured else _judge_uncaptured(order, payment, now)


def _judge_captured(order: RecordedOrder, payment: PaymentEntity) -> Judgement:
    if not order.has_recorded_capture(payment.id):
        return Judgement(_compare_payment("captured_not_confirmed", order, payment), is_behind=True)
    lacks_fee = not _has_current_fee(order.attempts.get(payment.id), payment)
    return Judgement(_compare_payment("matched", order, payment), is_behind=lacks_fee)


def _judge_uncaptured(order: RecordedOrder, payment: PaymentEntity, now: datetime) -> Judgement:
    if payment.status == "authorized":
        waits = order.is_open and order.is_seat_held and now - from_unix(payment.created_at) > AUTO_CAPTURE_GRACE
        return (
            Judgement(_compare_payment("missing_capture", order, payment), is_behind=True) if waits else Judgement(None)
        )
    known = order.attempts.get(payment.id)
    if payment.is_released:
        return Judgement(None, is_behind=known is None or known.status != "released")
    return Judgement(None, is_behind=payment.status == "failed" and (known is None or known.status == "created"))


def judge_absence(order: RecordedOrder, payments: Iterable[PaymentEntity]) -> Judgement:
    """Judge whether Razorpay's payments of an order include the payment that paid it in our rows."""
    paid_by = order.row.razorpay_payment_id
    if paid_by is None or any(payment.id == paid_by for payment in payments):
        return Judgement(None)
    ours = _our_side(order, order.attempts.get(paid_by))
    return Judgement(
        Comparison("payment", paid_by, "missing_capture", {"status": "unknown"}, ours, order.row.transaction_id)
    )


def judge_refund(order: RecordedOrder, refund: RefundEntity) -> Judgement:
    known = order.refunds.get(refund.id)
    if known is None:
        verdict: Verdict = "matched" if refund.status == "failed" else "refunded_outside"
        return Judgement(_compare_refund(verdict, order, refund), is_behind=True)
    if known.amount != refund.amount:
        return Judgement(_compare_refund("amount_mismatch", order, refund))
    is_behind = REFUND_RANKS.index(refund.status) > REFUND_RANKS.index(known.status)
    is_outside = is_behind and refund.status == "processed"
    return Judgement(_compare_refund("refunded_outside" if is_outside else "matched", order, refund), is_behind)


def has_every_refund(order: RecordedOrder, payment: PaymentEntity) -> bool:
    """Whether our pending and processed refunds of a payment add up to Razorpay's `amount_refunded`."""
    if payment.is_released:
        return True
    counted = sum(
        refund.amount
        for refund in order.refunds.values()
        if refund.razorpay_payment_id == payment.id and refund.status in ("pending", "processed")
    )
    return counted == payment.amount_refunded


def judge_row(order: RecordedOrder | None, row: SettlementRow) -> Judgement:
    """Judge a settlement row of a payment or refund; `is_behind` when the order must be read by its id first.

    Amounts and fees are compared where they are in one currency: an international payment is settled in the account's.
    """
    if order is None:
        return Judgement(_compare_row("unknown_payment", order, row))
    if row.type == "refund":
        refund = order.refunds.get(row.entity_id)
        if refund is None:
            return Judgement(_compare_row("unknown_payment", order, row), is_behind=True)
        return Judgement(_compare_row("matched" if refund.amount == row.amount else "amount_mismatch", order, row))
    attempt = order.attempts.get(row.entity_id)
    if attempt is None:
        return Judgement(_compare_row("unknown_payment", order, row), is_behind=True)
    agrees = attempt.fee_currency != row.currency or (attempt.fee, attempt.tax) == (row.fee, row.tax)
    if attempt.currency == row.currency:
        agrees = agrees and attempt.amount == row.amount
    return Judgement(
        _compare_row("matched" if agrees else "amount_mismatch", order, row), is_behind=attempt.fee is None
    )


def judge_adjustment(dispute: RecordedDispute | None, row: SettlementRow) -> Judgement:
    """Judge an adjustment in a settlement report: a known dispute explains it, else a person has to."""
    theirs = row.model_dump(include={"type", "credit", "debit", "dispute_id", "description"})
    theirs |= {"settlementId": row.settlement_id}
    ours = {"dispute": dispute.razorpay_dispute_id, "status": dispute.status} if dispute else None
    verdict: Verdict = "matched" if dispute else "unexplained_adjustment"
    return Judgement(Comparison("settlement_row", row.entity_id, verdict, theirs, ours))


def judge_dispute(known: RecordedDispute | None, dispute: ListedDispute) -> Judgement:
    """Judge a listed dispute; Razorpay lists one that requires an action as open."""
    theirs = dispute.model_dump(include={"status", "amount", "amount_deducted", "currency", "payment_id"})
    ours = {"status": known.status, "amountDeducted": known.amount_deducted} if known else None
    agrees = known is not None and (known.amount, known.amount_deducted) == (dispute.amount, dispute.amount_deducted)
    same_status = known is not None and (
        known.status == dispute.status or (known.status, dispute.status) == ("action_required", "open")
    )
    verdict: Verdict = "matched" if agrees and same_status else "unreported_dispute"
    return Judgement(Comparison("dispute", dispute.id, verdict, theirs, ours), is_behind=verdict != "matched")


def judge_settlement(settlement: SettlementEntity, booked: int | None, until: datetime) -> Judgement:
    """Judge a settlement; `booked` is the sum of its rows (credits less debits), None if there are no rows yet."""
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


def _is_fully_refunded(payment: PaymentEntity) -> bool:
    return payment.is_captured and payment.amount_refunded >= payment.amount


def _has_current_fee(known: RecordedAttempt | None, payment: PaymentEntity) -> bool:
    return payment.fee is None or (known is not None and (known.fee, known.tax) == (payment.fee, payment.tax))


def _compare_payment(verdict: Verdict, order: RecordedOrder | None, payment: PaymentEntity) -> Comparison:
    theirs = {
        "orderId": payment.order_id,
        "status": payment.status,
        "amount": payment.amount,
        "currency": payment.currency,
        "amountRefunded": payment.amount_refunded,
        "fee": payment.fee,
        "tax": payment.tax,
    }
    ours = _our_side(order, order.attempts.get(payment.id)) if order else None
    return Comparison("payment", payment.id, verdict, theirs, ours, order.row.transaction_id if order else None)


def _our_side(order: RecordedOrder, attempt: RecordedAttempt | None) -> dict[str, Any]:
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


def _compare_refund(verdict: Verdict, order: RecordedOrder, refund: RefundEntity) -> Comparison:
    known = order.refunds.get(refund.id)
    theirs = refund.model_dump(include={"status", "amount", "currency"}) | {"paymentId": refund.payment_id}
    ours = {"status": known.status, "amount": known.amount} if known else None
    return Comparison("refund", refund.id, verdict, theirs, ours, order.row.transaction_id)


def _compare_row(verdict: Verdict, order: RecordedOrder | None, row: SettlementRow) -> Comparison:
    theirs = row.model_dump(include={"type", "amount", "fee", "tax", "credit", "debit"})
    theirs |= {"settlementId": row.settlement_id, "utr": row.settlement_utr}
    attempt = order.attempts.get(row.entity_id) if order else None
    ours = _our_side(order, attempt) if order else None
    return Comparison(
        "settlement_row", row.entity_id, verdict, theirs, ours, order.row.transaction_id if order else None
    )
