"""The files of certificates in S3: under keys nobody can guess, shown by links that last minutes."""

import secrets
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared.config import settings
from shared.errors import Unavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

LINK_SECONDS = 900


@cache
def _client() -> "S3Client":
    import boto3  # noqa: PLC0415 - 400 ms that only who prints or links pays
    from botocore.config import Config  # noqa: PLC0415

    # The bucket's regional address: the global one redirects, which a link's signature does not survive.
    regional: Any = {"addressing_style": "virtual"}
    limits = Config(connect_timeout=2, read_timeout=5, signature_version="s3v4", s3=regional)
    return boto3.client("s3", config=limits)


def new_pdf_key(certificate_id: UUID) -> str:
    return f"certificates/{certificate_id}/{secrets.token_urlsafe(24)}.pdf"


def pdf_url(key: str) -> str:
    """Where the file is, for the record; `link` is what people get."""
    return f"s3://{settings().documents_bucket}/{key}"


def put_pdf(key: str, pdf: bytes) -> None:
    """Store a file, again without harm; raises Unavailable."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - comes with boto3

    try:
        _client().put_object(Bucket=settings().documents_bucket, Key=key, Body=pdf, ContentType="application/pdf")
    except (BotoCoreError, ClientError) as error:
        raise Unavailable("Certificates cannot be stored now.") from error


def get(bucket: str, key: str) -> bytes | None:
    """A stored file, None when there is none."""
    client = _client()
    try:
        return client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except client.exceptions.NoSuchKey:
        return None


def list_keys(bucket: str, prefix: str) -> list[str]:
    pages = _client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [each["Key"] for page in pages for each in page.get("Contents", ()) if "Key" in each]


def link(key: str, number: str) -> str:
    """A link to the file for a quarter of an hour, made without asking S3."""
    return _client().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings().documents_bucket,
            "Key": key,
            "ResponseContentDisposition": f'inline; filename="{number}.pdf"',
            "ResponseContentType": "application/pdf",
        },
        ExpiresIn=LINK_SECONDS,
    )


def put_tree_head(key: str, statement: str) -> None:
    """Write a signed tree head where nobody can change it: the bucket has an object lock."""
    _client().put_object(
        Bucket=settings().tree_heads_bucket,
        Key=key,
        Body=statement.encode(),
        ContentType="application/json",
        ChecksumAlgorithm="SHA256",  # S3 asks for one where objects are locked
    )
