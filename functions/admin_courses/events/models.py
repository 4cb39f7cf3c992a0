"""Courses as administrators see and write them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, Field, StrictInt, model_validator

from shared.currencies import DECIMAL_PLACES, is_payable
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
type Title = Annotated[str, Field(min_length=1, max_length=200)]
type Description = Annotated[str, Field(max_length=20_000)]
type Instructor = Annotated[str, Field(max_length=200)]
type TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_check_time_zone)]
type Capacity = Annotated[StrictInt, Field(ge=1, le=1_000_000)]
type Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$"), AfterValidator(_check_currency)]
type Hours = Annotated[StrictInt, Field(ge=0, le=8760)]
type Percent = Annotated[StrictInt, Field(ge=0, le=100)]
type Minutes = Annotated[StrictInt, Field(ge=0, le=100_000)]
type MeetingUrl = Annotated[str, Field(max_length=2000, pattern=r"^https://")]


class NewEvent(Schema):
    """`priceAmount` in minor units (paise), 0 for a free course, otherwise at least 100. Times with an offset.

    `currency` is one that Razorpay takes. `salesEndAt` is the start unless given, and never after the end; when the
    course moves, it moves along.
    """

    title: Title
    description: Description = ""
    instructor: Instructor = ""
    category: EventCategory
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    sales_end_at: AwareDatetime | None = None
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


class EventChange(Schema):
    """What is given changes, the rest stays; `null` empties what a course may lack. The whole must fit as a new one."""

    title: Title | None = None
    description: Description | None = None
    instructor: Instructor | None = None
    category: EventCategory | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    sales_end_at: AwareDatetime | None = None
    time_zone: TimeZone | None = None
    capacity: Capacity | None = None
    price_amount: Amount | None = None
    currency: Currency | None = None
    full_refund_hours: Hours | None = None
    partial_refund_hours: Hours | None = None
    partial_refund_percent: Percent | None = None
    minimum_attendance_minutes: Minutes | None = None
    meeting_url: MeetingUrl | None = None


class EventCancellationRequest(Schema):
    """`reason` is sent to the students of the course."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Event(Schema):
    id: UUID
    title: str
    description: str
    instructor: str
    category: EventCategory
    status: EventStatus
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
    """Refunds of everybody in the event by their state; amounts in minor units. `failed` ones need a person."""

    requested: int
    pending: int
    processed: int
    failed: int
    amount: int
    processed_amount: int


class CancellationProgress(Schema):
    """Progress of a cancellation; `done` once nobody is left to cancel and every refund is processed."""

    registrations_left: int
    registrations_cancelled: int
    waitlist_left: int
    refunds: RefundTotals
    done: bool


class CancellationAnswer(Schema):
    success: bool = True
    event: Event
    cancellation: CancellationProgress
