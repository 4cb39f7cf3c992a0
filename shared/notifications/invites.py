"""Live sessions as calendar entries (iCalendar, RFC 5545), as mails and feeds carry them.

Mails are iTIP (RFC 5546): clients change an entry on METHOD:REQUEST with the same UID, an ORGANIZER and a higher
SEQUENCE; with PUBLISH Outlook and Google add another one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from shared.notifications.rendering import printable

if TYPE_CHECKING:
    from icalendar import Calendar, Event, vCalAddress

FILE_NAME = "session.ics"
ALARM = timedelta(minutes=15)
type Method = Literal["REQUEST", "CANCEL"]


@dataclass(frozen=True)
class CalendarEntry:
    """One live session in one person's calendar. `sequence` rises with every change, also over a seat taken again."""

    session_id: UUID
    course: str
    title: str
    starts_at: datetime
    ends_at: datetime
    sequence: int
    url: str | None = None
    description: str = ""

    @property
    def summary(self) -> str:
        """The session's own title, where it has one, behind the course's."""
        return self.course if self.title in ("", self.course) else f"{self.course}: {self.title}"


@dataclass(frozen=True)
class CalendarPerson:
    """Whose calendar it is."""

    user_id: UUID
    name: str
    email: str


def invitation(
    entry: CalendarEntry, person: CalendarPerson, method: Method, *, organizer: str, platform: str, now: datetime
) -> bytes:
    """What a mail brings into its reader's calendar, or takes out: one UID a message (RFC 5546, section 3.2).

    The student has a seat already, so the attendance is accepted and no reply is wanted.
    """
    calendar = _calendar(platform)
    calendar.add("method", method)
    event = _event(entry, person.user_id, organizer, platform, now, cancelled=method == "CANCEL")
    event.add("attendee", _attendee(person), encode=False)
    calendar.add_component(event)
    return calendar.to_ical()


def feed(entries: Iterable[CalendarEntry], user_id: UUID, *, organizer: str, platform: str, now: datetime) -> bytes:
    """A calendar to subscribe to; the UIDs are those of the mails."""
    calendar = _calendar(platform)
    calendar.add("x-wr-calname", platform)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for entry in entries:
        calendar.add_component(_event(entry, user_id, organizer, platform, now))
    return calendar.to_ical()


def _calendar(platform: str) -> "Calendar":
    from icalendar import Calendar  # noqa: PLC0415 - 200 ms that only who makes an entry pays

    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//{printable(platform)}//Sessions//EN")
    return calendar


def _event(
    entry: CalendarEntry, user_id: UUID, organizer: str, platform: str, now: datetime, *, cancelled: bool = False
) -> "Event":
    from icalendar import Alarm, Event, vCalAddress  # noqa: PLC0415

    event = Event()
    event.add("uid", f"{entry.session_id}.{user_id}@{organizer.rpartition('@')[2]}")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", entry.starts_at.astimezone(UTC))  # in UTC an instant means the same in every calendar
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("sequence", entry.sequence)
    event.add("summary", printable(entry.summary))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    address = vCalAddress(f"mailto:{organizer}")
    address.params["CN"] = _parameter(platform)
    event.add("organizer", address, encode=False)
    if cancelled:
        return event
    if entry.description:
        event.add("description", entry.description)
    if entry.url:
        event.add("location", entry.url)
        event.add("url", entry.url)
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", printable(entry.summary))
    alarm.add("trigger", -ALARM)
    event.add_component(alarm)
    return event


def _attendee(person: CalendarPerson) -> "vCalAddress":
    from icalendar import vCalAddress  # noqa: PLC0415

    attendee = vCalAddress(f"mailto:{person.email}")
    attendee.params |= {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    attendee.params["CN"] = _parameter(person.name) or person.email
    return attendee


def _parameter(text: str) -> str:
    """RFC 5545, 3.1: a parameter's value has no double quotes."""
    return printable(text).replace('"', "'")
