"""The person's next sessions, and the way into one of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.routing import Schema


class NextSession(Schema):
    """A live session of a course that the caller has a seat in."""

    id: UUID
    event_id: UUID
    registration_id: UUID
    event_title: str
    """Title of the course."""
    title: str
    """Title of the session; empty without one."""
    starts_at: datetime
    ends_at: datetime
    time_zone: Annotated[str, Field(examples=["Asia/Kolkata"])]
    """The course's zone (IANA)."""
    join_url: str
    """The caller's own link into the meeting: it checks in, and works from `joinOpensAt` until the session's end."""
    join_opens_at: datetime
    """From when the link leads into the meeting."""


class NextSessions(Schema):
    success: bool = True
    sessions: list[NextSession]
    """Sessions that are not over, the soonest first."""


class CalendarLink(Schema):
    success: bool = True
    url: str
    """The address that a calendar subscribes to; whoever has it sees the sessions and may join them."""


class CalendarRevocation(Schema):
    success: bool = True


@dataclass(frozen=True)
class PlannedSession:
    """A session of a seat, as it is planned now."""

    id: UUID
    event_id: UUID
    registration_id: UUID
    event_title: str
    title: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    sequence: int
    earlier_seats: int


@dataclass(frozen=True)
class JoiningSeat:
    """A seat at the door of one session."""

    registration_id: UUID
    user_id: UUID
    event_id: UUID
    status: str
    payment_status: str
    event_status: str
    event_title: str
    time_zone: str
    starts_at: datetime
    ends_at: datetime
    meeting_url: str | None
    language: str
