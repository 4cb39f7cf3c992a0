"""A recordings bucket, a course with students, and an administrator."""

from collections.abc import Iterator

import boto3
import pytest

from shared.recordings import storage
from tests.deployed import ENVIRONMENT, DeployedFunctions
from tests.kept import emptied, kept
from tests.recordings.studio import Studio

__all__ = ["emptied", "kept"]


@pytest.fixture(scope="module")
def bucket(kept: DeployedFunctions) -> Iterator[None]:
    storage._client.cache_clear()  # pyright: ignore[reportPrivateUsage] - as in a fresh execution environment
    region = {"LocationConstraint": ENVIRONMENT["AWS_DEFAULT_REGION"]}
    boto3.client("s3").create_bucket(
        Bucket=ENVIRONMENT["RECORDINGS_BUCKET"],
        CreateBucketConfiguration=region,  # pyright: ignore[reportArgumentType]
    )
    yield
    storage._client.cache_clear()  # pyright: ignore[reportPrivateUsage]


@pytest.fixture
def studio(emptied: DeployedFunctions, bucket: None) -> Studio:
    return Studio(emptied, emptied.event(), emptied.profile(admin=True))
