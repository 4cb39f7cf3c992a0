"""Recordings as the student sees them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictInt

from shared.routing import Schema


class Recording(Schema):
    """A recording that can be watched."""

    id: UUID
    event_id: UUID
    session_id: UUID | None
    """The live session it is of; null for none in particular."""
    title: str
    """Title of the recording."""
    duration_minutes: int | None
    file_size_mb: float | None
    thumbnail_url: str | None
    position_seconds: int
    created_at: datetime


class RecordingList(Schema):
    success: bool = True
    recordings: list[Recording]


class Playback(Schema):
    """A link to watch a recording."""

    success: bool = True
    url: str
    """Link to the video; ask for a new one after `expiresAt`."""
    expires_at: datetime
    """Until when `url` works, 15 minutes at most."""
    content_type: str
    position_seconds: int


class PlaybackPosition(Schema):
    position_seconds: Annotated[StrictInt, Field(ge=0, le=86_400)]
    """How far the caller has watched, in seconds from the start."""


class PositionAnswer(PlaybackPosition):
    success: bool = True
    recording_id: UUID


@dataclass(frozen=True)
class RecordingAccess:
    """Where a student stands with a course."""

    status: str
    payment_status: str


@dataclass(frozen=True)
class StoredVideo:
    """Where a recording is, and how far the student has watched."""

    video_url: str
    content_type: str
    position_seconds: int
