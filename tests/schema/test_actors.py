"""Without an actor there is nothing to see, and no login becomes an actor it may not be."""

import json
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from shared.actors import SERVICE
from shared.db import Database as AppDatabase
from tests.conftest import Database
from tests.schema.world import person, spare_rows

ROLES = ("anon", "authenticated", "app_admin", "service_role")
MAY_TAKE = {
    "app_login": {"anon", "authenticated", "app_admin"},
    "worker_login": {"anon", "authenticated", "service_role"},
}
OTHERS = ("postgres", "platform_owner", "app_login", "worker_login", "pg_read_all_data", *ROLES)
BEGIN = "select public.begin_request(%s, %s::text::jsonb)"
ADMIN = json.dumps({"sub": str(person("root"))})


def login(database: Database, name: str) -> psycopg.Connection:
    url = {"app_login": database.app_url, "worker_login": database.worker_url}[name]
    return psycopg.connect(url, autocommit=True, prepare_threshold=None)


def taken(conn: psycopg.Connection, statement: sql.SQL) -> set[str]:
    """The roles for which the statement succeeds."""
    roles: set[str] = set()
    for role in OTHERS:
        try:
            with conn.transaction(force_rollback=True):
                conn.execute(statement.format(sql.Identifier(role)))
                roles.add(role)
        except psycopg.errors.InsufficientPrivilege:
            pass
    return roles


@pytest.mark.parametrize("name", MAY_TAKE)
def test_a_login_takes_its_own_request_roles_and_no_other_role(sample: Database, name: str) -> None:
    with login(sample, name) as conn:
        assert taken(conn, sql.SQL("set local role {}")) == MAY_TAKE[name] | {name}
        assert taken(conn, sql.SQL("set local session authorization {}")) == {name}


@pytest.mark.parametrize("name", MAY_TAKE)
def test_begin_request_gives_a_login_what_it_may_take_and_nothing_else(sample: Database, name: str) -> None:
    given_roles: set[str] = set()
    with login(sample, name) as conn:
        for role in OTHERS:
            try:
                with conn.transaction():
                    conn.execute(BEGIN, [role, ADMIN])
                    given_roles.add(role)
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue):
                pass
    assert given_roles == MAY_TAKE[name]


@pytest.mark.parametrize("role", sorted(MAY_TAKE["app_login"]))
def test_a_request_that_has_a_role_cannot_begin_again(sample: Database, role: str) -> None:
    with login(sample, "app_login") as conn, conn.transaction(force_rollback=True):
        conn.execute(BEGIN, [role, ADMIN])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(BEGIN, ["app_admin", ADMIN])


@pytest.mark.parametrize("who", [person("ann"), UUID(int=0)])
def test_an_administrator_is_one_in_the_database_too(sample: Database, who: UUID) -> None:
    with login(sample, "app_login") as conn, pytest.raises(psycopg.errors.InvalidAuthorizationSpecification):
        conn.execute(BEGIN, ["app_admin", json.dumps({"sub": str(who)})])


def test_the_hundredth_request_of_a_connection_is_like_the_first(sample: Database) -> None:
    with login(sample, "app_login") as conn:
        for number in range(100):
            with conn.transaction():
                conn.execute(BEGIN, [("anon", "authenticated", "app_admin")[number % 3], ADMIN])


def test_a_request_that_reads_writes_nothing(sample: Database) -> None:
    pool = AppDatabase(lambda: sample.worker_url)
    for table in spare_rows():
        for statement in (table.insert(), sql.SQL("delete from {}").format(table.identifier)):
            with (
                pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
                pool.transaction(SERVICE, read_only=True) as conn,
            ):
                conn.execute(statement)
    pool.close()


TIMEOUTS = ("statement_timeout=5s", "lock_timeout=3s", "idle_in_transaction_session_timeout=10s")


def test_the_logins_stop_by_themselves_when_they_take_too_long(sample: Database) -> None:
    with sample.look() as conn:
        settings_of = conn.execute(
            "select r.rolname::text, s.setconfig from pg_roles r join pg_db_role_setting s on s.setrole = r.oid"
            " where r.rolname = any(%s)",
            [list(MAY_TAKE)],
        ).fetchall()
    assert dict(settings_of) == {name: list(TIMEOUTS) for name in MAY_TAKE}
