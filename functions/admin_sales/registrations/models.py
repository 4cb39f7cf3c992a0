"""Registrations as administrators see and change them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.routing import Schema

type RegistrationStatus = Literal["pending", "confirmed", "cancelled", "expired"]
type PaymentStatus = Literal["pending", "completed", "free", "failed", "refunded"]
type Email = Annotated[str, Field(min_length=3, max_length=320, pattern="@")]
type Reason = Annotated[str, Field(min_length=3, max_length=500, pattern=r"\S")]


class RegistrationFilters(Schema):
    """`email` finds a mailbox however it is spelled (small letters, +tags, Gmail's dots)."""

    event_id: UUID | None = None
    user_id: UUID | None = None
    email: str | None = None
    status: RegistrationStatus | None = None
    payment_status: PaymentStatus | None = None


class SeatGrantRequest(Schema):
    """A free seat for one person, named by `userId` or `email`; `reason` goes into the audit log."""

    event_id: UUID
    user_id: UUID | None = None
    email: Email | None = None
    reason: Reason

    @model_validator(mode="after")
    def _check_person(self) -> Self:
        if (self.user_id is None) == (self.email is None):
            raise ValueError("userId or email names the person")
        return self


class ConfirmRegistrationRequest(Schema):
    """`reason` says why nothing is to be paid; it goes into the audit log."""

    reason: Reason


class CancelRegistrationRequest(Schema):
    """`refund` is all of what was paid, what the event's policy gives back now, or nothing; `reason` is told."""

    reason: Reason
    refund: Literal["full", "policy", "none"]


class Registration(Schema):
    """`amount` in minor units."""

    id: UUID
    user_id: UUID
    email: str
    full_name: str
    event_id: UUID
    event_title: str
    event_starts_at: datetime
    status: RegistrationStatus
    payment_status: PaymentStatus
    amount: int
    currency: str
    source: str
    hold_expires_at: datetime | None
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    created_at: datetime


class RegistrationPayment(Schema):
    """An order and what became of it; amounts in minor units. `reviewReason` says why a person must decide.

    A `closed` order cannot be paid any more.
    """

    id: UUID
    razorpay_order_id: str
    razorpay_payment_id: str | None
    status: Literal["initiated", "failed", "closed", "success", "refunded"]
    amount: int
    currency: str
    review_reason: str | None
    paid_at: datetime | None
    created_at: datetime


class RegistrationRefund(Schema):
    """`amount` in minor units."""

    id: UUID
    payment_id: UUID
    razorpay_refund_id: str | None
    amount: int
    currency: str
    reason: str
    status: Literal["requested", "pending", "processed", "failed", "closed"]
    created_at: datetime


class RegistrationAnswer(Schema):
    success: bool = True
    registration: Registration
    payments: list[RegistrationPayment]
    refunds: list[RegistrationRefund]


class RegistrationList(Schema):
    success: bool = True
    registrations: list[Registration]
    next_cursor: str | None
