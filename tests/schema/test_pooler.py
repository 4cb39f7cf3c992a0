"""Behind a transaction pooler, where a backend serves many people, nobody gets what another one left."""

import json
import logging
import random
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from local.postgres import Cluster, free_port
from shared.actors import user
from shared.db import Database as AppDatabase
from shared.errors import AppError
from tests.conftest import FAST, Database
from tests.pgbouncer import STATEMENT_LOG, PgBouncer, session_bound
from tests.schema.world import person, populate, profile

CLIENTS, TRANSACTIONS, ABORTED = 64, 200, 0.25
PEOPLE = [person(f"student {number}") for number in range(CLIENTS)]
ACTING = "select current_user::text, coalesce(current_setting('request.jwt.claims', true), '')"
SEEN = f"{ACTING}, array(select id from public.profiles)"

type Turn = Callable[[UUID, bool], list[str]]
"""One transaction of a person, aborted or not; answers with what it saw that it should not have."""

type Work = AbstractContextManager[Callable[[], list[str]]]
"""A client while it is connected; what it gives is one transaction, as a `Turn`."""


class AbortedTransaction(Exception):
    """Ends a transaction in the middle."""


@pytest.fixture
def four_backends(database: Database, server_folder: Path) -> Iterator[PgBouncer]:
    with database.look() as conn:
        populate(conn, [profile(f"student {number}") for number in range(CLIENTS)])
    pooler = PgBouncer(server_folder / f"pooler of {database.name}", database.cluster, pool_size=4).start()
    try:
        yield pooler
    finally:
        pooler.stop()


def run_everybody(turn: Turn, transactions: int, leave: Callable[[], None] = lambda: None) -> list[str]:
    """All people at once, each from a client of its own; the seed is the person's number."""

    def one_person(number: int) -> list[str]:
        dice = random.Random(number)
        try:
            return [leak for _ in range(transactions) for leak in turn(PEOPLE[number], dice.random() < ABORTED)]
        finally:
            leave()

    with ThreadPoolExecutor(CLIENTS) as clients:
        return [leak for leaks in clients.map(one_person, range(CLIENTS)) for leak in leaks]


def foreign(who: UUID, seen: tuple[str, str, list[UUID]] | None) -> list[str]:
    assert seen is not None
    role, claims, profiles = seen
    right = role == "authenticated" and str(who) in claims and profiles == [who]
    return [] if right else [f"{who} was {role} {claims} and saw {profiles}"]


def test_64_people_on_4_backends_see_only_themselves_whoever_aborts(
    database: Database, four_backends: PgBouncer
) -> None:
    pool = AppDatabase(lambda: four_backends.url(database.name, "user_login"))

    def turn(who: UUID, abort: bool) -> list[str]:
        leaks: list[str] = []
        try:
            with pool.transaction(user(who), read_only=abort) as conn:
                leaks = foreign(who, conn.execute(SEEN).fetchone())
                if abort:
                    raise AbortedTransaction
        except AbortedTransaction:
            pass
        return leaks

    assert run_everybody(turn, TRANSACTIONS, leave=pool.close) == []
    with database.look() as conn:
        backends = conn.execute("select count(*) from pg_stat_activity where usename = 'user_login'").fetchone()
    assert backends == (4,)


def test_the_same_check_finds_the_leaks_of_settings_that_outlive_the_transaction(
    database: Database, four_backends: PgBouncer
) -> None:
    url = four_backends.url(database.name, "user_login")
    become = "select set_config('role', 'authenticated', false), set_config('request.jwt.claims', %s, false)"

    def turn(who: UUID, abort: bool) -> list[str]:
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as conn:
            conn.execute(become, [json.dumps({"sub": str(who)})])
            seen = conn.execute(ACTING).fetchone()
        return foreign(who, seen and (*seen, [who]))

    assert run_everybody(turn, 4) != []


@dataclass(frozen=True)
class Load:
    """What a crowd of clients got through."""

    turns: list[int]
    failures: list[str]


def load(clients: int, seconds: float, connect: Callable[[UUID], Work]) -> Load:
    """So many clients, all connected, who do one thing after the other until the time is over."""
    begin = Barrier(clients)

    def one_client(number: int) -> tuple[int, str]:
        who, turns = PEOPLE[number % CLIENTS], 0
        with connect(who) as turn:
            try:
                turn()
            finally:
                begin.wait(60)
            deadline = time.monotonic() + seconds
            while not turns or time.monotonic() < deadline:
                if leaks := turn():
                    return turns, leaks[0]
                turns += 1
        return turns, ""

    def counted(number: int) -> tuple[int, str]:
        try:
            return one_client(number)
        except (psycopg.Error, AppError, BrokenBarrierError) as error:
            return 0, f"{error!r} of {error.__cause__!r}"

    with ThreadPoolExecutor(clients) as pool:
        results = list(pool.map(counted, range(clients)))
    return Load([turns for turns, _ in results], [failure for _, failure in results if failure])


