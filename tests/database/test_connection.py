"""One connection that survives what Lambda and the network do to it, and never serves the wrong actor."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from shared import db
from shared.actors import ANONYMOUS, SERVICE, Actor, administrator, user
from shared.errors import Forbidden, Unavailable
from tests.database.link import Link
from tests.deployed import TRUST_LEVELS, DeployedFunctions

CYCLES = 20


def whoami() -> tuple[str, int]:
    with db.transaction(SERVICE) as conn:
        row = conn.execute("select current_user, pg_backend_pid()").fetchone()
    assert row
    return row[0], row[1]


def kill_backends(deployed: DeployedFunctions) -> None:
    """What a restart, a failover or a proxy's idle timeout does to a connection that nobody uses meanwhile."""
    deployed.rows(
        """
        select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
        """
    )


@pytest.mark.parametrize("cycles", [CYCLES, pytest.param(100, marks=pytest.mark.long)])
def test_a_frozen_connection_that_was_killed_is_replaced_unnoticed(deployed: DeployedFunctions, cycles: int) -> None:
    """P3."""
    backends = {whoami()[1]}
    for _ in range(cycles):
        kill_backends(deployed)
        backends.add(whoami()[1])
    assert len(backends) == cycles + 1, "one reconnect each"


def test_without_the_one_reconnect_a_thawed_request_would_fail(deployed: DeployedFunctions) -> None:
    """The negative control of P3: the same connection, used as it is."""
    with psycopg.connect(deployed.database.worker_url, autocommit=True) as conn:
        kill_backends(deployed)
        with pytest.raises(psycopg.OperationalError):
            conn.execute("select 1")


@pytest.mark.parametrize("reset", [False, True])
def test_a_link_that_hung_up_on_a_frozen_function_is_replaced_unnoticed(
    deployed: DeployedFunctions, link: Link, reset: bool
) -> None:
    whoami()
    for cycle in range(CYCLES):
        link.drop_all(reset=reset)
        assert whoami()[0] == "service_role"
        assert link.connections == cycle + 2


