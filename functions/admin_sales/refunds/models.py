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
    """`amount` in minor units; without one, all that is left of the payment goes back. `note` says why.

    `razorpayPaymentId` chooses one of several payments of an order; without it, the one that paid the order or is held.
    `overrideDispute` refunds what the payer's bank may still take back in an open dispute.
    """

    payment_id: UUID
    razorpay_payment_id: PaymentId | None = None
    amount: Annotated[int, Field(strict=True, ge=MIN_REFUND_AMOUNT, lt=2**53)] | None = None
    note: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")] | None = None
    override_dispute: bool = False


class NewPayout(Schema):
    """`reference` identifies the payment made outside of Razorpay, such as a bank transfer's UTR; `note` says why."""

    reference: Annotated[str, Field(min_length=3, max_length=200, pattern=r"\S")]
    note: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")] | None = None


class Refund(Schema):
    """`requested` until Razorpay has it, `pending` until the bank has it; `lastError` is why it failed or waits.

    `closed` will not be made, because the money went back in another way (`closedReason`). `payoutReference` names the
    payment outside of Razorpay that a processed refund was made by.
    """

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
    closed_reason: Literal["refunded_elsewhere", "taken_by_dispute", "replaced"] | None
    payout_reference: str | None
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
