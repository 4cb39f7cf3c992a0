"""The files of recordings in S3: uploaded in parts and watched by links that last minutes."""

import math
import secrets
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from shared.config import settings
from shared.errors import Unavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

PLAYBACK = timedelta(minutes=15)
UPLOAD = timedelta(hours=1)
PART_BYTES = 64 * 1024 * 1024
"""S3 takes at most 10,000 parts of at least 5 MiB; 50 GiB are 800 of these."""
FIRST_BYTES = 16


class UploadGone(Exception):
    """S3 knows no such open upload: completed, aborted or never begun."""


class PartsRefused(Exception):
    """The parts named are not those that were uploaded."""


@cache
def _client() -> "S3Client":
    import boto3  # noqa: PLC0415 - 400 ms that only who needs it pays
    from botocore.config import Config  # noqa: PLC0415

    # Virtual hosts: a link to the global endpoint would be redirected, which its signature does not survive.
    # Checksums only where required: the browser that uploads a part sends none.
    config = Config(
        connect_timeout=2,
        read_timeout=10,
        signature_version="s3v4",
        s3={"addressing_style": "virtual"},
        request_checksum_calculation="when_required",
    )
    return boto3.client("s3", config=config)


def new_key(recording_id: UUID, extension: str) -> str:
    """A name for a recording's file that nobody can guess."""
    return f"recordings/{recording_id}/{secrets.token_urlsafe(24)}.{extension}"


def url_of(key: str) -> str:
    """Where the file is, for the record; `playback_link` is what people get."""
    return f"s3://{settings().recordings_bucket}/{key}"


def key_of(url: str) -> str:
    return url.removeprefix(f"s3://{settings().recordings_bucket}/")


def begin_upload(key: str, content_type: str) -> str:
    """Open a multipart upload; returns its id. Raises Unavailable. One never completed is dropped after 7 days."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - comes with boto3

    try:
        answer = _client().create_multipart_upload(
            Bucket=settings().recordings_bucket, Key=key, ContentType=content_type
        )
    except (BotoCoreError, ClientError) as error:
        raise Unavailable("Recordings cannot be stored now.") from error
    return answer["UploadId"]


def part_links(key: str, upload_id: str, size_bytes: int) -> list[str]:
    """A link for each part, the first one first; all have PART_BYTES but the last. Made without asking S3."""
    return [
        _client().generate_presigned_url(
            "upload_part",
            Params={
                "Bucket": settings().recordings_bucket,
                "Key": key,
                "UploadId": upload_id,
                "PartNumber": number,
            },
            ExpiresIn=int(UPLOAD.total_seconds()),
        )
        for number in range(1, math.ceil(size_bytes / PART_BYTES) + 1)
    ]


def complete_upload(key: str, upload_id: str, etags: Iterable[tuple[int, str]]) -> None:
    """Make one file of the parts; raises UploadGone, PartsRefused and Unavailable."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - comes with boto3

    client = _client()
    try:
        client.complete_multipart_upload(
            Bucket=settings().recordings_bucket,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in etags]},
        )
    except client.exceptions.NoSuchUpload as error:
        raise UploadGone from error
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in ("InvalidPart", "InvalidPartOrder", "EntityTooSmall", "MalformedXML"):
            raise PartsRefused(code) from error
        raise Unavailable("Recordings cannot be stored now.") from error
    except BotoCoreError as error:
        raise Unavailable("Recordings cannot be stored now.") from error


def size_of(key: str) -> int | None:
    """Bytes of a stored file, None when there is none."""
    client = _client()
    try:
        return client.head_object(Bucket=settings().recordings_bucket, Key=key)["ContentLength"]
    except client.exceptions.ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
            return None
        raise


def first_bytes(key: str) -> bytes:
    """The beginning of a stored file."""
    answer = _client().get_object(Bucket=settings().recordings_bucket, Key=key, Range=f"bytes=0-{FIRST_BYTES - 1}")
    return answer["Body"].read(FIRST_BYTES)


def playback_link(url: str, content_type: str) -> str:
    """A link to a recording's file for a quarter of an hour, made without asking S3."""
    return _client().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings().recordings_bucket,
            "Key": key_of(url),
            "ResponseContentType": content_type,
            "ResponseContentDisposition": "inline",
        },
        ExpiresIn=int(PLAYBACK.total_seconds()),
    )
