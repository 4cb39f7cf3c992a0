"""Effects of moved live sessions: a course's sessions move with it, and students with a seat are notified once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from functions.admin_courses.sessions import queries
from functions.admin_courses.sessions.models import Session
from shared.db import Connection
from shared.errors import Conflict

type TimeRange = tuple[datetime, datetime]


def move_with_course(conn: Connection, event_id: UUID, old: TimeRange, new: TimeRange, now: datetime) -> None:
    """Before a locked course changes its times: its planned sessions move with it, if it moves as a whole.

    A course that only becomes longer or shorter keeps its sessions where they are. The session that a course comes
    with follows by itself. Raises Conflict: `session_attended`, and `sessions_outside` for what would not fit.
    """
    planned = [each for each in queries.list_sessions(conn, event_id) if time_range_of(each) != old]
    delta = new[0] - old[0]
    if delta and delta == new[1] - old[1]:
        _shift(conn, planned, delta, now)
    elif any(each.starts_at < new[0] or each.ends_at > new[1] for each in planned):
        raise Conflict("Planned sessions would be outside the course's time; move them first.", code="sessions_outside")


def notify_moved(conn: Connection, event_id: UUID, before: Mapping[UUID, TimeRange]) -> None:
    """Notify everybody with a seat which sessions of a locked course have another time than in `before`."""
    sessions = queries.list_sessions(conn, event_id)
    moved = [each.id for each in sessions if each.id in before and time_range_of(each) != before[each.id]]
    if moved:
        first = min(moved, key=lambda session_id: before[session_id])
        conn.enqueue(queries.enqueue_session_moves(conn, event_id, moved, before[first][0]))


def session_time_ranges(conn: Connection, event_id: UUID) -> dict[UUID, TimeRange]:
    return {each.id: time_range_of(each) for each in queries.list_sessions(conn, event_id)}


def time_range_of(session: Session) -> TimeRange:
    return session.starts_at, session.ends_at


def _shift(conn: Connection, planned: list[Session], delta: timedelta, now: datetime) -> None:
    if any(each.attended or each.ends_at <= now for each in planned):
        raise Conflict("Some sessions are over or were attended; move the others one by one.", code="session_attended")
    # In the direction they move, the farthest first: no two sessions of a course start at the same time.
    for each in sorted(planned, key=lambda session: session.starts_at, reverse=delta > timedelta()):
        queries.update_session(conn, each.id, each.title, each.starts_at + delta, each.ends_at + delta)
