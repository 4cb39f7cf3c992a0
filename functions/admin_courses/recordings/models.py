"""Recordings as administrators upload and move them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StrictInt, model_validator

from shared.plain_text import Line
from shared.routing import Schema

type ProcessingStatus = Literal["uploading", "processing", "ready", "failed"]
type ContentType = Literal["video/mp4", "video/webm"]
type Title = Annotated[Line, Field(min_length=1, max_length=200)]
type Minutes = Annotated[StrictInt, Field(ge=1, le=1440)]
type Url = Annotated[str, Field(max_length=2000, pattern=r"^https://")]

EXTENSIONS: dict[str, str] = {"video/mp4": "mp4", "video/webm": "webm"}


class NewRecording(Schema):
    """A file to upload in parts."""

    event_id: UUID
    session_id: UUID | None = None
    title: Title
    """Title of the recording."""
    content_type: ContentType = "video/mp4"
    file_size_bytes: Annotated[StrictInt, Field(ge=1, le=50 * 1024**3)]
    """Size of the file in bytes, compared with what arrives; 50 GiB at most."""
    duration_minutes: Minutes | None = None
    thumbnail_url: Url | None = None


class CompletedPart(Schema):
    """A part that S3 has taken."""

    part_number: Annotated[StrictInt, Field(ge=1, le=10_000)]
    """Number of the part, from 1."""
    etag: Annotated[str, Field(min_length=1, max_length=100)]
    """The header `ETag` of S3's answer."""


class UploadCompletion(Schema):
    parts: Annotated[list[CompletedPart], Field(min_length=1, max_length=10_000)]
    """Every part, in order."""


class RecordingChange(Schema):
    """Fields that are left out stay."""

    title: Title | None = None
    """Title of the recording."""
    duration_minutes: Minutes | None = None
    thumbnail_url: Url | None = None
    processing_status: Literal["ready", "failed"] | None = None
    """`failed` hides it from students, `ready` shows it again."""
    failure_reason: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """Why it is hidden; only with `failed`, and required there."""

    @model_validator(mode="after")
    def _check_failure_reason(self) -> Self:
        if (self.failure_reason is not None) != (self.processing_status == "failed"):
            raise ValueError("failureReason and the status failed go together")
        return self


class Recording(Schema):
    id: UUID
    event_id: UUID
    session_id: UUID | None
    title: str
    """Title of the recording."""
    content_type: str
    processing_status: ProcessingStatus
    failure_reason: str | None
    duration_minutes: int | None
    file_size_bytes: int | None
    """Size of the file in bytes; null while it is not known."""
    file_size_mb: float | None
    thumbnail_url: str | None
    created_at: datetime


class PartUrl(Schema):
    part_number: int
    """Number of the part, from 1."""
    url: str
    """Where to PUT the part."""


class MultipartUpload(Schema):
    """Links for the parts of a file."""

    part_size_bytes: int
    """Size of every part but the last."""
    parts: list[PartUrl]
    """The parts that are still missing."""
    expires_at: datetime
    """Until when the links work; ask for new ones after that."""


class RecordingAnswer(Schema):
    success: bool = True
    recording: Recording


class UploadAnswer(RecordingAnswer):
    upload: MultipartUpload
    """Where to upload the file."""


class RecordingList(Schema):
    success: bool = True
    recordings: list[Recording]
    next_cursor: str | None


@dataclass(frozen=True)
class StoredUpload:
    """What an upload needs to go on."""

    video_url: str
    content_type: str
    processing_status: ProcessingStatus
    upload_id: str | None
    file_size_bytes: int | None
