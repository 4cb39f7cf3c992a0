"""Databases on every version of PostgreSQL, and databases with two people's rows in every table."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from local.postgres import Cluster, free_port
from tests.conftest import FAST, Database, cloned, create_template
from tests.schema.world import populate, sample_rows
from tools.postgres_versions import binaries

VERSIONS = (15, 16, 17, 18)


@dataclass(frozen=True)
class Server:
    """A running server of one version and the name of its migrated template."""

    version: int
    cluster: Cluster
    template: str


@pytest.fixture(
    scope="session",
    params=[pytest.param(version, marks=pytest.mark.xdist_group(f"postgres-{version}")) for version in VERSIONS],
    ids=lambda version: f"postgres-{version}",
)
def server(request: pytest.FixtureRequest, server_folder: Path) -> Iterator[Server]:
    """Each version in turn; fails, saying what to run, where its programs are missing."""
    if request.param == 18:
        yield Server(18, request.getfixturevalue("cluster"), request.getfixturevalue("template"))
        return
    folder = server_folder / f"postgres-{request.param}"
    cluster = Cluster(folder, free_port(), settings=FAST, binaries=binaries(request.param)).start()
    try:
        yield Server(request.param, cluster, create_template(cluster))
    finally:
        cluster.stop()


@pytest.fixture
def populated(database: Database) -> Database:
    with database.look() as conn:
        populate(conn, sample_rows())
    return database


@pytest.fixture
def conn(populated: Database) -> Iterator[psycopg.Connection]:
    """A superuser's connection to `populated`, whom row level security and missing rights do not stop."""
    with populated.look() as superuser:
        yield superuser


@pytest.fixture
def populated_on_each(server: Server) -> Iterator[Database]:
    """`populated` on every version of PostgreSQL."""
    with cloned(server.cluster, server.template) as database:
        with database.look() as conn:
            populate(conn, sample_rows())
        yield database
