"""A platform with two people's rows in every table, for requests of every kind to every route."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from local.razorpay.server import FakeRazorpay
from tests.access.world import World, inhabit
from tests.deployed import KEY_ID, KEY_SECRET, WEBHOOK_SECRET, DeployedFunctions
from tests.kept import kept

__all__ = ["kept"]


@pytest.fixture(scope="module")
def world(kept: DeployedFunctions) -> Iterator[World]:
    """The tests of a module go on where the one before left it.

    Razorpay is there, and knows nothing: who reconciles would try for seconds to reach one that is down.
    """
    storage: Any = boto3.client("s3")
    for bucket in ("documents", "recordings"):
        storage.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-south-1"})
    with FakeRazorpay(
        key_id=KEY_ID,
        key_secret=KEY_SECRET,
        webhook_secret=WEBHOOK_SECRET,
        webhook_url="http://127.0.0.1:9/",
        hold=True,
        seed=1,
    ) as razorpay:
        kept.set(RAZORPAY_BASE_URL=razorpay.url)
        yield inhabit(kept)
