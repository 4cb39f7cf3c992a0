"""The database module, seen from its connection."""

from collections.abc import Iterator

import pytest

from tests.database.link import Link
from tests.deployed import DeployedFunctions, linked


@pytest.fixture
def link(deployed: DeployedFunctions) -> Iterator[Link]:
    """The link that the functions reach their database by."""
    with linked(deployed) as link:
        yield link
