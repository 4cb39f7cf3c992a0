"""PostgreSQL for the tests: one server a worker, one database a test, cloned from a migrated template."""

import signal
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from _pytest.nodeid import NodeId
from moto.server import ThreadedMotoServer
from psycopg import sql

from local.postgres import Cluster, free_port
from sql.migrate import apply
from tests import egress
from tests.deployed import DeployedFunctions, running
from tests.log import Log
from tests.pgbouncer import STATEMENT_LOG, PgBouncer, session_bound

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
    """One test's database, by the three ways to log in; the Lambdas' logins go through `pooler` where there is one."""

    cluster: Cluster
    name: str
    pooler: PgBouncer | None = None

    @property
    def superuser_url(self) -> str:
        return self.cluster.url(self.name)

    @property
    def owner_url(self) -> str:
        return self.cluster.url(self.name, user="platform_owner")

    def login_url(self, level: str) -> str:
        """By the login of a trust level: `public`, `user`, `admin` or `worker`."""
        return (self.pooler or self.cluster).url(self.name, user=f"{level}_login")

    @property
    def worker_url(self) -> str:
        return self.login_url("worker")

    def look(self) -> psycopg.Connection:
        """A superuser's connection, autocommit, for arranging and looking inside."""
        return psycopg.connect(self.superuser_url, autocommit=True)


def create_owner(cluster: Cluster) -> None:
    """The migrations' role as a cloud gives it: may create roles and databases, is no superuser, bypasses nothing."""
    with psycopg.connect(cluster.url(), autocommit=True) as admin:
        admin.execute("create role platform_owner login createrole createdb")


def create_template(cluster: Cluster) -> str:
    """A migrated database to clone from, owned by the migrations' role; returns its name."""
    create_owner(cluster)
    with psycopg.connect(cluster.url(), autocommit=True) as admin:
        admin.execute("create database template_platform owner platform_owner")
    apply(cluster.url("template_platform", user="platform_owner"))
    return "template_platform"


@contextmanager
def cloned(cluster: Cluster, template: str, pooler: PgBouncer | None = None) -> Generator[Database]:
    """A copy of `template` for as long as the block lasts."""
    name = f"test_{next(_serial)}"
    with psycopg.connect(cluster.url(), autocommit=True) as admin:
        # The owner too is copied: foreign keys look at their tables as it, and it needs its schema for that.
        admin.execute(
            sql.SQL("create database {} template {} strategy file_copy owner platform_owner").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        try:
            yield Database(cluster, name, pooler)
        finally:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


THROUGH_PGBOUNCER = {"account", "events", "registrations"}
"""The folders whose tests run a second time, with --pgbouncer."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--pgbouncer",
        action="store_true",
        help="log the Lambdas' roles in through PgBouncer in transaction mode, two backends each, and refuse"
        " statements that leave something behind in a session",
    )


def pytest_configure() -> None:
    """End as on Ctrl-C when told to stop, so that the servers end too; and stay on this machine."""
    egress.guard()

    def stop(_signal: int, _frame: object) -> None:
        pytest.exit("terminated", returncode=143)

    signal.signal(signal.SIGTERM, stop)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """No module starts a program when it is imported: its failure would end the run of whoever chose other tests."""
    with egress.no_programs():
        return (yield)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run only whole parts through PgBouncer, and keep tests of one xdist_group on one worker.

    pytest-xdist 3.8 writes to where pytest 9.2 no longer keeps ids.
    """
    if config.getoption("--pgbouncer"):
        items[:] = [item for item in items if item.path.parent.name in THROUGH_PGBOUNCER]
    for item in items if config.getoption("loadgroup", False) else []:
        if group := item.get_closest_marker("xdist_group"):
            item._id = NodeId.parse(f"{item.nodeid}@{group.args[0]}")  # pyright: ignore[reportPrivateUsage]


@pytest.fixture(autouse=True)
def loopback_only() -> Iterator[None]:
    """Fail whoever wanted to reach another machine, even where that was taken for an outage."""
    yield
    assert egress.refused() == []


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """AWS for who keeps clients between tests: one server for all of them, so that no kept client knows another."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """For servers that run as another user than root: every pytest that starts shuts pytest's own folders to others."""
    with TemporaryDirectory(prefix="servers-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def cluster(server_folder: Path, pytestconfig: pytest.Config) -> Iterator[Cluster]:
    folder = server_folder / "postgres"
    pooled = bool(pytestconfig.getoption("--pgbouncer"))
    server = Cluster(folder, free_port(), settings=FAST | (STATEMENT_LOG if pooled else {})).start()
    try:
        yield server
    finally:
        server.stop()
    if pooled:
        with (folder / "server.log").open(errors="replace") as log:
            assert list(islice(session_bound(log), 10)) == []


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    return create_template(cluster)


@pytest.fixture(scope="session")
def pgbouncer(cluster: Cluster, server_folder: Path) -> Iterator[PgBouncer]:
    """PgBouncer in transaction mode before `cluster`, two backends for each login and database."""
    pooler = PgBouncer(server_folder / "pgbouncer", cluster, pool_size=2).start()
    try:
        yield pooler
    finally:
        pooler.stop()


@pytest.fixture
def database(cluster: Cluster, template: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    pooler = request.getfixturevalue("pgbouncer") if request.config.getoption("--pgbouncer") else None
    with cloned(cluster, template, pooler) as database:
        yield database


@pytest.fixture
def shared_folder() -> Path:
    """The contract's payload files, when the checkout has them beside it."""
    return Path(__file__).parent.parent.parent / "shared"


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Log]:
    """What the functions write to their log from here on."""
    with Log.kept(capsys) as log:
        yield log


@pytest.fixture
def deployed(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedFunctions]:
    """The functions on a database of their own; see `tests.deployed`."""
    with running(database, monkeypatch) as platform:
        yield platform
