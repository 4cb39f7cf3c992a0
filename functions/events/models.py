"""A course as the public sees it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.routing import Schema

type EventStatus = Literal["upcoming", "ongoing", "completed", "cancelled"]
type EventCategory = Literal["technical", "non_technical"]


class Event(Schema):
    """A published course."""

    id: UUID
    title: str
    """Title of the course."""
    description: str
    """Plain text about the course."""
    instructor: str
    category: Literal["technical", "non_technical"]
    status: Literal["upcoming", "ongoing", "completed", "cancelled"]
    """`upcoming` before its start, `ongoing` until its end, `completed` after it, or `cancelled`."""
    starts_at: datetime
    ends_at: datetime
    sales_end_at: datetime
    time_zone: str
    capacity: int
    seats_left: int
    price_amount: int
    currency: str
    full_refund_hours: int
    partial_refund_hours: int
    partial_refund_percent: int
    minimum_attendance_minutes: int


class EventFilters(Schema):
    """Without `status`, courses on sale: `upcoming` and `ongoing`."""

    status: EventStatus | None = None
    category: EventCategory | None = None
    instructor: str | None = None
    from_time: datetime | None = None
    until: datetime | None = None
    max_price: int | None = None
    free: bool | None = None


class EventList(Schema):
    success: bool = True
    events: list[Event]
    next_cursor: str | None


class Session(Schema):
    """One live session of a course."""

    id: UUID
    title: str
    """Title of the session; empty without one."""
    starts_at: datetime
    ends_at: datetime


class EventDetail(Event):
    """A course with its live sessions in their order."""

    sessions: list[Session]
    """Its live sessions in their order."""


class EventAnswer(Schema):
    success: bool = True
    event: EventDetail
