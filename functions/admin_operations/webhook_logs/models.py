"""Deliveries of webhooks as administrators see and replay them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.routing import Schema

type DeliveryStatus = Literal["received", "processed", "failed"]
type ReplayResult = Literal["processed", "duplicate", "ignored", "failed"]


class DeliveryFilters(Schema):
    """`since` and `until` are of the arrival, `until` is not included."""

    status: DeliveryStatus | None = None
    event_type: str | None = None
    outcome: str | None = None
    signature_valid: bool | None = None
    order_id: str | None = None
    payment_id: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class LoggedDelivery(Schema):
    """A delivery as it arrived."""

    id: UUID
    source: str
    """Who sent it."""
    event_id: str | None
    """Razorpay's event id, the same for every redelivery; null when it sent none."""
    event_type: str | None
    """Name of the event, such as `payment.captured`; null when it could not be read."""
    signature_valid: bool
    """Whether the signature was valid."""
    status: DeliveryStatus
    """`received` until it is processed."""
    outcome: str | None
    """What it changed; null while not processed."""
    error: str | None
    """Why it could not be processed; null without a failure."""
    razorpay_order_id: str | None
    razorpay_payment_id: str | None
    received_at: datetime
    """When it arrived."""
    processed_at: datetime | None
    redacted_at: datetime | None
    """When the payer's personal data was taken out of it; null before."""


class LoggedDeliveryDetails(LoggedDelivery):
    """A delivery with its content."""

    headers: dict[str, str]
    """Headers of the request."""
    body: str
    """The body as text, with U+FFFD for bytes that are not UTF-8."""
    payload: Any
    """The body as JSON; null where it was never read."""


class DeliveryAnswer(Schema):
    success: bool = True
    webhook_log: LoggedDeliveryDetails


class DeliveryList(Schema):
    success: bool = True
    webhook_logs: list[LoggedDelivery]
    """The deliveries of this page."""
    next_cursor: str | None


class ReplayAnswer(Schema):
    success: bool = True
    result: ReplayResult
    """What Razorpay would have been answered, or `failed` when it still cannot be processed."""
    webhook_log: LoggedDelivery
