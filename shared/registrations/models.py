"""Registrations and their orders as their owner sees them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.routing import Schema

RegistrationSource = Literal["direct", "waitlist", "admin"]


class Registration(Schema):
    """Amounts in minor units: `amount` is what is to be paid, `creditAmount` the part paid by referral credit.

    `holdExpiresAt` is when the hold of an unpaid seat ends.
    """

    id: UUID
    event_id: UUID
    event_title: str
    event_starts_at: datetime
    event_ends_at: datetime
    status: Literal["pending", "confirmed", "cancelled", "expired"]
    payment_status: Literal["pending", "completed", "free", "failed", "refunded"]
    amount: int
    credit_amount: int
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


@dataclass(frozen=True)
class BookableEvent:
    """An event's row, locked, and what of the user matters for booking it. Sales end with the event at the latest."""

    id: UUID
    title: str
    status: str
    starts_at: datetime
    sales_end_at: datetime
    capacity: int
    price_amount: int
    currency: str


@dataclass(frozen=True)
class RegistrationOrder:
    """An order of a registration, open, closed or paid."""

    id: UUID
    registration_id: UUID
    razorpay_order_id: str
    razorpay_payment_id: str | None
    status: str
    amount: int
    currency: str
