"""A run and its cursor, our recorded orders, and the result of a comparison."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.payments.gateway import ListWindow
from shared.payments.models import SettlementEntity, SettlementRow
from shared.reconciliation.models import ComparisonSubject, RunKind, Verdict
from shared.routing import Schema

Phase = Literal[
    "payments",
    "orders",
    "refunds",
    "pending_refunds",
    "disputes",
    "settlement_rows",
    "settlements",
    "unsettled",
    "open_orders",
]


class RunCursor(BaseModel):
    """Where a run continues: `skip` in a list of Razorpay's, `after` in a list of ours, `day` in the settlements."""

    model_config = ConfigDict(frozen=True)

    phase: Phase
    skip: int = 0
    after: str | None = None
    day: date | None = None


@dataclass(frozen=True)
class LeasedRun:
    """A run whose lease this invocation holds."""

    id: UUID
    kind: RunKind
    window_start: datetime
    window_end: datetime
    started_at: datetime
    cursor: dict[str, Any]
    counts: dict[str, int]
    lease_token: UUID

    @property
    def until(self) -> datetime:
        """The end of the compared time range; it stays fixed during the run."""
        return min(self.window_end, self.started_at)

    @property
    def window(self) -> ListWindow:
        return ListWindow(int(self.window_start.timestamp()), int(self.until.timestamp()))


@dataclass(frozen=True)
class RecordedAttempt:
    """A payment attempt in our database; amounts in minor units."""

    razorpay_payment_id: str
    razorpay_order_id: str
    status: str
    amount: int
    currency: str
    fee: int | None
    tax: int | None
    fee_currency: str


@dataclass(frozen=True)
class RecordedDispute:
    """A dispute in our database; amounts in minor units."""

    razorpay_dispute_id: str
    status: str
    amount: int
    amount_deducted: int


@dataclass(frozen=True)
class RecordedRefund:
    """A refund in our database; `razorpay_refund_id` is None until Razorpay has made it.

    One that failed at Razorpay and ended in another way has failed here too.
    """

    razorpay_refund_id: str | None
    razorpay_payment_id: str
    razorpay_order_id: str
    amount: int
    status: str


@dataclass(frozen=True)
class OrderRow:
    """The row of an order with the status of its registration."""

    transaction_id: UUID
    razorpay_order_id: str
    razorpay_payment_id: str | None
    status: str
    amount: int
    currency: str
    registration_status: str


@dataclass(frozen=True)
class RecordedOrder:
    """An order in our database with its attempts and refunds by their Razorpay ids."""

    row: OrderRow
    attempts: dict[str, RecordedAttempt] = field(default_factory=dict[str, RecordedAttempt])
    refunds: dict[str, RecordedRefund] = field(default_factory=dict[str, RecordedRefund])

    @property
    def is_open(self) -> bool:
        return self.row.status in ("initiated", "failed")

    @property
    def is_seat_held(self) -> bool:
        return self.row.registration_status == "pending"

    def has_refunds_for(self, payment_id: str) -> bool:
        return any(refund.razorpay_payment_id == payment_id for refund in self.refunds.values())

    def has_recorded_capture(self, payment_id: str) -> bool:
        """Whether this payment has bought a seat here, or its refund was requested because it bought none."""
        if self.row.razorpay_payment_id == payment_id:
            return not self.is_seat_held
        known = self.attempts.get(payment_id)
        return not self.is_open and known is not None and known.status in ("captured", "refunded")


@dataclass(frozen=True)
class Comparison:
    """The result of one comparison; `ours` and `theirs` hold the compared values for the administrator."""

    subject: ComparisonSubject
    entity_id: str
    verdict: Verdict
    theirs: dict[str, Any]
    ours: dict[str, Any] | None = None
    transaction_id: UUID | None = None


@dataclass(frozen=True)
class Judgement:
    """A comparison, None where no money moved; `is_behind` is true when our rows lack something that Razorpay has."""

    comparison: Comparison | None
    is_behind: bool = False


def comparisons_of(judgements: Iterable[Judgement]) -> list[Comparison]:
    return [each.comparison for each in judgements if each.comparison]


@dataclass(frozen=True)
class PhaseResult:
    """The result of one page of a phase, saved in one transaction with the next cursor; None ends the run."""

    comparisons: list[Comparison]
    next: RunCursor | None
    rows: list[SettlementRow] = field(default_factory=list[SettlementRow])
    settlements: list[SettlementEntity] = field(default_factory=list[SettlementEntity])

    @property
    def counts(self) -> Counter[str]:
        return Counter(each.verdict for each in self.comparisons)


class RunSummary(Schema):
    id: UUID
    kind: RunKind
    """`daily` by the schedule, `requested` by a person, or `open_orders` about unpaid orders."""
    status: Literal["running", "finished", "failed"]
    """`running` continues with the next call or schedule."""
    counts: dict[str, int]
    """Comparisons by verdict so far."""


class ReconciliationAnswer(Schema):
    """The runs that this call has processed; a run that is still running continues with the next call or schedule."""

    success: bool = True
    run_id: UUID | None = None
    """The requested run; null when none was requested."""
    runs: list[RunSummary]
    """The runs that this call has worked on."""
