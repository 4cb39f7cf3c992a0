"""One platform for all tests of reports."""

import pytest

from tests.deployed import Deployed
from tests.kept import emptied, kept
from tests.reports.office import Office

__all__ = ["emptied", "kept"]


@pytest.fixture
def office(emptied: Deployed) -> Office:
    return Office(emptied, emptied.profile(admin=True))
