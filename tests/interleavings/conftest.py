"""A platform simulation on the deployment that the tests of a module share."""

from collections.abc import Iterator

import pytest

from tests.deployed import DeployedFunctions
from tests.kept import emptied, kept
from tests.seats.simulation import PlatformSimulation

__all__ = ["emptied", "kept"]


@pytest.fixture
def simulation(emptied: DeployedFunctions) -> Iterator[PlatformSimulation]:
    with emptied.database.look() as look:
        look.execute("create sequence if not exists public.ids")  # `reset` counts from the start again
        yield PlatformSimulation(emptied.database, look)
