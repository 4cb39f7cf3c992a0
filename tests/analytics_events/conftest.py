"""One platform for all tests of tracking, and an issuer of tokens."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared import config, tokens
from tests.deployed import DeployedFunctions
from tests.issuer import Issuer
from tests.kept import kept

__all__ = ["kept"]


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    server = Issuer()
    yield server
    server.close()


@pytest.fixture
def deployed(kept: DeployedFunctions, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedFunctions]:
    """The shared platform with nothing tracked in it."""
    kept.rows("truncate analytics_events, private.analytics_quotas")
    deployed = replace(kept, monkeypatch=monkeypatch)
    deployed.set(TOKEN_JWKS_URL=issuer.jwks_url)
    tokens._keys.cache_clear()  # pyright: ignore[reportPrivateUsage]
    yield deployed
    tokens._keys.cache_clear()  # pyright: ignore[reportPrivateUsage]
    config.settings.cache_clear()
