"""Requests and answers of registrations, payments and billing details."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AliasChoices, Field, model_validator

from shared.payments.models import OrderId, PaymentId
from shared.receipts.gst import STATES, is_gstin
from shared.registrations.models import Registration
from shared.routing import Schema

type AddressLine = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class RegistrationRequest(Schema):
    event_id: UUID
    referral_code: Annotated[str, Field(min_length=4, max_length=20, pattern=r"^[A-Za-z0-9]+$")] | None = None


class CheckoutResult(Schema):
    """The three fields that Razorpay Checkout passes to the page, under Razorpay's names."""

    razorpay_payment_id: Annotated[
        PaymentId, Field(validation_alias=AliasChoices("razorpay_payment_id", "razorpayPaymentId"))
    ]
    """Razorpay's id of the payment."""
    razorpay_order_id: Annotated[OrderId, Field(validation_alias=AliasChoices("razorpay_order_id", "razorpayOrderId"))]
    """Razorpay's id of the order."""
    razorpay_signature: Annotated[
        str,
        Field(pattern=r"^[0-9a-f]{64}$", validation_alias=AliasChoices("razorpay_signature", "razorpaySignature")),
    ]
    """Lower-case hexadecimal HMAC-SHA256 by Razorpay over order and payment."""


class RegistrationList(Schema):
    success: bool = True
    registrations: list[Registration]
    next_cursor: str | None


@dataclass(frozen=True)
class SeatSession:
    """A live session on the page of a seat."""

    id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class SeatPage:
    """What the page of a seat shows."""

    registration_id: UUID
    user_id: UUID
    title: str
    status: Literal["pending", "confirmed", "cancelled", "expired"]
    time_zone: str
    language: str
    calendar_generation: int
    payment_id: UUID | None
    certificate_token: str | None
    sessions: list[SeatSession]


class Payment(Schema):
    """An order at Razorpay with the state of its payment."""

    id: UUID
    registration_id: UUID
    event_title: str
    razorpay_order_id: str
    razorpay_payment_id: str | None
    status: Literal["initiated", "failed", "closed", "success", "refunded"]
    """`initiated` until paid, `failed` after a failed attempt, `closed` when it cannot be paid any more."""
    amount: int
    """In minor units of `currency` (paise)."""
    refunded_amount: int
    """What went back so far, in minor units."""
    currency: str
    paid_at: datetime | None
    created_at: datetime


class PaymentList(Schema):
    success: bool = True
    payments: list[Payment]
    next_cursor: str | None


class VerifyPaymentAnswer(Schema):
    success: bool = True
    status: str
    """`confirmed`, or `refund_requested` when the seat was gone. `already_applied` when the webhook was first."""
    registration: Registration


class CancellationRefund(Schema):
    """What goes back of a cancelled seat."""

    amount: int
    """In minor units of `currency` (paise)."""
    currency: str
    status: Literal["requested", "pending", "processed", "failed"]
    """`requested` until Razorpay has accepted it, `pending` until the bank has it."""


class CancellationPreview(Schema):
    """What a cancellation at this moment would give back."""

    success: bool = True
    percent: Annotated[int, Field(ge=0, le=100)]
    """The percentage of the price that the course's policy gives back now."""
    amount: int
    """What goes back to the payer, in minor units of `currency`; 0 when nothing does."""
    currency: str
    full_refund_until: datetime
    """Until when everything is given back."""
    partial_refund_until: datetime | None
    """Until when the policy's percentage is given back; null without such a time."""


class CancelRegistrationAnswer(Schema):
    success: bool = True
    registration: Registration
    refund: CancellationRefund | None
    """The refund by the course's policy; null when nothing goes back."""


class BillingDetails(Schema):
    """What receipts say of the buyer."""

    name: AddressLine | None = None
    """Name on receipts; null for the name of the profile."""
    address: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")] | None = None
    """Address on receipts; null for none."""
    state: Annotated[str, Field(pattern=r"^[0-9]{2}$")] | None = None
    """GST state code (29 is Karnataka); it decides between CGST with SGST and IGST."""
    gstin: Annotated[str, Field(min_length=15, max_length=15)] | None = None
    """GSTIN of a business that claims the tax; it begins with its state."""

    @model_validator(mode="after")
    def _check_state(self) -> Self:
        if self.state is not None and self.state not in STATES:
            raise ValueError("state is no GST state code")
        if self.gstin is not None and not is_gstin(self.gstin):
            raise ValueError("gstin is no GST identification number")
        if self.gstin is not None and self.state not in (None, self.gstin[:2]):
            raise ValueError("gstin is of another state")
        return self


class BillingDetailsAnswer(Schema):
    success: bool = True
    billing_details: BillingDetails
    """The details that the next receipt will have."""
