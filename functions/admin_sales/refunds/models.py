"""Refunds as administrators request and see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from shared.payments.models import MIN_REFUND_AMOUNT, PaymentId, RefundReason
from shared.routing import Schema

type RefundStatus = Literal["requested", "pending", "processed", "failed", "closed"]


class NewRefund(Schema):
    payment_id: UUID
    razorpay_payment_id: PaymentId | None = None
    """One of several payments of the order; without it, the one that paid the order or is held."""
    amount: Annotated[int, Field(strict=True, ge=MIN_REFUND_AMOUNT, lt=2**53)] | None = None
    """In minor units; all that is left of the payment if left out."""
    note: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")] | None = None
    """Why; for the audit log."""
    override_dispute: bool = False
    """Refund what the payer's bank may still take back in an open dispute."""


class NewPayout(Schema):
    reference: Annotated[str, Field(min_length=3, max_length=200, pattern=r"\S")]
    """Identifies the payment outside of Razorpay, such as a bank transfer's UTR."""
    note: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")] | None = None
    """Why; for the audit log."""


class Refund(Schema):
    id: UUID
    payment_id: UUID
    registration_id: UUID
    user_id: UUID
    event_id: UUID
    event_title: str
    razorpay_payment_id: str
    razorpay_refund_id: str | None
    amount: int
    """In minor units of `currency` (paise)."""
    currency: str
    reason: RefundReason
    """What caused it."""
    status: RefundStatus
    """`requested` until Razorpay has it, `pending` until the bank has it; `closed` will not be made."""
    note: str | None
    """What the administrator wrote; null without words."""
    requested_by: UUID | None
    attempts: int
    """Attempts at Razorpay so far."""
    last_error: str | None
    retry_of: UUID | None
    """The failed refund that this one replaces; null for none."""
    retried_by: UUID | None
    """The refund that replaces this failed one; null for none."""
    closed_reason: Literal["refunded_elsewhere", "taken_by_dispute", "replaced"] | None
    """How the money went back instead; null unless `closed`."""
    payout_reference: str | None
    """The payment outside of Razorpay that paid it back; null for none."""
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


@dataclass(frozen=True)
class CapturedPayment:
    """A captured payment of an order; `is_paying` is true for the one that paid it."""

    razorpay_payment_id: str
    currency: str
    is_paying: bool
