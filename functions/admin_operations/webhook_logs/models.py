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
    """`outcome` is what came of it, `error` why nothing could."""

    id: UUID
    source: str
    event_id: str | None
    event_type: str | None
    signature_valid: bool
    status: DeliveryStatus
    outcome: str | None
    error: str | None
    razorpay_order_id: str | None
    razorpay_payment_id: str | None
    received_at: datetime
    processed_at: datetime | None


class LoggedDeliveryDetails(LoggedDelivery):
    """`body` as text, with U+FFFD for what is none; `payload` is its JSON, null where it was never read."""

    headers: dict[str, str]
    body: str
    payload: Any


class DeliveryAnswer(Schema):
    success: bool = True
    webhook_log: LoggedDeliveryDetails


class DeliveryList(Schema):
    success: bool = True
    webhook_logs: list[LoggedDelivery]
    next_cursor: str | None


class ReplayAnswer(Schema):
    """`result` is what Razorpay would have been told, or `failed` when nothing could be done with it again."""

    success: bool = True
    result: ReplayResult
    webhook_log: LoggedDelivery
