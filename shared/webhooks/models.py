"""Razorpay's webhook events (https://razorpay.com/docs/webhooks/payloads/) and their deliveries."""

import hashlib
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.payments.models import DisputeEntity, DisputeStatus, OrderId, PaymentEntity, RefundEntity, UnixSeconds

PAYMENT_EVENTS = (
    "payment.authorized",
    "payment.captured",
    "payment.failed",
    "order.paid",
    "refund.created",
    "refund.processed",
    "refund.failed",
)
"""The events that move money or a seat. Every event that is neither here nor about a dispute is stored and ignored."""

DISPUTE_EVENTS: dict[str, DisputeStatus] = {
    "payment.dispute.created": "open",
    "payment.dispute.under_review": "under_review",
    "payment.dispute.action_required": "action_required",
    "payment.dispute.won": "won",
    "payment.dispute.lost": "lost",
    "payment.dispute.closed": "closed",
}
"""The dispute's status by event. The entity of `action_required` still says "open", so the event's name decides."""


class _PayloadPart(BaseModel):
    """Built with the model that contains it, which saves time at import."""

    model_config = ConfigDict(defer_build=True)


class PaymentWrapper(_PayloadPart):
    entity: PaymentEntity


class RefundWrapper(_PayloadPart):
    entity: RefundEntity


class PaymentPayload(_PayloadPart):
    payment: PaymentWrapper
    refund: RefundWrapper | None = None


class PaymentEvent(BaseModel):
    model_config = ConfigDict(extra="ignore")

    event: str = Field(max_length=100)
    created_at: UnixSeconds
    payload: PaymentPayload


class DisputedPaymentEntity(_PayloadPart):
    order_id: OrderId | None = None


class DisputedPaymentWrapper(_PayloadPart):
    entity: DisputedPaymentEntity


class DisputeWrapper(_PayloadPart):
    entity: DisputeEntity


class DisputePayload(_PayloadPart):
    dispute: DisputeWrapper
    payment: DisputedPaymentWrapper | None = None


class DisputeEvent(_PayloadPart):
    model_config = ConfigDict(extra="ignore")

    event: str = Field(max_length=100)
    created_at: UnixSeconds
    payload: DisputePayload

    @property
    def order_id(self) -> str | None:
        return self.payload.payment.entity.order_id if self.payload.payment else None


@dataclass(frozen=True)
class WebhookDelivery:
    """One request as it arrived. `event_id` is Razorpay's event id, None when it sent none."""

    body: bytes
    event_id: str | None
    event_type: str | None
    payload: str | None
    headers: dict[str, str]

    @property
    def identity(self) -> str:
        """The id in our answer: Razorpay's event id, or the SHA-256 of the body when it sent none."""
        return self.event_id or hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class StoredDelivery:
    """A row of the webhook log, locked."""

    id: UUID
    signature_valid: bool
    status: str
    body: bytes
    headers: dict[str, str]
    event_type: str | None
    outcome: str | None
    error: str | None


WebhookStatus = Literal["processed", "duplicate", "ignored"]


class WebhookAnswer(BaseModel):
    status: WebhookStatus
    eventId: str  # noqa: N815 - the wire's name; an alias generator is not worth its import here
