"""Registrations and their orders as their owner sees them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.routing import Schema

RegistrationSource = Literal["direct", "waitlist", "admin"]


class Registration(Schema):
    """A seat in a course, or what became of it."""

    id: UUID
    event_id: UUID
    event_title: str
    event_starts_at: datetime
    event_ends_at: datetime
    status: Literal["pending", "confirmed", "cancelled", "expired"]
    """`pending` while the seat is held until it is paid, `expired` when it was not."""
    payment_status: Literal["pending", "completed", "free", "failed", "refunded"]
    """State of the payment; `free` when nothing was to be paid."""
    amount: int
    """What is to be paid, in minor units of `currency` (paise)."""
    credit_amount: int
    """The part that referral credit pays, in minor units."""
    currency: str
    hold_expires_at: datetime | None
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    meeting_url: str | None = None
    created_at: datetime


class CheckoutOrder(Schema):
    """What Razorpay Checkout needs."""

    id: str
    """Razorpay's id of the order: `order_id` of Checkout."""
    amount: int
    """In minor units of `currency` (paise)."""
    currency: str
    key_id: str
    """Razorpay's public key: `key` of Checkout."""


class RegistrationAnswer(Schema):
    success: bool = True
    registration: Registration
    order: CheckoutOrder | None = None
    """What to pay; null when nothing is to be paid, or Razorpay could not be reached."""


@dataclass(frozen=True)
class HoldUse:
    """How a person, by all accounts with their address, has used holds and offers without paying.

    `lapses` counts those of one course in a week, since an administrator lifted the limits at most.
    """

    is_holding_elsewhere: bool
    is_waiting_elsewhere: bool
    lapses: int
    last_lapse_at: datetime | None
    holds_this_hour: int
    first_hold_at: datetime | None


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