def test_a_frozen_process_goes_on_after_its_thaw(deployed: DeployedFunctions) -> None:
    """SIGSTOP, the backend killed, SIGCONT, as Lambda freezes and thaws an execution environment."""
    program = """
import sys
from shared.actors import SERVICE
from shared.db import Database
database = Database(lambda: sys.argv[1])
for _ in sys.stdin:
    with database.transaction(SERVICE) as conn:
        role = conn.execute("select current_user").fetchone()[0]
    print(role, flush=True)
database.close()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program, deployed.database.worker_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin
        assert child.stdout
        for _ in range(5):
            child.stdin.write("go\n")
            child.stdin.flush()
            assert child.stdout.readline() == "service_role\n"
            os.kill(child.pid, signal.SIGSTOP)
            kill_backends(deployed)
            os.kill(child.pid, signal.SIGCONT)
        child.stdin.close()
        assert child.wait(30) == 0


def test_a_database_that_is_away_is_unavailable_and_comes_back(deployed: DeployedFunctions, link: Link) -> None:
    whoami()
    link.refusing = True
    link.drop_all()
    for _ in range(3):
        with pytest.raises(Unavailable):
            whoami()
    link.refusing = False
    assert whoami()[0] == "service_role"


def test_a_commit_whose_answer_is_lost_is_never_sent_twice(deployed: DeployedFunctions, link: Link) -> None:
    person = uuid4()
    whoami()
    link.cut(3, "after")  # begin, insert, commit
    with pytest.raises(Unavailable), db.transaction(SERVICE) as conn:
        conn.execute("insert into profiles (id, email) values (%s, 'a@example.com')", (person,))
    assert deployed.rows("select 1 as one from profiles where id = %s", person) == [{"one": 1}]
    assert whoami()[0] == "service_role"


@pytest.mark.parametrize(
    ("fault", "sqlstate"),
    [
        ("select pg_sleep(30)", "57014"),
        ("select 1 from events for update", "55P03"),
    ],
)
def test_a_statement_that_runs_out_of_time_is_unavailable_and_the_next_one_works(
    deployed: DeployedFunctions, fault: LiteralString, sqlstate: str
) -> None:
    """P4."""
    deployed.event()
    with short_timeouts(deployed), locked_events(deployed):
        with pytest.raises(Unavailable) as refused, db.transaction(SERVICE) as conn:
            conn.execute(fault)
        assert isinstance(refused.value.__cause__, psycopg.Error)
        assert refused.value.__cause__.sqlstate == sqlstate
        assert whoami()[0] == "service_role"
    assert open_transactions(deployed) == 0


def test_a_backend_killed_inside_a_transaction_is_unavailable(deployed: DeployedFunctions) -> None:
    with pytest.raises(Unavailable), db.transaction(SERVICE) as conn:  # noqa: PT012 - one transaction
        conn.execute("select 1")
        kill_backends(deployed)
        conn.execute("select 1")
    assert whoami()[0] == "service_role"


def test_a_function_that_dawdles_inside_a_transaction_loses_it_and_its_locks(deployed: DeployedFunctions) -> None:
    """P4: 25P03, or the hang-up that follows it."""
    event = deployed.event()
    with short_timeouts(deployed):
        with pytest.raises(Unavailable), db.transaction(SERVICE) as conn:  # noqa: PT012 - one transaction
            conn.execute("select 1 from events where id = %s for update", (event,))
            wait_until_idle_ones_are_gone(deployed)
            conn.execute("select 1")
        deployed.rows("select 1 from events where id = %s for update nowait", event)
        assert whoami()[0] == "service_role"


def test_a_begin_that_fails_leaves_a_connection_that_works(deployed: DeployedFunctions) -> None:
    """The next request must not find an aborted transaction."""
    deployed.set(DATABASE_SECRET_ID="database-user")
    person = deployed.profile()
    for _ in range(3):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction(administrator(person)):
            pass
        with pytest.raises(psycopg.DataError), db.transaction(Actor("owner")):  # pyright: ignore[reportArgumentType]
            pass
        with pytest.raises(psycopg.Error), db.transaction(user(person)) as conn:
            conn.execute("select 1/0")
        with db.transaction(ANONYMOUS) as conn:
            assert conn.execute("select current_user::text").fetchone() == ("anon",)


def test_a_refused_administrator_costs_no_connection(deployed: DeployedFunctions, link: Link) -> None:
    deployed.set(DATABASE_SECRET_ID="database-admin")
    person = deployed.profile()
    for _ in range(5):
        with pytest.raises(Forbidden), db.transaction(administrator(person)):
            pass
    assert link.connections == 1


def test_a_swallowed_failure_does_not_look_like_a_commit(deployed: DeployedFunctions) -> None:
    with pytest.raises(RuntimeError), db.transaction(SERVICE) as conn:  # noqa: PT012 - one transaction
        conn.execute("insert into profiles (id, email) values (%s, 'a@example.com')", (uuid4(),))
        with pytest.raises(psycopg.Error):
            conn.execute("select 1/0")
    assert deployed.rows("select 1 from profiles") == []


def test_a_reading_transaction_cannot_write(deployed: DeployedFunctions) -> None:
    with (
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as refused,
        db.transaction(SERVICE, read_only=True) as conn,
    ):
        conn.execute("insert into profiles (id, email) values (%s, 'a@example.com')", (uuid4(),))
    assert refused.value.sqlstate == "25006"


def test_every_transaction_ends_without_its_actor(deployed: DeployedFunctions) -> None:
    person = deployed.profile()
    with db.transaction(user(person)) as conn:
        assert conn.execute("select private.uid()").fetchone() == (person,)
    with db.transaction(ANONYMOUS) as conn:
        assert conn.execute("select private.uid(), current_user").fetchone() == (None, "anon")
        connection = conn
    assert connection.execute("select current_user::text").fetchone() == ("worker_login",)


@pytest.mark.parametrize(
    "attributes",
    ["login superuser noinherit", "login bypassrls noinherit", "login inherit", "login noinherit"],
)
def test_a_login_that_could_see_everything_is_refused(deployed: DeployedFunctions, attributes: LiteralString) -> None:
    with deployed.database.look() as conn:
        conn.execute("drop role if exists odd_login")
        conn.execute(sql.SQL("create role odd_login {}").format(sql.SQL(attributes)))
        conn.execute("grant anon, authenticated, service_role to odd_login")
        if attributes == "login noinherit":  # and yet it inherits
            conn.execute("grant service_role to odd_login with inherit true")
        try:
            deployed.put_secret(
                "database-worker", {"url": deployed.database.cluster.url(deployed.database.name, user="odd_login")}
            )
            with pytest.raises(db.UnsafeLogin), db.transaction(SERVICE):
                pass
        finally:
            conn.execute("drop role odd_login")


@pytest.mark.parametrize("login", ["platform_owner", "postgres"])
def test_the_owner_and_the_superuser_are_refused(deployed: DeployedFunctions, login: str) -> None:
    url = deployed.database.cluster.url(deployed.database.name, user=login)
    deployed.put_secret("database-worker", {"url": url})
    for _ in range(2):
        with pytest.raises(db.UnsafeLogin), db.transaction(ANONYMOUS):
            pass


def test_a_login_that_may_become_the_owner_is_refused(deployed: DeployedFunctions) -> None:
    with deployed.database.look() as conn:
        conn.execute("create role odd_login login noinherit")
        conn.execute("grant anon, service_role, platform_owner to odd_login")
        try:
            url = deployed.database.cluster.url(deployed.database.name, user="odd_login")
            deployed.put_secret("database-worker", {"url": url})
            with pytest.raises(db.UnsafeLogin), db.transaction(SERVICE):
                pass
        finally:
            conn.execute("drop role odd_login")


def test_the_logins_of_the_migrations_are_accepted(deployed: DeployedFunctions) -> None:
    admin = deployed.profile(admin=True)
    for level in TRUST_LEVELS:
        deployed.set(DATABASE_SECRET_ID=f"database-{level}")
        with db.transaction(administrator(admin) if level == "admin" else ANONYMOUS) as conn:
            assert conn.execute("select session_user").fetchone() == (f"{level}_login",)


def test_a_rotated_password_is_picked_up_at_the_next_connect(deployed: DeployedFunctions) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    deployed.put_secret("database-worker", {"url": f"postgresql://worker_login@127.0.0.1:{port}/x"})
    with pytest.raises(Unavailable):
        whoami()
    deployed.put_secret("database-worker", {"url": deployed.database.worker_url})
    assert whoami()[0] == "service_role"


@contextmanager
def short_timeouts(deployed: DeployedFunctions) -> Generator[None]:
    """The migrations' time limits, a hundred times shorter, for new connections to this database."""
    with deployed.database.look() as conn:
        for setting, value in (
            ("statement_timeout", 400),
            ("lock_timeout", 200),
            ("idle_in_transaction_session_timeout", 300),
        ):
            conn.execute(
                sql.SQL("alter role worker_login in database {} set {} = {}").format(
                    sql.Identifier(deployed.database.name), sql.Identifier(setting), sql.Literal(value)
                )
            )
        yield


@contextmanager
def locked_events(deployed: DeployedFunctions) -> Generator[None]:
    with psycopg.connect(deployed.database.superuser_url) as conn:
        conn.execute("select 1 from events for update")
        yield


def open_transactions(deployed: DeployedFunctions) -> int:
    statement = "select 1 from pg_stat_activity where usename = 'worker_login' and state like 'idle in transaction%%'"
    return len(deployed.rows(statement))


def wait_until_idle_ones_are_gone(deployed: DeployedFunctions) -> None:
    deployed.rows("select pg_sleep(0.05)")
    while deployed.rows("select 1 from pg_stat_activity where usename = 'worker_login'"):
        deployed.rows("select pg_sleep(0.05)")
