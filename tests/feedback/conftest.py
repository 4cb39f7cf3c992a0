"""One platform for all tests of feedback."""

import pytest

from tests.deployed import DeployedFunctions
from tests.kept import emptied, kept

__all__ = ["emptied", "kept"]


@pytest.fixture
def deployed(emptied: DeployedFunctions) -> DeployedFunctions:
    return emptied
