"""What Razorpay delivers, read leniently (https://razorpay.com/docs/webhooks/payloads/)."""

import hashlib
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.payments.models import DisputeEntity, DisputeStatus, OrderId, PaymentEntity, RefundEntity, UnixSeconds

EFFECTIVE = (
    "payment.authorized",
    "payment.captured",
    "payment.failed",
    "order.paid",
    "refund.created",
    "refund.processed",
    "refund.failed",
)
"""The events that move money or a seat; but for disputes, every other one is kept and ignored."""

DISPUTES: dict[str, DisputeStatus] = {
    "payment.dispute.created": "open",
    "payment.dispute.under_review": "under_review",
    "payment.dispute.action_required": "action_required",
    "payment.dispute.won": "won",
    "payment.dispute.lost": "lost",
    "payment.dispute.closed": "closed",
}
"""What each event about a dispute says of it; the entity in `action_required` says no more than "open"."""


class _Part(BaseModel):
    """Compiled only as a part of what it is in, or when first read on its own."""

    model_config = ConfigDict(defer_build=True)


class PaymentWrapper(_Part):
    entity: PaymentEntity


class RefundWrapper(_Part):
    entity: RefundEntity


class Payload(_Part):
    payment: PaymentWrapper
    refund: RefundWrapper | None = None


class Event(BaseModel):
    model_config = ConfigDict(extra="ignore")

    event: str = Field(max_length=100)
    created_at: UnixSeconds
    payload: Payload


class DisputedPayment(_Part):
    order_id: OrderId | None = None


class DisputedPaymentWrapper(_Part):
    entity: DisputedPayment


class DisputeWrapper(_Part):
    entity: DisputeEntity


class DisputePayload(_Part):
    dispute: DisputeWrapper
    payment: DisputedPaymentWrapper | None = None


class DisputeEvent(_Part):
    model_config = ConfigDict(extra="ignore")

    event: str = Field(max_length=100)
    created_at: UnixSeconds
    payload: DisputePayload

    @property
    def order_id(self) -> str | None:
        return self.payload.payment.entity.order_id if self.payload.payment else None


@dataclass(frozen=True)
class Delivery:
    """One signed request as it arrived. `event_id` is Razorpay's, or null where it sent none."""

    body: bytes
    event_id: str | None
    event_type: str | None
    payload: str | None
    headers: dict[str, str]

    @property
    def identity(self) -> str:
        """What the sender is told: Razorpay's event id, or the SHA-256 of the body where it sent none."""
        return self.event_id or hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class Kept:
    """A delivery as the log has it, locked."""

    id: UUID
    signature_valid: bool
    status: str
    body: bytes
    headers: dict[str, str]
    event_type: str | None
    outcome: str | None
    error: str | None


Status = Literal["processed", "duplicate", "ignored"]


class Answer(BaseModel):
    status: Status
    eventId: str  # noqa: N815 - the wire's name; an alias generator is not worth its import here
