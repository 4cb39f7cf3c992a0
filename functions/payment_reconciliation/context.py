"""The context of one invocation that processes one run: it calls Razorpay with retries, and repairs orders."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from functions.payment_reconciliation import queries, verdicts
from functions.payment_reconciliation.models import Comparison, Judgement, LeasedRun, RecordedOrder, comparisons_of
from shared import clock, db
from shared.actors import SERVICE
from shared.db import Connection
from shared.log import logger
from shared.notifications.handoff import hand_off
from shared.payments import disputes
from shared.payments import queries as payment_queries
from shared.payments import service as payments
from shared.payments.errors import GatewayDown, GatewayKeyRefused, GatewayRefused, GatewayUnreadable
from shared.payments.gateway import Gateway
from shared.payments.models import ListedDispute, PaymentEntity, RefundEntity

TRIES = 4
MAX_WAIT_SECONDS = 10
"""The longest Retry-After that is waited for. After a longer one the next invocation continues the run."""


OUTAGE = 3
"""So many orders in a row without an answer are an outage of Razorpay, not a fault of these orders."""


class OutOfTime(Exception):
    """The invocation must end; the next one reads the current page again."""


@dataclass
class ReconciliationContext:
    """`has_time` says whether there is time for one more call and its transaction; `sleep` takes seconds.

    `agreed_orders` are those whose listed payments matched our rows in this invocation; `checked_orders` are those
    that were read completely by id; `unanswered` counts the orders in a row without a usable answer.
    """

    run: LeasedRun
    gateway: Gateway
    has_time: Callable[[], bool]
    sleep: Callable[[float], None]
    agreed_orders: set[str] = field(default_factory=set[str])
    checked_orders: set[str] = field(default_factory=set[str])
    unanswered: int = 0

    def call_gateway[Answer](self, call: Callable[[Gateway], Answer]) -> Answer:
        """Call Razorpay, with retries; raises GatewayDown, GatewayRefused and OutOfTime."""
        for tried in range(TRIES - 1):
            try:
                return self._call_once(call)
            except (GatewayKeyRefused, GatewayUnreadable):
                raise
            except GatewayDown as down:
                # A rate limit without Retry-After is an account's cool-down, and every call extends it.
                is_cooling = down.is_limit and down.wait_seconds is None
                if is_cooling or (down.wait_seconds or 0) > MAX_WAIT_SECONDS:
                    raise
                self.sleep(down.wait_seconds or 2**tried * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
        return self._call_once(call)

    def _call_once[Answer](self, call: Callable[[Gateway], Answer]) -> Answer:
        if not self.has_time():
            raise OutOfTime
        return call(self.gateway)

    def repair(self, order_id: str) -> list[Comparison]:
        """Read an order completely by its id, apply what our rows lack, and record the findings.

        Returns the comparisons after the repair; an empty list for an order that this invocation has checked already.
        One order without a usable answer is reported and does not stop the run; several in a row do.
        Razorpay is called outside of transactions; the changes of the order are applied in one.
        """
        if order_id in self.checked_orders:
            return []
        try:
            found = self._repair(order_id)
        except GatewayDown as down:
            self.unanswered += 1
            if isinstance(down, GatewayKeyRefused) or down.is_limit or self.unanswered == OUTAGE:
                raise
            logger.error("order_unreadable", order_id=order_id, error=type(down).__name__)
            self.checked_orders.add(order_id)
            return [Comparison("order", order_id, "unreadable", {"error": type(down).__name__})]
        self.unanswered = 0
        return found

    def record_dispute(self, dispute: ListedDispute, judged: Judgement) -> list[Comparison]:
        """Record a listed dispute that our rows lack or know in an older state, and the finding."""
        with db.transaction(SERVICE) as conn:
            disputes.record(conn, dispute, dispute.status, order_id=None, reported_at=clock.now())
            known = queries.read_disputes(conn, [dispute.id]).get(dispute.id)
            after = verdicts.judge_dispute(known, dispute)
            queries.record_comparisons(conn, self.run.id, comparisons_of([judged]), repaired=not after.is_behind)
        hand_off(conn.enqueued)
        return comparisons_of([after])

    def _repair(self, order_id: str) -> list[Comparison]:
        read = self._fetch_payments(order_id)
        with db.transaction(SERVICE, read_only=True) as conn:
            order = queries.read_orders(conn, [order_id]).get(order_id)
        refunds = [
            refund
            for payment in read
            if not payment.is_released and (payment.amount_refunded or (order and order.has_refunds_for(payment.id)))
            for refund in self.call_gateway(lambda gateway, id=payment.id: gateway.fetch_payment_refunds(id))
        ]
        now = clock.now()
        found = list(_judge(order, read, refunds, now))
        if order is None or not any(each.is_behind for each in found):
            self.checked_orders.add(order_id)
            return comparisons_of(found)
        captured = [self._capture(payment) if _awaits_capture(order, payment, now) else payment for payment in read]
        after = self._apply(order_id, read, captured, refunds, now)
        self.checked_orders.add(order_id)
        return after

    def _fetch_payments(self, order_id: str) -> list[PaymentEntity]:
        try:
            return self.call_gateway(lambda gateway: gateway.fetch_order_payments(order_id))
        except GatewayRefused as refusal:
            if refusal.status != 400:  # Razorpay answers 400 for an unknown id
                raise
            logger.error("order_unreadable", order_id=order_id, status=refusal.status)
            return []

    def _capture(self, payment: PaymentEntity) -> PaymentEntity:
        """The captured payment, or the unchanged payment if Razorpay refuses the capture."""
        try:
            return self.call_gateway(lambda gateway: gateway.capture(payment))
        except GatewayRefused as refusal:
            logger.error("capture_refused", payment_id=payment.id, status=refusal.status, reason=refusal.reason)
            return payment

    def _apply(
        self,
        order_id: str,
        read: list[PaymentEntity],
        captured: list[PaymentEntity],
        refunds: list[RefundEntity],
        now: datetime,
    ) -> list[Comparison]:
        try:
            with db.transaction(SERVICE) as conn:
                found, after = _apply(conn, order_id, read, captured, refunds, now)
                self._record_findings(conn, found, after)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            # The same data would fail the same way in every run, so it is reported and the run continues.
            logger.error("order_repair_failed", order_id=order_id, sqlstate=error.sqlstate)
            with db.transaction(SERVICE, read_only=True) as conn:
                order = queries.read_orders(conn, [order_id]).get(order_id)
            return comparisons_of(_judge(order, captured, refunds, now))
        hand_off(conn.enqueued)
        logger.info("order_repaired", order_id=order_id, verdicts=sorted({each.verdict for each in found}))
        return after

    def _record_findings(self, conn: Connection, found: list[Comparison], after: list[Comparison]) -> None:
        repaired_entities = {(each.subject, each.entity_id) for each in after if each.verdict == "matched"}
        wrong = [each for each in found if each.verdict != "matched"]
        repaired = [each for each in wrong if (each.subject, each.entity_id) in repaired_entities]
        queries.record_comparisons(conn, self.run.id, repaired, repaired=True)
        queries.record_comparisons(conn, self.run.id, [each for each in wrong if each not in repaired], repaired=False)
        queries.record_comparisons(conn, self.run.id, after, repaired=False)


def _apply(
    conn: Connection,
    order_id: str,
    read: list[PaymentEntity],
    captured: list[PaymentEntity],
    refunds: list[RefundEntity],
    now: datetime,
) -> tuple[list[Comparison], list[Comparison]]:
    """Apply what our rows lack, under the order's lock; returns the comparisons before and after."""
    payment_queries.lock_order(conn, order_id)
    order = queries.read_orders(conn, [order_id])[order_id]
    found = comparisons_of(_judge(order, read, refunds, now))
    behind = [payment for payment in captured if verdicts.judge_payment(order, payment, now).is_behind]
    missing = [refund for refund in refunds if verdicts.judge_refund(order, refund).is_behind]
    payments.apply_fetched_state(conn, order_id, behind, missing, now)
    order = queries.read_orders(conn, [order_id])[order_id]
    return found, comparisons_of(_judge(order, captured, refunds, now))


def _awaits_capture(order: RecordedOrder, payment: PaymentEntity, now: datetime) -> bool:
    """Whether the payment is authorized for a seat that is still held. No other payment may be captured."""
    judged = verdicts.judge_payment(order, payment, now)
    is_missing = judged.comparison is not None and judged.comparison.verdict == "missing_capture"
    return is_missing and judged.is_behind and payment.status == "authorized"


def _judge(
    order: RecordedOrder | None, read: list[PaymentEntity], refunds: list[RefundEntity], now: datetime
) -> Iterator[Judgement]:
    for payment in read:
        yield verdicts.judge_payment(order, payment, now)
    if order is not None:
        yield verdicts.judge_absence(order, read)
        for refund in refunds:
            yield verdicts.judge_refund(order, refund)
