"""One platform for all tests of monitoring, with what sending mail needs."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.send_notifications.providers import ses
from tests.deployed import ENVIRONMENT, DeployedFunctions
from tests.kept import emptied, kept

__all__ = ["emptied", "kept"]


@pytest.fixture
def deployed(emptied: DeployedFunctions) -> Iterator[DeployedFunctions]:
    client: Any = boto3.client("sesv2")
    if not client.list_email_identities()["EmailIdentities"]:
        client.create_email_identity(EmailIdentity=ENVIRONMENT["EMAIL_FROM"])
    ses._client.cache_clear()  # pyright: ignore[reportPrivateUsage]
    yield emptied
    ses._client.cache_clear()  # pyright: ignore[reportPrivateUsage]
