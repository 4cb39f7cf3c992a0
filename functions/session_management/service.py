"""Who was in a live session, and for how long: a stay begins at check-in, coming back is another stay."""

from datetime import datetime, timedelta
from uuid import UUID

from functions.session_management import queries
from functions.session_management.models import (
    Attendance,
    AttendanceHistory,
    CheckIn,
    ClientDevice,
    PastAttendance,
    SessionAdmission,
)
from shared.db import Connection
from shared.errors import AppError, Conflict
from shared.paging import cursor_after, read_cursor
from shared.registrations.admission import NotRegistered, admit


class NotCheckedIn(AppError):
    """There is no such stay, or it is somebody else's."""

    status = 404
    code = "not_checked_in"

    def __init__(self) -> None:
        super().__init__("You have not checked in.")


def check_in(
    conn: Connection, user_id: UUID, asked: CheckIn, device: ClientDevice, *, opens: timedelta, now: datetime
) -> tuple[Attendance, bool]:
    """Begin a stay, or find the open one; whether it is new.

    Raises NotRegistered, Forbidden (`payment_incomplete`) and Conflict (`event_cancelled`, `too_early`,
    `session_over`).
    """
    place = queries.find_place(conn, asked.registration_id, user_id, now)
    if place is None or place.event_id != asked.event_id:
        raise NotRegistered
    _admit(place, opens, now)
    with conn.pipeline():
        queries.close_forgotten(conn, asked.registration_id, now)
        opened = queries.open_attendance(conn, asked.registration_id, user_id, place, device, now)
    attendance = opened.fetchone()
    if attendance is None:
        return _already_open(conn, asked.registration_id, user_id), False
    return attendance, True


def check_out(conn: Connection, user_id: UUID, attendance_id: UUID, now: datetime) -> Attendance:
    """End a stay; one that has ended stays as it is. Raises NotCheckedIn."""
    attendance = queries.close_attendance(conn, attendance_id, user_id, now)
    if attendance is not None:
        return attendance
    ended = queries.find_attendance(conn, attendance_id, user_id)
    if ended is None:
        raise NotCheckedIn
    return ended


def list_history(conn: Connection, user_id: UUID, *, cursor: str | None, limit: int) -> AttendanceHistory:
    """A page of a user's stays, the newest first; raises Invalid for a foreign cursor."""
    found = queries.list_history(conn, user_id, after=read_cursor(cursor), limit=limit + 1)
    page = [PastAttendance.model_validate(row) for row in found[:limit]]
    more = len(found) > limit
    return AttendanceHistory(
        history=page, next_cursor=cursor_after(page[-1].check_in_time, page[-1].id) if more else None
    )


def _admit(place: SessionAdmission, opens: timedelta, now: datetime) -> None:
    if place.event_status == "cancelled":
        raise Conflict("This event was cancelled.", code="event_cancelled")
    admit(place.status, place.payment_status)
    if place.session_starts_at is None:
        raise Conflict("The session is over.", code="session_over")
    if now < place.session_starts_at - opens:
        raise Conflict("The session is not open yet.", code="too_early")


def _already_open(conn: Connection, registration_id: UUID, user_id: UUID) -> Attendance:
    attendance = queries.find_open(conn, registration_id, user_id)
    if attendance is None:
        raise Conflict("You checked out just now; check in again.", code="checked_out")
    return attendance
