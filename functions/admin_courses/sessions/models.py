"""The live sessions of a course as administrators plan them."""

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from shared.plain_text import Line, MeetingUrl
from shared.routing import Schema

DEFAULT_DURATION = timedelta(hours=2)

type Title = Annotated[Line, Field(max_length=200)]


class NewSession(Schema):
    title: Title = ""
    """Title of the session."""
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    """When it ends; two hours after the start if left out."""
    meeting_url: MeetingUrl | None = None
    """Meeting of this session alone; null for the course's. Students join by links of their own."""

    @property
    def end(self) -> datetime:
        return self.ends_at or self.starts_at + DEFAULT_DURATION

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.end <= self.starts_at:
            raise ValueError("endsAt must be after startsAt")
        return self


class SessionChange(Schema):
    """Fields that are left out stay."""

    title: Title | None = None
    """Title of the session."""
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    meeting_url: MeetingUrl | None = None
    """Meeting of this session alone; null for the course's from now on."""


class Session(Schema):
    """A live session of a course."""

    id: UUID
    event_id: UUID
    title: str
    """Title of the session; empty without one."""
    starts_at: datetime
    ends_at: datetime
    meeting_url: str | None
    """Meeting of this session alone; null for the course's."""
    attended: bool
    """Somebody has checked in: it can neither be removed nor start at another time."""


class SessionAnswer(Schema):
    success: bool = True
    session: Session


class SessionList(Schema):
    success: bool = True
    sessions: list[Session]
