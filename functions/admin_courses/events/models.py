"""Courses as administrators see and write them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, Field, StrictInt, model_validator

from shared.currencies import DECIMAL_PLACES, is_payable
from shared.plain_text import Line, Lines, MeetingUrl
from shared.routing import Schema


def _check_currency(code: str) -> str:
    if code not in DECIMAL_PLACES:
        raise ValueError("Razorpay does not take this currency")
    return code


def _check_time_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, KeyError, OSError) as error:
        raise ValueError("no such IANA time zone") from error


type EventCategory = Literal["technical", "non_technical"]
type EventStatus = Literal["draft", "upcoming", "ongoing", "completed", "cancelled"]
type Amount = Annotated[StrictInt, Field(ge=0, le=10**12)]
type Title = Annotated[Line, Field(min_length=1, max_length=200)]
type Description = Annotated[Lines, Field(max_length=20_000)]
type Instructor = Annotated[Line, Field(max_length=200)]
type TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_check_time_zone)]
type Capacity = Annotated[StrictInt, Field(ge=1, le=1_000_000)]
type Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$"), AfterValidator(_check_currency)]
type Hours = Annotated[StrictInt, Field(ge=0, le=8760)]
type Percent = Annotated[StrictInt, Field(ge=0, le=100)]
type Minutes = Annotated[StrictInt, Field(ge=0, le=100_000)]


class NewEvent(Schema):
    """A draft; it is invisible until it is published."""

    title: Title
    """Title of the course."""
    description: Description = ""
    """Plain text about the course."""
    instructor: Instructor = ""
    category: EventCategory
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    sales_end_at: AwareDatetime | None = None
    """End of sales: the start unless given, never after the end. When the course moves, it moves along."""
    time_zone: TimeZone = "Asia/Kolkata"
    capacity: Capacity
    price_amount: Amount = 0
    currency: Currency = "INR"
    full_refund_hours: Hours = 72
    partial_refund_hours: Hours = 24
    partial_refund_percent: Percent = 50
    minimum_attendance_minutes: Minutes = 0
    meeting_url: MeetingUrl | None = None

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("endsAt must be after startsAt")
        if self.sales_end_at is not None and self.sales_end_at > self.ends_at:
            raise ValueError("salesEndAt must not be after endsAt")
        if 0 < self.price_amount < 100:
            raise ValueError("priceAmount must be 0 or at least 100")
        if not is_payable(self.price_amount, self.currency):
            raise ValueError(f"priceAmount in {self.currency} must end with 0")
        if self.full_refund_hours < self.partial_refund_hours:
            raise ValueError("fullRefundHours must not be less than partialRefundHours")
        return self


def _unchanged() -> Any:
    """The default of a field that may be left out but must not be null."""
    return Field(default=None, json_schema_extra=_drop_default)


def _drop_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class EventChange(Schema):
    """Fields that are left out stay. The result must be valid as a new course."""

    title: Title = _unchanged()
    """Title of the course."""
    description: Description = _unchanged()
    """Plain text about the course."""
    instructor: Instructor = _unchanged()
    category: EventCategory = _unchanged()
    starts_at: AwareDatetime = _unchanged()
    ends_at: AwareDatetime = _unchanged()
    sales_end_at: AwareDatetime | None = None
    """End of sales; null for the start. When the course moves, it moves along."""
    time_zone: TimeZone = _unchanged()
    capacity: Capacity = _unchanged()
    price_amount: Amount = _unchanged()
    currency: Currency = _unchanged()
    full_refund_hours: Hours = _unchanged()
    partial_refund_hours: Hours = _unchanged()
    partial_refund_percent: Percent = _unchanged()
    minimum_attendance_minutes: Minutes = _unchanged()
    meeting_url: MeetingUrl | None = None


class EventCancellationRequest(Schema):
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    """Sent to the students of the course."""


class Event(Schema):
    id: UUID
    title: str
    """Title of the course."""
    description: str
    """Plain text about the course."""
    instructor: str
    category: EventCategory
    status: EventStatus
    """`draft` until published, then by its own dates, or `cancelled`."""
    starts_at: datetime
    ends_at: datetime
    sales_end_at: datetime | None
    time_zone: str
    capacity: int
    seats_taken: int
    price_amount: int
    currency: str
    full_refund_hours: int
    partial_refund_hours: int
    partial_refund_percent: int
    minimum_attendance_minutes: int
    meeting_url: str | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    created_at: datetime


class EventAnswer(Schema):
    success: bool = True
    event: Event


class EventList(Schema):
    success: bool = True
    events: list[Event]
    next_cursor: str | None


class RefundTotals(Schema):
    """Refunds of everybody in the course."""

    requested: int
    """Not made at Razorpay yet."""
    pending: int
    """Accepted by Razorpay, not with the bank yet."""
    processed: int
    """Done."""
    failed: int
    """Refused by Razorpay; they need a person."""
    amount: int
    """All of them, in minor units."""
    processed_amount: int
    """Those done, in minor units."""


class CancellationProgress(Schema):
    registrations_left: int
    """Seats still to cancel."""
    registrations_cancelled: int
    """Seats cancelled so far."""
    waitlist_left: int
    """Places in the queue still to end."""
    refunds: RefundTotals
    """Refunds by state."""
    done: bool
    """True when nobody is left and every refund is processed."""


class CancellationAnswer(Schema):
    success: bool = True
    event: Event
    cancellation: CancellationProgress
    """How far it has come."""
