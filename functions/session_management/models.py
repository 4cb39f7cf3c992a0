"""Attendance as the student sees it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.routing import Schema


class CheckIn(Schema):
    registration_id: UUID
    event_id: UUID


class CheckOut(Schema):
    attendance_id: UUID


class Attendance(Schema):
    """One stay in a live session."""

    id: UUID
    registration_id: UUID
    event_id: UUID
    session_id: UUID
    check_in_time: datetime
    """When the student checked in."""
    check_out_time: datetime | None
    """When the student checked out, or the session ended; null during the stay."""
    duration_minutes: int | None
    """Length of the stay in whole minutes; null during the stay."""


class AttendedEvent(Schema):
    id: UUID
    title: str
    """Title of the course."""
    starts_at: datetime
    ends_at: datetime


class PastAttendance(Attendance):
    """A stay with its course."""

    event: AttendedEvent


class AttendanceAnswer(Schema):
    success: bool = True
    attendance: Attendance
    """The stay."""


class AttendanceHistory(Schema):
    success: bool = True
    history: list[PastAttendance]
    """Stays, the newest first."""
    next_cursor: str | None


@dataclass(frozen=True)
class ClientDevice:
    """Where a request came from, as API Gateway saw it."""

    ip_address: str | None
    user_agent: str | None


@dataclass(frozen=True)
class SessionAdmission:
    """A student's registration with its course, and the session that is open for check-in or comes next."""

    event_id: UUID
    event_status: str
    status: str
    payment_status: str
    session_id: UUID | None
    session_starts_at: datetime | None
