"""Runs of reconciliation, what they found and what was settled, as administrators see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.reconciliation.models import ComparisonSubject, RunKind, RunStatus, Verdict
from shared.routing import Schema


class ReconciliationRun(Schema):
    id: UUID
    kind: RunKind
    """`daily` by the schedule, `requested` by a person, or `open_orders` about unpaid orders."""
    status: RunStatus
    """State of the run."""
    window_start: datetime
    """Start of the compared time."""
    window_end: datetime
    """End of the compared time, not included."""
    requested_by: UUID | None
    started_at: datetime
    """When the run started."""
    finished_at: datetime | None
    """When the run ended; null while it runs."""
    last_error: str | None
    """Why the run waits; null while nothing hinders it."""
    counts: dict[str, int]
    """Comparisons by verdict."""
    findings: dict[str, int]
    """Comparisons whose outcome changed since the last run, by verdict."""
    repaired: int
    """Findings that the run repaired by itself."""


class ReconciliationRunAnswer(Schema):
    success: bool = True
    run: ReconciliationRun
    """The run."""


class ReconciliationRunList(Schema):
    success: bool = True
    runs: list[ReconciliationRun]
    next_cursor: str | None


class ReconciliationItem(Schema):
    """A comparison whose outcome changed. The newest item of an entity and a comparison is how it stands."""

    id: UUID
    run_id: UUID
    comparison: ComparisonSubject
    """What was compared."""
    entity_id: str
    """Razorpay's id of what was compared."""
    payment_id: UUID | None
    verdict: Verdict
    """Outcome of the comparison."""
    repaired: bool
    """True when the platform's rows were repaired."""
    ours: dict[str, Any] | None
    """What the platform had; amounts in minor units. Null when it had nothing."""
    theirs: dict[str, Any] | None
    """What Razorpay had; amounts in minor units. Null when it had nothing."""
    created_at: datetime


class ReconciliationItemList(Schema):
    success: bool = True
    items: list[ReconciliationItem]
    """The items of this page."""
    next_cursor: str | None


@dataclass(frozen=True)
class ItemFilters:
    """`is_standing` leaves out what a later item of the same entity has replaced."""

    run_id: UUID | None
    verdict: Verdict | None
    comparison: ComparisonSubject | None
    entity_id: str | None
    is_repaired: bool | None
    is_standing: bool


class Settlement(Schema):
    """A transfer to the platform's bank account."""

    id: str
    """Razorpay's settlement id (`setl_...`)."""
    status: str
    """State at Razorpay."""
    amount: int
    """What was transferred, in minor units of `currency`."""
    currency: str
    fees: int
    tax: int
    utr: str | None
    """Reference of the bank; null until there is one."""
    settled_at: datetime
    """When it was settled."""
    rows: int
    """Payments, refunds and adjustments in it."""
    rows_amount: int | None
    """Sum of the rows, in minor units; null without any yet."""


class SettlementList(Schema):
    success: bool = True
    settlements: list[Settlement]
    """Settlements of these days."""


class SettlementRow(Schema):
    """What one payment, refund, transfer or adjustment added to a settlement."""

    entity_id: str
    """Razorpay's id of the payment, refund or adjustment."""
    type: str
    """Kind of row."""
    amount: int
    """Amount of the entity, in minor units."""
    credit: int
    """What it added, in minor units."""
    debit: int
    """What it took, in minor units."""
    fee: int
    """Razorpay's fee including `tax`, in minor units."""
    tax: int
    currency: str
    razorpay_payment_id: str | None
    razorpay_order_id: str | None
    dispute_id: str | None
    """Razorpay's dispute id; null for none."""
    description: str | None
    """Razorpay's words; null without any."""
    created_at: datetime
    settled_at: datetime
    """When it was settled."""


class SettlementAnswer(Schema):
    success: bool = True
    settlement: Settlement
    """The settlement."""
    rows: list[SettlementRow]
    """Its first 100 rows; the CSV has all."""
