"""Certificates' own part of the platform."""

from collections.abc import Iterator

import pytest

from tests.certificates.certificate_platform import Platform, certifying
from tests.deployed import DeployedFunctions
from tests.issuer import Issuer


@pytest.fixture
def platform(deployed: DeployedFunctions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    with certifying(deployed, monkeypatch) as ready:
        yield ready


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    server = Issuer()
    yield server
    server.close()
