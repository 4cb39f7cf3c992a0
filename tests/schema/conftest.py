"""A database with two people's rows in every table."""

import pytest

from tests.conftest import Database
from tests.schema.world import Table, admin, populate, profile, world

NAMES = ("ann", "ben", "carol", "root")


def sample_rows() -> list[Table]:
    """ann and ben have a row in every table, carol has a profile only, root is the administrator."""
    return [*map(profile, NAMES), admin("root"), *world("ann", 1, "root"), *world("ben", 2, "root")]


def spare_rows() -> list[Table]:
    """One more row of every table that could follow `sample_rows`, all ann's."""
    return [profile("dora"), admin("ann"), *world("ann", 3, "root")]


@pytest.fixture
def populated(database: Database) -> Database:
    with database.look() as conn:
        populate(conn, sample_rows())
    return database
