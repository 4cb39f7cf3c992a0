"""The live sessions of a course as administrators plan them."""

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from shared.routing import Schema

DEFAULT_DURATION = timedelta(hours=2)

type Title = Annotated[str, Field(max_length=200)]


class NewSession(Schema):
    """Two hours long when `endsAt` is left out. Times with an offset."""

    title: Title = ""
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None

    @property
    def end(self) -> datetime:
        return self.ends_at or self.starts_at + DEFAULT_DURATION

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.end <= self.starts_at:
            raise ValueError("endsAt must be after startsAt")
        return self


class SessionChange(Schema):
    """What is given changes, the rest stays."""

    title: Title | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None


class Session(Schema):
    """`attended`: somebody has checked in, so that it can neither be removed nor begin at another time."""

    id: UUID
    event_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    attended: bool


class SessionAnswer(Schema):
    success: bool = True
    session: Session


class SessionList(Schema):
    success: bool = True
    sessions: list[Session]
