"""Who was there, as administrators see it."""

from datetime import datetime
from uuid import UUID

from shared.routing import Schema


class Attendee(Schema):
    """A confirmed student."""

    registration_id: UUID
    user_id: UUID
    full_name: str
    email: str
    sessions_attended: int
    """Sessions joined."""
    minutes: int
    """Minutes that count for the certificate: stays merged and clipped to their sessions."""
    first_check_in: datetime | None
    """First check-in; null for nobody who came."""
    last_check_out: datetime | None
    """Last check-out; null while present or never come."""
    is_present: bool
    """Checked in now."""
    is_no_show: bool
    """Joined no session although one is over."""


class AttendanceSummary(Schema):
    """Everybody in the course."""

    confirmed: int
    """Students who have a seat."""
    present_now: int
    """Students who are checked in now."""
    joined: int
    """Students who joined a session."""
    no_shows: int
    """Students who joined none; 0 until the first session is over."""
    minutes: int
    """Minutes of everybody together."""


class AttendanceReport(Schema):
    success: bool = True
    summary: AttendanceSummary
    """Figures of everybody, not of the page."""
    attendees: list[Attendee]
    """The students of this page."""
    next_cursor: str | None
