"""An administrator at work, on a platform that the tests of a module share."""

import pytest

from tests.admin.office import Office
from tests.deployed import Deployed
from tests.kept import emptied, kept

__all__ = ["emptied", "kept"]


@pytest.fixture
def office(emptied: Deployed) -> Office:
    return Office(emptied, emptied.profile(admin=True))
