"""Databases on every version of PostgreSQL, and databases with two people's rows in every table."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from local.postgres import Cluster, free_port
from tests.conftest import FAST, Database, cloned, create_template
from tests.programs import get
from tests.schema.world import populate, sample_rows
from tools.postgres_versions import binaries

VERSIONS = (15, 16, 17, 18)


@dataclass(frozen=True)
class Server:
    """A running server of one version and the name of its migrated template."""

    version: int
    cluster: Cluster
    template: str


@pytest.fixture(scope="session")
def servers(server_folder: Path) -> Iterator[Callable[[int], Server]]:
    """A server of a version, started when it is first asked for; fails, saying what to run, without its programs."""
    started: dict[int, Server] = {}

    def server_of(version: int) -> Server:
        if version not in started:
            get(sys.executable, "-m", "tools.postgres_versions")
            folder = server_folder / f"postgres-{version}"
            cluster = Cluster(folder, free_port(), settings=FAST, binaries=binaries(version)).start()
            started[version] = Server(version, cluster, create_template(cluster))
        return started[version]

    try:
        yield server_of
    finally:
        for server in started.values():
            server.cluster.stop()


@pytest.fixture(
    params=[pytest.param(version, marks=pytest.mark.xdist_group(f"postgres-{version}")) for version in VERSIONS],
    ids=lambda version: f"postgres-{version}",
)
def server(request: pytest.FixtureRequest, servers: Callable[[int], Server]) -> Server:
    """Each version in turn."""
    if request.param == 18:
        return Server(18, request.getfixturevalue("cluster"), request.getfixturevalue("template"))
    return servers(request.param)


@pytest.fixture
def populated(database: Database) -> Database:
    with database.look() as conn:
        populate(conn, sample_rows())
    return database


@pytest.fixture
def populated_on_each(server: Server) -> Iterator[Database]:
    """`populated` on every version of PostgreSQL."""
    with cloned(server.cluster, server.template) as database:
        with database.look() as conn:
            populate(conn, sample_rows())
        yield database


@pytest.fixture(scope="session")
def sample(cluster: Cluster, template: str) -> Iterator[Database]:
    """`populated`, one for all tests that roll back whatever they do."""
    with cloned(cluster, template) as database:
        with database.look() as conn:
            populate(conn, sample_rows())
        yield database


@pytest.fixture
def conn(populated: Database) -> Iterator[psycopg.Connection]:
    """A superuser's connection to `populated`, whom row level security and missing rights do not stop."""
    with populated.look() as superuser:
        yield superuser


@pytest.fixture
def sample_conn(sample: Database) -> Iterator[psycopg.Connection]:
    """A superuser's connection to `sample`, in a transaction that is rolled back."""
    with sample.look() as superuser, superuser.transaction(force_rollback=True):
        yield superuser
