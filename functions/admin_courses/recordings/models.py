"""Recordings as administrators upload and move them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StrictInt, model_validator

from shared.routing import Schema

type ProcessingStatus = Literal["uploading", "processing", "ready", "failed"]
type ContentType = Literal["video/mp4", "video/webm"]
type Title = Annotated[str, Field(min_length=1, max_length=200)]
type Minutes = Annotated[StrictInt, Field(ge=1, le=1440)]
type Url = Annotated[str, Field(max_length=2000, pattern=r"^https://")]

EXTENSIONS: dict[str, str] = {"video/mp4": "mp4", "video/webm": "webm"}


class NewRecording(Schema):
    """`fileSizeBytes` is checked against what arrives; 50 GiB at most."""

    event_id: UUID
    session_id: UUID | None = None
    title: Title
    content_type: ContentType = "video/mp4"
    file_size_bytes: Annotated[StrictInt, Field(ge=1, le=50 * 1024**3)]
    duration_minutes: Minutes | None = None
    thumbnail_url: Url | None = None


class CompletedPart(Schema):
    """A part as S3 answered it: `etag` is the header of that answer."""

    part_number: Annotated[StrictInt, Field(ge=1, le=10_000)]
    etag: Annotated[str, Field(min_length=1, max_length=100)]


class UploadCompletion(Schema):
    parts: Annotated[list[CompletedPart], Field(min_length=1, max_length=10_000)]


class RecordingChange(Schema):
    """What is given changes, the rest stays. `failureReason` only with `failed`."""

    title: Title | None = None
    duration_minutes: Minutes | None = None
    thumbnail_url: Url | None = None
    processing_status: Literal["ready", "failed"] | None = None
    failure_reason: Annotated[str, Field(min_length=1, max_length=500)] | None = None

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
    content_type: str
    processing_status: ProcessingStatus
    failure_reason: str | None
    duration_minutes: int | None
    file_size_bytes: int | None
    file_size_mb: float | None
    thumbnail_url: str | None
    created_at: datetime


class PartUrl(Schema):
    part_number: int
    url: str


class MultipartUpload(Schema):
    """PUT each part to its url before `expiresAt`; all have `partSizeBytes` but the last. Ask again for new links."""

    part_size_bytes: int
    parts: list[PartUrl]
    expires_at: datetime


class RecordingAnswer(Schema):
    success: bool = True
    recording: Recording


class UploadAnswer(RecordingAnswer):
    upload: MultipartUpload


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