@pytest.mark.parametrize(("clients", "seconds"), [(150, 1), pytest.param(450, 8, marks=pytest.mark.long)])
def test_a_crowd_of_clients_on_4_backends_has_no_failure(
    database: Database, four_backends: PgBouncer, clients: int, seconds: float
) -> None:
    """P5: as many as functions may run at once."""

    @contextmanager
    def connect(who: UUID) -> Generator[Callable[[], list[str]]]:
        pool = AppDatabase(lambda: four_backends.url(database.name, "user_login"))

        def turn() -> list[str]:
            with pool.transaction(user(who)) as conn:
                return foreign(who, conn.execute(SEEN).fetchone())

        try:
            yield turn
        finally:
            pool.close()

    result = load(clients, seconds, connect)
    logging.getLogger(__name__).info("%d clients: %d transactions", clients, sum(result.turns))
    assert result.failures == []
    assert min(result.turns) > 0
    with database.look() as conn:
        backends = conn.execute("select count(*) from pg_stat_activity where usename = 'user_login'").fetchone()
    assert backends == (4,)


def test_a_crowd_that_prepares_its_statements_fails(database: Database, four_backends: PgBouncer) -> None:
    """The negative control: a backend lacks what was prepared on another one, or has another one's."""

    @contextmanager
    def connect(who: UUID) -> Generator[Callable[[], list[str]]]:
        url = four_backends.url(database.name, "user_login")
        with psycopg.connect(url, autocommit=True, prepare_threshold=0) as conn:

            def turn() -> list[str]:
                with conn.transaction():
                    conn.execute("select public.begin_request('authenticated', %s)", [Jsonb({"sub": str(who)})])
                    return foreign(who, conn.execute(SEEN).fetchone())

            yield turn

    assert any(load(50, 0.1, connect).failures for _ in range(30))


def test_a_transaction_ends_with_no_role_and_no_claims(database: Database, four_backends: PgBouncer) -> None:
    pool = AppDatabase(lambda: four_backends.url(database.name, "user_login"))
    with pool.transaction(user(PEOPLE[0])) as conn:
        conn.execute(SEEN)
    assert conn.execute(ACTING).fetchone() == ("user_login", "")
    pool.close()


def test_a_servers_real_log_shows_what_a_session_would_keep(server_folder: Path) -> None:
    server = Cluster(server_folder / "logging", free_port(), settings=FAST | STATEMENT_LOG).start()
    try:
        with psycopg.connect(server.url(), autocommit=True) as conn:
            conn.execute("create role user_login login")
        with psycopg.connect(server.url(user="user_login"), autocommit=True, application_name="crash-course") as conn:
            conn.execute("select 'nothing kept', %s", [1], prepare=False)
            conn.execute("select 'a name kept', %s", [1], prepare=True)
            conn.execute("set work_mem = '1MB'")
    finally:
        server.stop()
    with (server.folder / "server.log").open() as log:
        kept = list(session_bound(log))
    assert len(kept) == 2
    assert "a name kept" in kept[0]
    assert "work_mem" in kept[1]


@pytest.mark.parametrize(
    "line",
    [
        "user_login|crash-course|LOG:  statement: SET ROLE authenticated",
        "user_login|crash-course|LOG:  statement: select set_config('role', 'anon', false)",
        "worker_login|crash-course|LOG:  execute _pg3_0: select 1",
        "worker_login|crash-course|LOG:  execute <unnamed>: select pg_advisory_lock(1)",
        "worker_login|crash-course|LOG:  statement: create temp table mine (id int)",
    ],
)
def test_the_log_of_statements_shows_what_a_session_would_keep(line: str) -> None:
    assert list(session_bound([line + "\n"])) == [line]


@pytest.mark.parametrize(
    "line",
    [
        "user_login|crash-course|LOG:  statement: begin",
        "user_login||LOG:  statement: set local role anon",
        "user_login|crash-course|LOG:  statement: SET application_name='crash-course';",
        "user_login|crash-course|LOG:  execute <unnamed>: select public.begin_request($1, $2)",
        "platform_owner|crash-course|LOG:  statement: SET search_path TO migration_history",
        "worker_login|crash-course|LOG:  execute <unnamed>: select pg_advisory_xact_lock(1)",
        "worker_login|crash-course|LOG:  execute <unnamed>: update refunds set status = 'pending'",
    ],
)
def test_the_log_of_statements_lets_a_transactions_own_pass(line: str) -> None:
    assert list(session_bound([line + "\n"])) == []
