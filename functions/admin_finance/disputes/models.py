"""Disputes as administrators see them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.payments.models import DisputeStatus
from shared.routing import Schema


class Dispute(Schema):
    """A payment that the payer's bank contests."""

    id: UUID
    razorpay_dispute_id: str
    """Razorpay's id of the dispute (`disp_...`)."""
    razorpay_payment_id: str
    payment_id: UUID | None
    """The payment; null, as what belongs to it, for one that the platform does not know."""
    registration_id: UUID | None
    user_id: UUID | None
    event_id: UUID | None
    event_title: str | None
    amount: int
    """What is contested, in minor units of `currency`."""
    amount_deducted: int
    """What a lost dispute took, in minor units."""
    currency: str
    phase: str | None
    """Razorpay's phase, such as `chargeback`; null when it gave none."""
    reason_code: str | None
    """Razorpay's reason; null when it gave none."""
    status: DisputeStatus
    """State of the dispute."""
    respond_by: datetime | None
    """Deadline for an answer in Razorpay's dashboard; null without one."""
    created_at: datetime


class DisputeTotal(Schema):
    """All disputes in one state and currency."""

    status: DisputeStatus
    """State of the disputes."""
    currency: str
    disputes: int
    """How many."""
    amount: int
    """What is contested, in minor units."""
    amount_deducted: int
    """What lost disputes took, in minor units."""


class DisputeList(Schema):
    success: bool = True
    disputes: list[Dispute]
    totals: list[DisputeTotal]
    """Sums over everything that the filters let through, not over the page."""
    next_cursor: str | None


@dataclass(frozen=True)
class DisputeFilters:
    """Which disputes to list; what is null does not matter. `respond_before` leaves those that wait for an answer."""

    status: DisputeStatus | None
    payment_id: UUID | None
    user_id: UUID | None
    event_id: UUID | None
    respond_before: datetime | None
