"""Runs of reconciliation, what they found and what was settled, as administrators see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.reconciliation.models import ComparisonSubject, RunKind, RunStatus, Verdict
from shared.routing import Schema


class ReconciliationRun(Schema):
    """`counts` says how many comparisons ended in each verdict, `findings` what the run found that had changed since
    the last one, `repaired` how many of these it repaired by itself. `lastError` is why it waits, while it runs.
    """

    id: UUID
    kind: RunKind
    status: RunStatus
    window_start: datetime
    window_end: datetime
    requested_by: UUID | None
    started_at: datetime
    finished_at: datetime | None
    last_error: str | None
    counts: dict[str, int]
    findings: dict[str, int]
    repaired: int


class ReconciliationRunAnswer(Schema):
    success: bool = True
    run: ReconciliationRun


class ReconciliationRunList(Schema):
    success: bool = True
    runs: list[ReconciliationRun]
    next_cursor: str | None


class ReconciliationItem(Schema):
    """A comparison whose outcome changed: what our rows said, what Razorpay said, and whether ours were repaired.

    Amounts in `ours` and `theirs` are in minor units. The newest item of an entity and a comparison is how it stands.
    """

    id: UUID
    run_id: UUID
    comparison: ComparisonSubject
    entity_id: str
    payment_id: UUID | None
    verdict: Verdict
    repaired: bool
    ours: dict[str, Any] | None
    theirs: dict[str, Any] | None
    created_at: datetime


class ReconciliationItemList(Schema):
    success: bool = True
    items: list[ReconciliationItem]
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
    """A transfer to our bank, amounts in minor units; `rowsAmount` is what its `rows` come to, null without any yet."""

    id: str
    status: str
    amount: int
    currency: str
    fees: int
    tax: int
    utr: str | None
    settled_at: datetime
    rows: int
    rows_amount: int | None


class SettlementList(Schema):
    success: bool = True
    settlements: list[Settlement]


class SettlementRow(Schema):
    """What one payment, refund, transfer or adjustment added to a settlement; `fee` includes `tax`."""

    entity_id: str
    type: str
    amount: int
    credit: int
    debit: int
    fee: int
    tax: int
    currency: str
    razorpay_payment_id: str | None
    razorpay_order_id: str | None
    dispute_id: str | None
    description: str | None
    created_at: datetime
    settled_at: datetime


class SettlementAnswer(Schema):
    """A settlement with its first rows; the CSV has them all."""

    success: bool = True
    settlement: Settlement
    rows: list[SettlementRow]
