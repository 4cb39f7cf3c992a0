"""A run and how far it has come, our rows as they are compared, and what a comparison says."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.http import Schema
from shared.payments.gateway import Window
from shared.payments.models import SettlementEntity, SettlementRow
from shared.reconciliation.models import Kind, Subject, Verdict

Phase = Literal[
    "payments", "orders", "refunds", "pending_refunds", "settlement_rows", "settlements", "unsettled", "open_orders"
]


class Cursor(BaseModel):
    """Where a run goes on: `skip` in a list of Razorpay's, `after` in one of ours, `day` in the settlements."""

    model_config = ConfigDict(frozen=True)

    phase: Phase
    skip: int = 0
    after: str | None = None
    day: date | None = None


@dataclass(frozen=True)
class Run:
    """A run that this invocation holds the lease of."""

    id: UUID
    kind: Kind
    window_start: datetime
    window_end: datetime
    started_at: datetime
    cursor: dict[str, Any]
    counts: dict[str, int]
    lease_token: UUID

    @property
    def until(self) -> datetime:
        """The end of what is compared, which stays where it is for as long as the run takes."""
        return min(self.window_end, self.started_at)

    @property
    def window(self) -> Window:
        return Window(int(self.window_start.timestamp()), int(self.until.timestamp()))


@dataclass(frozen=True)
class OurAttempt:
    """A payment as our rows have it; amounts in minor units."""

    razorpay_payment_id: str
    razorpay_order_id: str
    status: str
    amount: int
    currency: str
    fee: int | None
    tax: int | None


@dataclass(frozen=True)
class OurRefund:
    """A refund as our rows have it; the id is null until Razorpay has made it."""

    razorpay_refund_id: str | None
    razorpay_payment_id: str
    razorpay_order_id: str
    amount: int
    status: str


@dataclass(frozen=True)
class OrderRow:
    """An order's own row with the state of its registration."""

    transaction_id: UUID
    razorpay_order_id: str
    razorpay_payment_id: str | None
    status: str
    amount: int
    currency: str
    registration_status: str


@dataclass(frozen=True)
class OurOrder:
    """An order with its attempts and refunds, each by its id at Razorpay."""

    row: OrderRow
    attempts: dict[str, OurAttempt] = field(default_factory=dict[str, OurAttempt])
    refunds: dict[str, OurRefund] = field(default_factory=dict[str, OurRefund])

    @property
    def is_open(self) -> bool:
        return self.row.status in ("initiated", "failed")

    @property
    def holds_a_seat(self) -> bool:
        return self.row.registration_status == "pending"

    def has_refunds_of(self, payment_id: str) -> bool:
        return any(refund.razorpay_payment_id == payment_id for refund in self.refunds.values())

    def knows_capture_of(self, payment_id: str) -> bool:
        """Whether this money has bought a seat here, or has been sent back because it bought none."""
        if self.row.razorpay_payment_id == payment_id:
            return not self.holds_a_seat
        known = self.attempts.get(payment_id)
        return not self.is_open and known is not None and known.status in ("captured", "refunded")


@dataclass(frozen=True)
class Comparison:
    """What one comparison says; `ours` and `theirs` are what was compared, as an administrator reads it."""

    subject: Subject
    entity_id: str
    verdict: Verdict
    theirs: dict[str, Any]
    ours: dict[str, Any] | None = None
    transaction_id: UUID | None = None


@dataclass(frozen=True)
class Judgement:
    """A comparison, or none where no money moved; `is_behind` when our rows lack something that Razorpay says."""

    comparison: Comparison | None
    is_behind: bool = False


def comparisons_of(judgements: Iterable[Judgement]) -> list[Comparison]:
    return [each.comparison for each in judgements if each.comparison]


@dataclass(frozen=True)
class Page:
    """What one page of a phase came to, written in one transaction with where the run goes on; None is the end."""

    comparisons: list[Comparison]
    next: Cursor | None
    rows: list[SettlementRow] = field(default_factory=list[SettlementRow])
    settlements: list[SettlementEntity] = field(default_factory=list[SettlementEntity])

    @property
    def counts(self) -> Counter[str]:
        return Counter(each.verdict for each in self.comparisons)


class RunSummary(Schema):
    """`counts` says how many comparisons ended in each verdict so far."""

    id: UUID
    kind: Kind
    status: Literal["running", "finished", "failed"]
    counts: dict[str, int]


class ReconciliationAnswer(Schema):
    """The runs this call has worked on; one that is still running goes on with the next call or schedule."""

    success: bool = True
    run_id: UUID | None = None
    runs: list[RunSummary]
