"""The notification functions on a real database, with moto for AWS."""

from collections.abc import Iterator

import pytest

from tests.conftest import Database
from tests.notifications.notification_platform import Environment, Platform, configured, secret_values


@pytest.fixture
def platform(database: Database, moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    with configured(database, moto_url, monkeypatch) as platform:
        yield platform


@pytest.fixture
def environment(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """For tests that need no database."""
    environment = Environment(moto_url, monkeypatch)
    environment.start(secret_values())
    return environment
