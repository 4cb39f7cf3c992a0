"""Orders and their payments as administrators list them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.routing import Schema

type OrderStatus = Literal["initiated", "failed", "closed", "success", "refunded"]


class Payment(Schema):
    """An order at Razorpay with its person and course, and what became of it."""

    id: UUID
    registration_id: UUID
    user_id: UUID
    email: str
    event_id: UUID
    event_title: str
    razorpay_order_id: str
    razorpay_payment_id: str | None
    status: OrderStatus
    """`closed` cannot be paid any more."""
    amount: int
    """What was to be paid, in minor units of `currency` (paise)."""
    refunded_amount: int
    """What has gone back or is on its way, in minor units."""
    currency: str
    paid_at: datetime | None
    created_at: datetime


class PaymentList(Schema):
    """A page of payments."""

    success: bool = True
    payments: list[Payment]
    next_cursor: str | None


@dataclass(frozen=True)
class PaymentFilters:
    """Which payments to list; what is null does not matter."""

    status: OrderStatus | None
    event_id: UUID | None
    user_id: UUID | None
