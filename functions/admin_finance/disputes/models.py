"""Disputes as administrators see them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.payments.models import DisputeStatus
from shared.routing import Schema


class Dispute(Schema):
    """`respondBy` is Razorpay's deadline for an answer, `amountDeducted` what was lost; amounts in minor units.

    `paymentId` and what belongs to it are null while the payment is none that the platform knows.
    """

    id: UUID
    razorpay_dispute_id: str
    razorpay_payment_id: str
    payment_id: UUID | None
    registration_id: UUID | None
    user_id: UUID | None
    event_id: UUID | None
    event_title: str | None
    amount: int
    amount_deducted: int
    currency: str
    phase: str | None
    reason_code: str | None
    status: DisputeStatus
    respond_by: datetime | None
    created_at: datetime


class DisputeTotal(Schema):
    """All disputes in one state and currency; `amountDeducted` of the lost ones is money lost."""

    status: DisputeStatus
    currency: str
    disputes: int
    amount: int
    amount_deducted: int


class DisputeList(Schema):
    """`totals` are of everything the filters let through, not of the page."""

    success: bool = True
    disputes: list[Dispute]
    totals: list[DisputeTotal]
    next_cursor: str | None


@dataclass(frozen=True)
class DisputeFilters:
    """Which disputes to list; what is null does not matter. `respond_before` leaves those that wait for an answer."""

    status: DisputeStatus | None
    payment_id: UUID | None
    user_id: UUID | None
    event_id: UUID | None
    respond_before: datetime | None
