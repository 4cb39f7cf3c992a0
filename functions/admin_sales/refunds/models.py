"""Refunds as administrators request and see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from shared.http import Schema
from shared.payments.models import RefundReason

type RefundStatus = Literal["requested", "pending", "processed", "failed"]

MIN_REFUND_AMOUNT = 100
"""Razorpay refunds no less than 1.00 INR."""


class NewRefund(Schema):
    """`amount` in minor units; without one, all that is left of the payment goes back. `note` says why."""

    payment_id: UUID
    amount: Annotated[int, Field(strict=True, ge=MIN_REFUND_AMOUNT, lt=2**53)] | None = None
    note: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")] | None = None


class Refund(Schema):
    """`requested` until Razorpay has it, `pending` until the bank has it; `lastError` is why it failed or waits."""

    id: UUID
    payment_id: UUID
    registration_id: UUID
    user_id: UUID
    event_id: UUID
    event_title: str
    razorpay_payment_id: str
    razorpay_refund_id: str | None
    amount: int
    currency: str
    reason: RefundReason
    status: RefundStatus
    note: str | None
    requested_by: UUID | None
    attempts: int
    last_error: str | None
    retry_of: UUID | None
    retried_by: UUID | None
    created_at: datetime
    processed_at: datetime | None


class RefundAnswer(Schema):
    success: bool = True
    refund: Refund


class RefundList(Schema):
    success: bool = True
    refunds: list[Refund]
    next_cursor: str | None


@dataclass(frozen=True)
class RefundFilters:
    """Which refunds to list; what is null does not matter."""

    status: RefundStatus | None
    reason: RefundReason | None
    payment_id: UUID | None
    user_id: UUID | None
    event_id: UUID | None


@dataclass(frozen=True)
class IdempotentRefund:
    """A refund that an idempotency key stands for, with the request it was made by."""

    id: UUID
    asked: dict[str, Any] | None
