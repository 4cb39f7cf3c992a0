"""Payments that wait for an administrator's decision, because they are of another amount than was due."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.routing import Schema


class HeldPayment(Schema):
    """A payment of another amount than was due."""

    razorpay_payment_id: str
    payment_id: UUID
    registration_id: UUID
    registration_status: str
    """State of the seat."""
    user_id: UUID
    email: str
    event_id: UUID
    event_title: str
    amount: int
    """What came in, in minor units of `currency`."""
    currency: str
    due_amount: int
    """What was due, in minor units of `dueCurrency`."""
    due_currency: str
    """Currency of what was due."""
    left_amount: int
    """What can still go back, in minor units of `currency`."""
    is_disputed: bool
    """True while the payer's bank may take the money back."""
    paid_at: datetime


class HeldPaymentList(Schema):
    success: bool = True
    held_payments: list[HeldPayment]
    """The payments of this page."""
    next_cursor: str | None


class AcceptanceRequest(Schema):
    reason: Annotated[str, Field(min_length=3, max_length=500, pattern=r"\S")]
    """Why this amount is enough; for the audit log."""
