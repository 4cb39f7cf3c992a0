"""One invocation at work on one run: how it asks Razorpay, and how it mends an order."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from functions.payment_reconciliation import queries, verdicts
from functions.payment_reconciliation.models import Comparison, Judgement, OurOrder, Run, comparisons_of
from shared import clock, db
from shared.actors import SERVICE
from shared.db import Connection
from shared.log import logger
from shared.notifications.handoff import hand_off
from shared.payments import queries as payment_queries
from shared.payments import service as payments
from shared.payments.gateway import Gateway, GatewayDown, GatewayRefused
from shared.payments.models import PaymentEntity, RefundEntity

TRIES = 4
LONGEST_WAIT_SECONDS = 10
"""What Razorpay may ask to wait for; a longer wait, or a limit without one, is left to the next invocation."""


class OutOfTime(Exception):
    """The invocation must end; the page at hand is read again by the next."""


@dataclass
class Work:
    """`has_time` says whether one more call and its transaction fit in; `sleep` takes seconds.

    Of the orders in `listed` the payments were seen in order in this invocation, of those in `read` everything, by id.
    """

    run: Run
    gateway: Gateway
    has_time: Callable[[], bool]
    sleep: Callable[[float], None]
    listed: set[str] = field(default_factory=set[str])
    read: set[str] = field(default_factory=set[str])

    def ask[Answer](self, call: Callable[[Gateway], Answer]) -> Answer:
        """What Razorpay answers, after a few tries; raises GatewayDown, GatewayRefused and OutOfTime."""
        for tried in range(TRIES - 1):
            try:
                return self._call(call)
            except GatewayDown as down:
                # A limit without a time is the cool-down of an account, which every call would make longer.
                is_cooling = down.is_limit and down.wait_seconds is None
                if is_cooling or (down.wait_seconds or 0) > LONGEST_WAIT_SECONDS:
                    raise
                self.sleep(down.wait_seconds or 2**tried * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
        return self._call(call)

    def _call[Answer](self, call: Callable[[Gateway], Answer]) -> Answer:
        if not self.has_time():
            raise OutOfTime
        return call(self.gateway)

    def mend(self, order_id: str) -> list[Comparison]:
        """Read all of an order by its id, apply what our rows lack, keep what was found; how it stands then.

        Nothing of it is in a transaction but the applying, which is one for the order. Once in an invocation.
        """
        if order_id in self.read:
            return []
        read = self._payments_of(order_id)
        with db.transaction(SERVICE, read_only=True) as conn:
            order = queries.read_orders(conn, [order_id]).get(order_id)
        refunds = [
            refund
            for payment in read
            if payment.amount_refunded or (order and order.has_refunds_of(payment.id))
            for refund in self.ask(lambda gateway, id=payment.id: gateway.payment_refunds(id))
        ]
        now = clock.now()
        found = list(_judge(order, read, refunds, now))
        if order is None or not any(each.is_behind for each in found):
            self.read.add(order_id)
            return comparisons_of(found)
        taken = [self._capture(payment) if _waits(order, payment, now) else payment for payment in read]
        after = self._apply(order_id, read, taken, refunds, now)
        self.read.add(order_id)
        return after

    def _payments_of(self, order_id: str) -> list[PaymentEntity]:
        try:
            return self.ask(lambda gateway: gateway.order_payments(order_id))
        except GatewayRefused as refusal:
            if refusal.status != 400:  # Razorpay's answer for an id it does not know
                raise
            logger.error("order_unreadable", order_id=order_id, status=refusal.status)
            return []

    def _capture(self, payment: PaymentEntity) -> PaymentEntity:
        """The payment, taken; or as it is, where Razorpay refuses that."""
        try:
            return self.ask(lambda gateway: gateway.capture(payment))
        except GatewayRefused as refusal:
            logger.error("capture_refused", payment_id=payment.id, status=refusal.status, reason=refusal.reason)
            return payment

    def _apply(
        self,
        order_id: str,
        read: list[PaymentEntity],
        taken: list[PaymentEntity],
        refunds: list[RefundEntity],
        now: datetime,
    ) -> list[Comparison]:
        try:
            with db.transaction(SERVICE) as conn:
                found, after = _apply(conn, order_id, read, taken, refunds, now)
                self._keep(conn, found, after)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            # The same facts would fail the same way in every run: report them, and go on with the others.
            logger.error("order_not_mended", order_id=order_id, sqlstate=error.sqlstate)
            with db.transaction(SERVICE, read_only=True) as conn:
                order = queries.read_orders(conn, [order_id]).get(order_id)
            return comparisons_of(_judge(order, taken, refunds, now))
        hand_off(conn.enqueued)
        logger.info("order_mended", order_id=order_id, verdicts=sorted({each.verdict for each in found}))
        return after

    def _keep(self, conn: Connection, found: list[Comparison], after: list[Comparison]) -> None:
        mended = {(each.subject, each.entity_id) for each in after if each.verdict == "matched"}
        wrong = [each for each in found if each.verdict != "matched"]
        repaired = [each for each in wrong if (each.subject, each.entity_id) in mended]
        queries.record(conn, self.run.id, repaired, repaired=True)
        queries.record(conn, self.run.id, [each for each in wrong if each not in repaired], repaired=False)
        queries.record(conn, self.run.id, after, repaired=False)


def _apply(
    conn: Connection,
    order_id: str,
    read: list[PaymentEntity],
    taken: list[PaymentEntity],
    refunds: list[RefundEntity],
    now: datetime,
) -> tuple[list[Comparison], list[Comparison]]:
    """Apply what our rows lack under the order's lock; what was found, and what there is to find after it."""
    payment_queries.lock_order(conn, order_id)
    order = queries.read_orders(conn, [order_id])[order_id]
    found = comparisons_of(_judge(order, read, refunds, now))
    behind = [payment for payment in taken if verdicts.judge_payment(order, payment, now).is_behind]
    missing = [refund for refund in refunds if verdicts.judge_refund(order, refund).is_behind]
    payments.apply_read(conn, order_id, behind, missing, now)
    order = queries.read_orders(conn, [order_id])[order_id]
    return found, comparisons_of(_judge(order, taken, refunds, now))


def _waits(order: OurOrder, payment: PaymentEntity, now: datetime) -> bool:
    """Whether this money is reserved for a seat that waits for it: no other may be taken."""
    judged = verdicts.judge_payment(order, payment, now)
    is_missing = judged.comparison is not None and judged.comparison.verdict == "missing_capture"
    return is_missing and judged.is_behind and payment.status == "authorized"


def _judge(
    order: OurOrder | None, read: list[PaymentEntity], refunds: list[RefundEntity], now: datetime
) -> Iterator[Judgement]:
    for payment in read:
        yield verdicts.judge_payment(order, payment, now)
    if order is not None:
        yield verdicts.judge_absence(order, read)
        for refund in refunds:
            yield verdicts.judge_refund(order, refund)
