"""A platform with two people's rows in every table, for requests of every kind to every route."""

from typing import Any

import boto3
import pytest

from tests.access.world import World, inhabit
from tests.deployed import Deployed
from tests.kept import kept

__all__ = ["kept"]


@pytest.fixture(scope="module")
def world(kept: Deployed) -> World:
    """The tests of a module go on where the one before left it."""
    storage: Any = boto3.client("s3")
    for bucket in ("documents", "recordings"):
        storage.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-south-1"})
    return inhabit(kept)
