"""What S3 tells by EventBridge, and what is known of the recording that a file is for."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel


class BucketName(BaseModel):
    name: str


class StoredObject(BaseModel):
    key: str


class ObjectCreatedDetail(BaseModel):
    bucket: BucketName
    object: StoredObject


class ObjectCreated(BaseModel):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html"""

    detail: ObjectCreatedDetail

    @property
    def url(self) -> str:
        return f"s3://{self.detail.bucket.name}/{self.detail.object.key}"


@dataclass(frozen=True)
class AnnouncedRecording:
    """A recording whose file has arrived, as it was announced; `sizeBytes` is None where it was not."""

    id: UUID
    content_type: str
    file_size_bytes: int | None
