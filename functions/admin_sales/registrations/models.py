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
    """A free seat for one person, named by `userId` or `email`."""

    event_id: UUID
    user_id: UUID | None = None
    email: Email | None = None
    reason: Reason
    """Why; for the audit log."""

    @model_validator(mode="after")
    def _check_person(self) -> Self:
        if (self.user_id is None) == (self.email is None):
            raise ValueError("userId or email names the person")
        return self


class ConfirmRegistrationRequest(Schema):
    reason: Reason
    """Why nothing is to be paid; for the audit log."""


class CancelRegistrationRequest(Schema):
    reason: Reason
    """Told to the student."""
    refund: Literal["full", "policy", "none"]
    """All that was paid, what the course's policy gives back now, or nothing."""


class Registration(Schema):
    """A registration with its person."""

    id: UUID
    user_id: UUID
    email: str
    full_name: str
    event_id: UUID
    event_title: str
    event_starts_at: datetime
    status: RegistrationStatus
    """`pending` while the seat is held until it is paid."""
    payment_status: PaymentStatus
    """State of the payment; `free` when nothing was to be paid."""
    amount: int
    """What is to be paid, in minor units of `currency` (paise)."""
    currency: str
    source: str
    """How the seat was taken: `direct`, `waitlist` or `admin`."""
    hold_expires_at: datetime | None
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    created_at: datetime


class OrderPayment(Schema):
    """An order at Razorpay with the state of its payment."""

    id: UUID
    razorpay_order_id: str
    razorpay_payment_id: str | None
    status: Literal["initiated", "failed", "closed", "success", "refunded"]
    """`closed` when it cannot be paid any more."""
    amount: int
    """In minor units of `currency` (paise)."""
    currency: str
    review_reason: str | None
    """Why a person must decide about the payment; null otherwise."""
    paid_at: datetime | None
    created_at: datetime


class RegistrationRefund(Schema):
    """A refund of this registration."""

    id: UUID
    payment_id: UUID
    razorpay_refund_id: str | None
    amount: int
    """In minor units of `currency` (paise)."""
    currency: str
    reason: str
    """What caused it."""
    status: Literal["requested", "pending", "processed", "failed", "closed"]
    """`closed` will not be made, because the money went back in another way."""
    created_at: datetime


class RegistrationAnswer(Schema):
    success: bool = True
    registration: Registration
    payments: list[OrderPayment]
    """Orders of this registration."""
    refunds: list[RegistrationRefund]
    """Refunds of this registration."""


class RegistrationList(Schema):
    success: bool = True
    registrations: list[Registration]
    next_cursor: str | None
