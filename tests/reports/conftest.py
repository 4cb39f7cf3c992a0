"""One platform for all tests of reports."""

import pytest

from tests.deployed import DeployedFunctions
from tests.kept import emptied, kept
from tests.reports.office import ReportReader

__all__ = ["emptied", "kept"]


@pytest.fixture
def office(emptied: DeployedFunctions) -> ReportReader:
    return ReportReader(emptied, emptied.profile(admin=True))
