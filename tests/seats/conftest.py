"""A school on a database of its own."""

from collections.abc import Iterator

import pytest

from tests.conftest import Database
from tests.deployed import Deployed
from tests.seats.school import School


@pytest.fixture
def school(database: Database, deployed: Deployed) -> Iterator[School]:
    with database.look() as look:
        yield School(database, look)
