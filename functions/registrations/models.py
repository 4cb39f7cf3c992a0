"""Registrations and payments as their owner sees them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AliasChoices, Field

from shared.http import Schema
from shared.payments.models import OrderId, PaymentId


class Register(Schema):
    """`referralCode` is the code of whoever recommended the course."""

    event_id: UUID
    referral_code: Annotated[str, Field(min_length=4, max_length=20, pattern=r"^[A-Za-z0-9]+$")] | None = None


class CheckoutResult(Schema):
    """The three fields that Razorpay Checkout hands to the page, under Razorpay's own names."""

    razorpay_payment_id: Annotated[
        PaymentId, Field(validation_alias=AliasChoices("razorpay_payment_id", "razorpayPaymentId"))
    ]
    razorpay_order_id: Annotated[OrderId, Field(validation_alias=AliasChoices("razorpay_order_id", "razorpayOrderId"))]
    razorpay_signature: Annotated[
        str,
        Field(pattern=r"^[0-9a-f]{64}$", validation_alias=AliasChoices("razorpay_signature", "razorpaySignature")),
    ]


class Registration(Schema):
    """`amount` in minor units; `holdExpiresAt` is when an unpaid seat may be given away."""

    id: UUID
    event_id: UUID
    event_title: str
    event_starts_at: datetime
    event_ends_at: datetime
    status: Literal["pending", "confirmed", "cancelled", "expired"]
    payment_status: Literal["pending", "completed", "free", "failed", "refunded"]
    amount: int
    currency: str
    hold_expires_at: datetime | None
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    meeting_url: str | None = None
    created_at: datetime


class CheckoutOrder(Schema):
    """What Razorpay Checkout needs: the order's id, `amount` in minor units, and the public key."""

    id: str
    amount: int
    currency: str
    key_id: str


class RegistrationAnswer(Schema):
    """`order` is there while there is something to pay."""

    success: bool = True
    registration: Registration
    order: CheckoutOrder | None = None


class RegistrationList(Schema):
    success: bool = True
    registrations: list[Registration]
    next_cursor: str | None


class Payment(Schema):
    """One order and what became of it; amounts in minor units."""

    id: UUID
    registration_id: UUID
    event_title: str
    razorpay_order_id: str
    razorpay_payment_id: str | None
    status: Literal["initiated", "failed", "success", "refunded"]
    amount: int
    refunded_amount: int
    currency: str
    paid_at: datetime | None
    created_at: datetime


class PaymentList(Schema):
    success: bool = True
    payments: list[Payment]
    next_cursor: str | None


class VerifyAnswer(Schema):
    """`status` is what the payment came to: confirmed, or refund_requested when the seat was gone."""

    success: bool = True
    status: str
    registration: Registration


@dataclass(frozen=True)
class BookableEvent:
    """An event's row, locked, and what of the user matters for booking it."""

    id: UUID
    title: str
    status: str
    starts_at: datetime
    sales_end_at: datetime
    capacity: int
    price_amount: int
    currency: str
    has_profile: bool
    has_active_registration: bool


@dataclass(frozen=True)
class OpenOrder:
    """An order of a registration that can still be paid, or the one that was."""

    id: UUID
    razorpay_order_id: str
    razorpay_payment_id: str | None
    status: str
    amount: int
    currency: str
