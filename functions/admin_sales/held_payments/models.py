"""Payments that wait for an administrator's decision, because they are of another amount than was due."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.routing import Schema


class HeldPayment(Schema):
    """`amount` came in, `dueAmount` was due, and `leftAmount` can still go back, in minor units.

    `isDisputed` is true while the payer's bank may take the money back.
    """

    razorpay_payment_id: str
    payment_id: UUID
    registration_id: UUID
    registration_status: str
    user_id: UUID
    email: str
    event_id: UUID
    event_title: str
    amount: int
    currency: str
    due_amount: int
    due_currency: str
    left_amount: int
    is_disputed: bool
    paid_at: datetime


class HeldPaymentList(Schema):
    success: bool = True
    held_payments: list[HeldPayment]
    next_cursor: str | None


class AcceptanceRequest(Schema):
    """`reason` says why this amount is enough; it goes into the audit log."""

    reason: Annotated[str, Field(min_length=3, max_length=500, pattern=r"\S")]
