"""Deliveries of webhooks as administrators see and replay them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.http import Schema

type DeliveryStatus = Literal["received", "processed", "failed"]
type Result = Literal["processed", "duplicate", "ignored", "failed"]


class Filters(Schema):
    """`since` and `until` are of the arrival, `until` is not included."""

    status: DeliveryStatus | None = None
    event_type: str | None = None
    outcome: str | None = None
    signature_valid: bool | None = None
    order_id: str | None = None
    payment_id: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class Delivery(Schema):
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


class WholeDelivery(Delivery):
    """`body` as text, with U+FFFD for what is none; `payload` is its JSON, null where it was never read."""

    headers: dict[str, str]
    body: str
    payload: Any


class DeliveryAnswer(Schema):
    success: bool = True
    webhook_log: WholeDelivery


class DeliveryList(Schema):
    success: bool = True
    webhook_logs: list[Delivery]
    next_cursor: str | None


class ReplayAnswer(Schema):
    """`result` is what Razorpay would have been told, or `failed` when nothing could be done with it again."""

    success: bool = True
    result: Result
    webhook_log: Delivery
