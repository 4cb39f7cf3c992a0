"""A live session as a calendar entry (iCalendar, RFC 5545), to be attached to mails about it.

Published, not requested (RFC 5546, section 3.2.1): the student has a seat already and need not answer.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.notifications.rendering import printable

FILE_NAME = "session.ics"
CONTENT_TYPE = "text/calendar; charset=utf-8; method=PUBLISH"
LINE_OCTETS = 75
ALARM = timedelta(minutes=15)


def invite(data: Mapping[str, Any], user_id: UUID, *, organizer: str, now: datetime) -> bytes | None:
    """The calendar file of the session, or the `sessions`, that a notification's data tells about; None for none.

    Session and student make the UID and every move raises the SEQUENCE, so a later mail updates the same entry.
    """
    sessions = [{**data, **each} for each in data.get("sessions", [{}])]
    if not all({"sessionId", "startsAt", "endsAt", "eventTitle"} <= each.keys() for each in sessions):
        return None
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Crash course//Sessions//EN", "METHOD:PUBLISH"]
    lines += (line for each in sessions for line in _entry(each, user_id, organizer, now))
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line)).encode()


def _entry(data: Mapping[str, Any], user_id: UUID, organizer: str, now: datetime) -> Iterator[str]:
    yield from (
        "BEGIN:VEVENT",
        f"UID:{data['sessionId']}.{user_id}@{organizer.rpartition('@')[2]}",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(datetime.fromisoformat(data['startsAt']))}",
        f"DTEND:{_utc(datetime.fromisoformat(data['endsAt']))}",
        f"SEQUENCE:{int(data.get('sequence') or 0)}",
        f"ORGANIZER:mailto:{organizer}",
        f"SUMMARY:{_text(_title(data))}",
        "STATUS:CONFIRMED",
    )
    if link := data.get("meetingUrl"):
        yield f"LOCATION:{_text(link)}"
    yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{_text(_title(data))}")
    yield from (f"TRIGGER:-PT{ALARM // timedelta(minutes=1)}M", "END:VALARM", "END:VEVENT")


def _title(data: Mapping[str, Any]) -> str:
    """The session's own title, where it has one, behind the course's."""
    course, session = str(data["eventTitle"]), str(data.get("sessionTitle") or "")
    return course if session in ("", course) else f"{course}: {session}"


def _utc(instant: datetime) -> str:
    """RFC 5545, 3.3.5, form 2: in UTC an instant means the same in every calendar."""
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: object) -> str:
    """RFC 5545, 3.3.11."""
    return printable(str(value)).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> Iterator[str]:
    """RFC 5545, 3.1: at most 75 octets a line, and no character cut in two."""
    while len(line.encode()) > LINE_OCTETS:
        piece = line.encode()[:LINE_OCTETS].decode(errors="ignore")
        yield piece
        line = f" {line[len(piece) :]}"
    yield line
