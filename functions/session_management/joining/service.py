"""The way into a session: by one's own link, from minutes before the start, checked in by the rules that exist."""

from datetime import datetime, timedelta
from uuid import UUID

from functions.session_management import service as attendance
from functions.session_management.joining import queries
from functions.session_management.joining.models import JoiningSeat, NextSession, PlannedSession
from functions.session_management.models import CheckIn, ClientDevice
from shared import languages, links
from shared.config import settings
from shared.db import Connection
from shared.errors import Conflict, NotFound
from shared.notifications import invites
from shared.notifications.invites import CalendarEntry
from shared.registrations.admission import NotRegistered, admit

MOST_SESSIONS = 500
FEED_KEEPS = timedelta(days=90)
"""How long a feed shows what is over."""


def next_sessions(conn: Connection, user_id: UUID, limit: int, now: datetime) -> list[NextSession]:
    """The sessions that are not over, the soonest first."""
    return [_next_session(each) for each in queries.list_sessions(conn, user_id, now, limit)]


def find_seat(
    conn: Connection, session_id: UUID, *, registration_id: UUID | None = None, user_id: UUID | None = None
) -> JoiningSeat:
    """Raises NotRegistered."""
    seat = queries.find_seat(conn, session_id, registration_id=registration_id, user_id=user_id)
    if seat is None:
        raise NotRegistered
    return seat


def join(conn: Connection, seat: JoiningSeat, device: ClientDevice, now: datetime) -> str:
    """Check in, and the meeting's address.

    Raises NotRegistered, Forbidden (`payment_incomplete`) and Conflict (`event_cancelled`, `too_early`, `too_late`,
    `meeting_missing`).
    """
    if seat.event_status == "cancelled":
        raise Conflict("This event was cancelled.", code="event_cancelled")
    admit(seat.status, seat.payment_status)
    if now < opens_at(seat.starts_at):
        raise Conflict(f"Joining opens at {opens_at(seat.starts_at).isoformat()}.", code="too_early")
    if now >= seat.ends_at:
        raise Conflict(f"The session ended at {seat.ends_at.isoformat()}.", code="too_late")
    if seat.meeting_url is None:
        raise Conflict("The meeting has not been set up yet.", code="meeting_missing")
    opens = timedelta(minutes=max(settings().checkin_opens_minutes, settings().join_opens_minutes))
    place = CheckIn(registration_id=seat.registration_id, event_id=seat.event_id)
    attendance.check_in(conn, seat.user_id, place, device, opens=opens, now=now)
    return seat.meeting_url


def opens_at(starts_at: datetime) -> datetime:
    """From when a session can be joined."""
    return starts_at - timedelta(minutes=settings().join_opens_minutes)


def calendar_url(conn: Connection, user_id: UUID) -> str:
    """The address of a person's feed, the same until it is revoked. Raises Conflict (`profile_missing`)."""
    generation = queries.find_calendar_generation(conn, user_id)
    if generation is None:
        raise Conflict("Confirm the sign-up or register for a course first.", code="profile_missing")
    return links.calendar_url(user_id, generation)


def feed(conn: Connection, user_id: UUID, generation: int, now: datetime) -> bytes:
    """The calendar behind a genuine feed's link; raises NotFound for a link that was revoked."""
    if queries.find_calendar_generation(conn, user_id) != generation:
        raise NotFound("link")
    language = languages.language_of(queries.find_language(conn, user_id) or languages.DEFAULT_LANGUAGE)
    sessions = queries.list_sessions(conn, user_id, now - FEED_KEEPS, MOST_SESSIONS)
    return invites.feed(
        [_entry(each, language) for each in sessions],
        user_id,
        organizer=settings().email_from,
        platform=settings().certificate_issuer,
        now=now,
    )


def _next_session(planned: PlannedSession) -> NextSession:
    return NextSession(
        id=planned.id,
        event_id=planned.event_id,
        registration_id=planned.registration_id,
        event_title=planned.event_title,
        title=planned.title,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        time_zone=planned.time_zone,
        join_url=links.join_url(planned.id, planned.registration_id),
        join_opens_at=opens_at(planned.starts_at),
    )


def _entry(planned: PlannedSession, language: str) -> CalendarEntry:
    url = links.join_url(planned.id, planned.registration_id)
    how = languages.texts(language)["layout"]["how_to_join"].format(minutes=settings().join_opens_minutes)
    return CalendarEntry(
        session_id=planned.id,
        course=planned.event_title,
        title=planned.title,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        sequence=planned.sequence + 2 * planned.earlier_seats,
        url=url,
        description=f"{how}\n{url}",
    )
