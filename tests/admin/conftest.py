"""An administrator at work, on a platform that the tests of a module share."""

import pytest

from tests.admin.admin_client import AdminClient
from tests.deployed import DeployedFunctions
from tests.kept import emptied, kept

__all__ = ["emptied", "kept"]


@pytest.fixture
def client(emptied: DeployedFunctions) -> AdminClient:
    return AdminClient(emptied, emptied.profile(admin=True))
