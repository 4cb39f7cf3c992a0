"""PostgreSQL for the tests: one server a worker, one database a test, cloned from a migrated template."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from local.postgres import Cluster, free_port
from sql.migrate import apply

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "400",
    "shared_buffers": "256MB",
    "autovacuum": "off",
}
_serial = count(1)


@dataclass(frozen=True)
class Database:
    """One test's database, by the three ways to log in."""

    cluster: Cluster
    name: str

    @property
    def superuser_url(self) -> str:
        return self.cluster.url(self.name)

    @property
    def owner_url(self) -> str:
        return self.cluster.url(self.name, user="platform_owner")

    @property
    def app_url(self) -> str:
        return self.cluster.url(self.name, user="app_login")

    @property
    def worker_url(self) -> str:
        return self.cluster.url(self.name, user="worker_login")

    def look(self) -> psycopg.Connection:
        """A superuser's connection, autocommit, for arranging and looking inside."""
        return psycopg.connect(self.superuser_url, autocommit=True)


def create_owner(cluster: Cluster) -> None:
    """The migrations' role as a cloud gives it: may create roles and databases, is no superuser, bypasses nothing."""
    with psycopg.connect(cluster.url(), autocommit=True) as admin:
        admin.execute("create role platform_owner login createrole createdb")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("postgres")
    server = Cluster(folder / "data", free_port(), settings=FAST).start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    create_owner(cluster)
    with psycopg.connect(cluster.url(), autocommit=True) as admin:
        admin.execute("create database template_platform owner platform_owner")
    apply(cluster.url("template_platform", user="platform_owner"))
    return "template_platform"


@pytest.fixture
def database(cluster: Cluster, template: str) -> Iterator[Database]:
    name = f"test_{next(_serial)}"
    with psycopg.connect(cluster.url(), autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {} strategy file_copy owner platform_owner").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        yield Database(cluster, name)
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def shared_folder() -> Path:
    """The contract's payload files, when the checkout has them beside it."""
    return Path(__file__).parent.parent.parent / "shared"
