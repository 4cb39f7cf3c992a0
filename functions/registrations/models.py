"""Requests and answers of registrations, payments and billing details."""

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
    """`referralCode` is the code of the person who recommended the course."""

    event_id: UUID
    referral_code: Annotated[str, Field(min_length=4, max_length=20, pattern=r"^[A-Za-z0-9]+$")] | None = None


class CheckoutResult(Schema):
    """The three fields that Razorpay Checkout passes to the page, under Razorpay's names."""

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
    """An order with its payment status; amounts in minor units."""

    id: UUID
    registration_id: UUID
    event_title: str
    razorpay_order_id: str
    razorpay_payment_id: str | None
    status: Literal["initiated", "failed", "closed", "success", "refunded"]
    amount: int
    refunded_amount: int
    currency: str
    paid_at: datetime | None
    created_at: datetime


class PaymentList(Schema):
    success: bool = True
    payments: list[Payment]
    next_cursor: str | None


class VerifyPaymentAnswer(Schema):
    """`status` is the outcome of the payment: confirmed, or refund_requested when the seat was gone."""

    success: bool = True
    status: str
    registration: Registration


class CancellationRefund(Schema):
    """`amount` in minor units; `requested` until Razorpay has accepted it, `pending` until it is processed."""

    amount: int
    currency: str
    status: Literal["requested", "pending", "processed", "failed"]


class CancelRegistrationAnswer(Schema):
    """`refund` is the refund by the event's policy, null when there is none."""

    success: bool = True
    registration: Registration
    refund: CancellationRefund | None


class BillingDetails(Schema):
    """`state` is a GST state code (29 is Karnataka) and decides between CGST with SGST and IGST.

    `gstin` is for a business that claims the tax; it begins with its state.
    """

    name: AddressLine | None = None
    address: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")] | None = None
    state: Annotated[str, Field(pattern=r"^[0-9]{2}$")] | None = None
    gstin: Annotated[str, Field(min_length=15, max_length=15)] | None = None

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
