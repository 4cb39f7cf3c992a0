"""Planning the live sessions of a course: within its time, one after the other, fair to those who attended."""

from datetime import datetime
from uuid import UUID

from functions.admin_courses.sessions import queries, rescheduling
from functions.admin_courses.sessions.models import NewSession, Session, SessionChange
from functions.admin_courses.sessions.queries import CourseSchedule
from shared.db import Connection
from shared.errors import Conflict, Invalid, NotFound
from shared.seats.queries import lock_event


def list_sessions(conn: Connection, event_id: UUID) -> list[Session]:
    """Raises NotFound."""
    if queries.find_course_schedule(conn, event_id) is None:
        raise NotFound("event")
    return queries.list_sessions(conn, event_id)


def plan(conn: Connection, event_id: UUID, new: NewSession) -> tuple[Session, Session | None]:
    """The new session, and the one that it takes the place of.

    A course comes with one session over its whole time; the first that is planned replaces it.
    Raises NotFound and Conflict (`event_over`, `outside_course`, `session_overlap`, `session_attended`).
    """
    course = _lock_open_course(conn, event_id)
    replaced = _default_session(course, queries.list_sessions(conn, event_id))
    if replaced is not None:
        _delete_unattended(conn, replaced)
    session_id = queries.insert_session(conn, event_id, new.title, *_check_free_time(conn, course, event_id, new))
    return _find_session(conn, event_id, session_id), replaced


def change(
    conn: Connection, event_id: UUID, session_id: UUID, change: SessionChange, now: datetime
) -> tuple[Session, Session]:
    """The session before and after; one that was attended keeps its start, one that is over both its times.

    Whoever has a seat is told when it moved.
    Raises as `plan` does, and Conflict (`session_over`) and Invalid.
    """
    course = _lock_open_course(conn, event_id)
    old = _find_session(conn, event_id, session_id)
    before = rescheduling.session_time_ranges(conn, event_id)
    wanted = _merge(old, change)
    if (wanted.starts_at, wanted.end) != (old.starts_at, old.ends_at):
        _check_fairness(old, wanted, now)
    queries.update_session(
        conn, session_id, wanted.title, *_check_free_time(conn, course, event_id, wanted, except_id=session_id)
    )
    rescheduling.notify_moved(conn, event_id, before)
    return old, _find_session(conn, event_id, session_id)


def remove(conn: Connection, event_id: UUID, session_id: UUID, now: datetime) -> Session:
    """What it was; whoever has a seat is told, unless it was over.

    Raises NotFound and Conflict (`event_over`, `session_attended`, `only_session`).
    """
    _lock_open_course(conn, event_id)
    session = _find_session(conn, event_id, session_id)
    if len(queries.list_sessions(conn, event_id)) == 1:
        raise Conflict("A course has at least one session.", code="only_session")
    sequence = queries.find_sequence(conn, session_id)
    _delete_unattended(conn, session)
    if now < session.ends_at:
        conn.enqueue(queries.enqueue_session_cancellation(conn, event_id, session, sequence))
    return session


def _lock_open_course(conn: Connection, event_id: UUID) -> CourseSchedule:
    lock_event(conn, event_id)
    course = queries.find_course_schedule(conn, event_id)
    if course is None:
        raise NotFound("event")
    if course.status in ("completed", "cancelled"):
        raise Conflict("The course is over or cancelled.", code="event_over")
    return course


def _find_session(conn: Connection, event_id: UUID, session_id: UUID) -> Session:
    found = next((each for each in queries.list_sessions(conn, event_id) if each.id == session_id), None)
    if found is None:
        raise NotFound("session")
    return found


def _default_session(course: CourseSchedule, sessions: list[Session]) -> Session | None:
    """The session over the course's own time, as long as it is the only one."""
    is_first = len(sessions) == 1 and (sessions[0].starts_at, sessions[0].ends_at) == (course.starts_at, course.ends_at)
    return sessions[0] if is_first else None


def _check_free_time(
    conn: Connection, course: CourseSchedule, event_id: UUID, wanted: NewSession, *, except_id: UUID | None = None
) -> tuple[datetime, datetime]:
    if wanted.starts_at < course.starts_at or wanted.end > course.ends_at:
        raise Conflict("The session is not within the course's time.", code="outside_course")
    for each in queries.list_sessions(conn, event_id):
        if each.id != except_id and each.starts_at < wanted.end and wanted.starts_at < each.ends_at:
            raise Conflict("Another session is at that time.", code="session_overlap")
    return wanted.starts_at, wanted.end


def _check_fairness(old: Session, wanted: NewSession, now: datetime) -> None:
    if old.ends_at <= now:
        raise Conflict("The session is over.", code="session_over")
    if old.attended and (wanted.starts_at != old.starts_at or wanted.end < now):
        raise Conflict("Somebody has attended it: only its end may move, to later than now.", code="session_attended")


def _delete_unattended(conn: Connection, session: Session) -> None:
    if session.attended:
        raise Conflict("Somebody has attended the session.", code="session_attended")
    queries.delete_session(conn, session.id)


def _merge(old: Session, change: SessionChange) -> NewSession:
    starts_at, ends_at = change.starts_at or old.starts_at, change.ends_at or old.ends_at
    if ends_at <= starts_at:
        raise Invalid("endsAt must be after startsAt.")
    title = old.title if change.title is None else change.title
    return NewSession(title=title, starts_at=starts_at, ends_at=ends_at)
