"""Recordings as the student sees them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictInt

from shared.routing import Schema


class Recording(Schema):
    """`positionSeconds`: how far the caller has watched."""

    id: UUID
    event_id: UUID
    session_id: UUID | None
    title: str
    duration_minutes: int | None
    file_size_mb: float | None
    thumbnail_url: str | None
    position_seconds: int
    created_at: datetime


class RecordingList(Schema):
    success: bool = True
    recordings: list[Recording]


class Playback(Schema):
    """`url` works until `expiresAt`, 15 minutes at most; ask again for more."""

    success: bool = True
    url: str
    expires_at: datetime
    content_type: str
    position_seconds: int


class PlaybackPosition(Schema):
    position_seconds: Annotated[StrictInt, Field(ge=0, le=86_400)]


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
