"""What a notification says of its course: read when it is sent, so that it is still true when it arrives."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from functions.send_notifications import queries
from functions.send_notifications.models import ClaimedNotification, CourseDetails, CourseSession
from shared import clock, languages, links
from shared.config import settings
from shared.db import Connection
from shared.notifications.invites import CalendarEntry, Method
from shared.notifications.rendering import printable

CONFIRMATIONS = frozenset({"registration_confirmed", "payment_success", "referral_reward"})
REMINDERS = frozenset({"session_reminder_24h", "session_reminder_1h"})
SEAT_ENDED = frozenset({"registration_cancelled", "event_cancelled", "payment_refunded"})


def with_courses(conn: Connection, claimed: list[ClaimedNotification]) -> list[ClaimedNotification]:
    """The notifications, each with the course and the seat that its data names."""
    about = [
        {
            "id": str(each.id),
            "user_id": str(each.user_id),
            "event_id": _id_in(each.data, "eventId"),
            "registration_id": _id_in(each.data, "registrationId"),
        }
        for each in claimed
        if _id_in(each.data, "eventId") or _id_in(each.data, "registrationId")
    ]
    found = queries.find_courses(conn, about) if about else {}
    return [replace(each, course=found.get(each.id)) for each in claimed]


def data_of(claimed: ClaimedNotification, now: datetime) -> dict[str, Any]:
    """What the texts may speak of: the queued data, and links, zone and refund policy of the course."""
    course = claimed.course
    if course is None:
        return claimed.data
    data: dict[str, Any] = {"timeZone": course.time_zone}
    if course.registration_id is not None:
        data["calendarUrl"] = links.calendar_url(claimed.user_id, course.calendar_generation)
        if course.payment_id is not None:
            data["receiptUrl"] = links.receipt_url(course.payment_id)
        if session := _session_in(claimed):
            data["joinUrl"] = links.join_url(session.id, course.registration_id)
        if course.payment_status == "completed":
            data["refundPolicy"] = _refund_policy(course, now)
    return data | claimed.data


def schedule(claimed: ClaimedNotification, language: str) -> list[dict[str, str | None]]:
    """The sessions that a mail lists, each with its time in the course's zone and its reader's link to join."""
    course = claimed.course
    if course is None or course.registration_id is None or course.registration_status != "confirmed":
        return []
    listed = _listed_sessions(claimed, course)
    return [
        {
            "title": printable(each.title) if each.title not in ("", course.title) else None,
            "time": languages.format_session(
                clock.in_zone(each.starts_at, course.time_zone),
                clock.in_zone(each.ends_at, course.time_zone),
                language,
            ),
            "join_url": links.join_url(each.id, course.registration_id),
        }
        for each in listed
    ]


def calendar_changes(claimed: ClaimedNotification, language: str) -> tuple[Method, list[CalendarEntry]]:
    """How a mail changes its reader's calendar: what comes in or moves (REQUEST), or what goes (CANCEL)."""
    course = claimed.course
    if course is None or course.registration_id is None:
        return "REQUEST", []
    if claimed.template == "session_cancelled":
        gone = CourseSession(
            id=UUID(claimed.data["sessionId"]),
            title=claimed.data.get("sessionTitle") or "",
            starts_at=datetime.fromisoformat(claimed.data["startsAt"]),
            ends_at=datetime.fromisoformat(claimed.data["endsAt"]),
            sequence=claimed.data["sequence"],
        )
        return "CANCEL", [entry_of(gone, course, language, cancelled=True)]
    if claimed.template in SEAT_ENDED and course.registration_status == "cancelled" and course.was_confirmed:
        return "CANCEL", [entry_of(each, course, language, cancelled=True) for each in course.sessions]
    if course.registration_status == "confirmed":
        sessions = [s] if (s := _session_in(claimed)) else _listed_sessions(claimed, course)
        return "REQUEST", [entry_of(each, course, language) for each in sessions]
    return "REQUEST", []


def entry_of(session: CourseSession, course: CourseDetails, language: str, *, cancelled: bool = False) -> CalendarEntry:
    """A session in the calendar of who has the seat. A seat that ends and is taken again rises the sequence by two."""
    assert course.registration_id is not None
    url = links.join_url(session.id, course.registration_id)
    return CalendarEntry(
        session_id=session.id,
        course=course.title,
        title=session.title,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        sequence=session.sequence + 2 * course.earlier_seats + cancelled,
        url=url,
        description=f"{how_to_join(language)}\n{url}",
    )


def how_to_join(language: str) -> str:
    """From when the link works, and that it is personal."""
    return languages.texts(language)["layout"]["how_to_join"].format(minutes=settings().join_opens_minutes)


def _listed_sessions(claimed: ClaimedNotification, course: CourseDetails) -> list[CourseSession]:
    if claimed.template in CONFIRMATIONS:
        return list(course.sessions)
    if claimed.template == "sessions_moved":
        moved = {each.get("sessionId") for each in claimed.data.get("sessions", [])}
        return [each for each in course.sessions if str(each.id) in moved]
    return []


def _session_in(claimed: ClaimedNotification) -> CourseSession | None:
    """The session of a reminder, as it is planned now."""
    if claimed.template not in REMINDERS or claimed.course is None:
        return None
    return next((each for each in claimed.course.sessions if str(each.id) == claimed.data.get("sessionId")), None)


def _refund_policy(course: CourseDetails, now: datetime) -> dict[str, Any] | None:
    if course.policy is None:
        return None
    full, partial = course.policy.deadlines()
    return {
        "fullUntil": full.isoformat() if now <= full else None,
        "partialUntil": partial.isoformat() if partial and now <= partial else None,
        "partialPercent": course.policy.partial_refund_percent,
    }


def _id_in(data: Mapping[str, Any], name: str) -> str | None:
    try:
        return str(UUID(str(data[name])))
    except (KeyError, ValueError):
        return None
