"""Courses as administrators see and write them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StrictInt, model_validator

from shared.http import Schema

type Category = Literal["technical", "non_technical"]
type Status = Literal["draft", "upcoming", "ongoing", "completed", "cancelled"]
type Amount = Annotated[StrictInt, Field(ge=0, le=10**12)]


class NewEvent(Schema):
    """`priceAmount` in minor units (paise), 0 for a free course, otherwise at least 100. Times with an offset."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str, Field(max_length=20_000)] = ""
    instructor: Annotated[str, Field(max_length=200)] = ""
    category: Category
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    sales_end_at: AwareDatetime | None = None
    time_zone: Annotated[str, Field(max_length=64)] = "Asia/Kolkata"
    capacity: Annotated[StrictInt, Field(ge=1, le=1_000_000)]
    price_amount: Amount = 0
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "INR"
    full_refund_hours: Annotated[StrictInt, Field(ge=0, le=8760)] = 72
    partial_refund_hours: Annotated[StrictInt, Field(ge=0, le=8760)] = 24
    partial_refund_percent: Annotated[StrictInt, Field(ge=0, le=100)] = 50
    minimum_attendance_minutes: Annotated[StrictInt, Field(ge=0, le=100_000)] = 0
    meeting_url: Annotated[str, Field(max_length=2000, pattern=r"^https://")] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("endsAt must be after startsAt")
        if 0 < self.price_amount < 100:
            raise ValueError("priceAmount must be 0 or at least 100")
        if self.full_refund_hours < self.partial_refund_hours:
            raise ValueError("fullRefundHours must not be less than partialRefundHours")
        return self


class Event(Schema):
    id: UUID
    title: str
    description: str
    instructor: str
    category: Category
    status: Status
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
    created_at: datetime


class EventAnswer(Schema):
    success: bool = True
    event: Event
