"""A school on the platform that the tests of a module share."""

from collections.abc import Iterator

import pytest

from tests.deployed import Deployed
from tests.kept import emptied, kept
from tests.seats.school import School

__all__ = ["emptied", "kept"]


@pytest.fixture
def school(emptied: Deployed) -> Iterator[School]:
    with emptied.database.look() as look:
        look.execute("create sequence if not exists public.ids")  # `forget` counts from the start again
        yield School(emptied.database, look)
