"""A recordings bucket, a course with students, and an administrator."""

from collections.abc import Iterator

import boto3
import pytest

from shared.recordings import storage
from tests.deployed import ENVIRONMENT, Deployed
from tests.recordings.studio import Studio


@pytest.fixture
def studio(deployed: Deployed) -> Iterator[Studio]:
    storage._client.cache_clear()  # pyright: ignore[reportPrivateUsage] - as in a fresh execution environment
    region = {"LocationConstraint": ENVIRONMENT["AWS_DEFAULT_REGION"]}
    boto3.client("s3").create_bucket(
        Bucket=ENVIRONMENT["RECORDINGS_BUCKET"],
        CreateBucketConfiguration=region,  # pyright: ignore[reportArgumentType]
    )
    yield Studio(deployed, deployed.event(), deployed.profile(admin=True))
    storage._client.cache_clear()  # pyright: ignore[reportPrivateUsage]
