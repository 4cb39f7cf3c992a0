"""Who was there, as administrators see it."""

from datetime import datetime
from uuid import UUID

from shared.routing import Schema


class Attendee(Schema):
    """A confirmed student; `minutes` are those that count, stays merged and clipped to their sessions."""

    registration_id: UUID
    user_id: UUID
    full_name: str
    email: str
    sessions_attended: int
    minutes: int
    first_check_in: datetime | None
    last_check_out: datetime | None
    is_present: bool
    is_no_show: bool


class AttendanceSummary(Schema):
    """`noShows` stays 0 until the first session is over; `minutes` of everybody together."""

    confirmed: int
    present_now: int
    joined: int
    no_shows: int
    minutes: int


class AttendanceReport(Schema):
    success: bool = True
    summary: AttendanceSummary
    attendees: list[Attendee]
    next_cursor: str | None
