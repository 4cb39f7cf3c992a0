"""Registrations and payments as their owner sees them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AliasChoices, Field

from shared.http import Schema
from shared.payments.models import OrderId, PaymentId
from shared.registrations.models import Registration


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


class Refund(Schema):
    """`amount` in minor units; `requested` until Razorpay has it, `pending` until the bank has it."""

    amount: int
    currency: str
    status: Literal["requested", "pending", "processed", "failed"]


class CancelAnswer(Schema):
    """`refund` is what goes back by the event's policy, null when nothing does."""

    success: bool = True
    registration: Registration
    refund: Refund | None
