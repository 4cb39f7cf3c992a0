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
    "public_login": {"anon"},
    "user_login": {"anon", "authenticated"},
    "admin_login": {"app_admin"},
    "worker_login": {"anon", "authenticated", "service_role"},
}
OTHERS = ("postgres", "platform_owner", "app_login", "pg_read_all_data", *MAY_TAKE, *ROLES)
BEGIN = "select public.begin_request(%s, %s::text::jsonb)"
ADMIN = json.dumps({"sub": str(person("root"))})


def login(database: Database, name: str) -> psycopg.Connection:
    return psycopg.connect(database.login_url(name.removesuffix("_login")), autocommit=True, prepare_threshold=None)


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


@pytest.mark.parametrize(("name", "role"), [(name, role) for name in MAY_TAKE for role in sorted(MAY_TAKE[name])])
def test_a_request_that_has_a_role_cannot_begin_again(sample: Database, name: str, role: str) -> None:
    with login(sample, name) as conn, conn.transaction(force_rollback=True):
        conn.execute(BEGIN, [role, ADMIN])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(BEGIN, ["app_admin", ADMIN])


@pytest.mark.parametrize("who", [person("ann"), UUID(int=0)])
def test_an_administrator_is_one_in_the_database_too(sample: Database, who: UUID) -> None:
    with login(sample, "admin_login") as conn, pytest.raises(psycopg.errors.InvalidAuthorizationSpecification):
        conn.execute(BEGIN, ["app_admin", json.dumps({"sub": str(who)})])


def test_who_takes_the_role_of_administrators_without_being_one_sees_and_changes_nothing(sample: Database) -> None:
    with login(sample, "admin_login") as conn:
        for claims in ("", json.dumps({"sub": str(person("ann"))})):
            with conn.transaction(force_rollback=True):
                conn.execute("select set_config('role', 'app_admin', true)")
                conn.execute("select set_config('request.jwt.claims', %s, true)", [claims])
                for table in ("profiles", "events", "admins"):
                    counted = conn.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table)))
                    assert counted.fetchone() == (0,)
                assert conn.execute("update events set price_amount = price_amount").rowcount == 0


def test_a_login_can_become_everybody_it_serves_and_no_more(sample: Database) -> None:
    """PostgreSQL lets a login take its roles at any time, with any claims: this is what each compromise would reach."""
    with login(sample, "user_login") as conn, conn.transaction(force_rollback=True):
        conn.execute(BEGIN, ["anon", "{}"])
        conn.execute("select set_config('role', 'authenticated', true)")
        conn.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps({"sub": str(person("ann"))})])
        assert conn.execute("select id from profiles").fetchall() == [(person("ann"),)]
    with login(sample, "public_login") as conn:
        for role in ("authenticated", "app_admin", "service_role"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
                conn.execute("select set_config('role', %s, true)", [role])


@pytest.mark.parametrize("name", MAY_TAKE)
def test_a_login_holds_no_lock_of_a_chain_and_creates_nothing(sample: Database, name: str) -> None:
    with login(sample, name) as conn:
        for statement in (
            "select from private.exclusive_locks for update",
            "lock table public.admin_audit_logs in exclusive mode",
            "create table public.mine (id int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
                conn.execute(statement)


def test_an_erased_person_has_no_request(sample: Database) -> None:
    with sample.look() as owner, owner.transaction(force_rollback=True):
        owner.execute("update profiles set erased_at = now() where id = %s", [person("ann")])
        for name, role in (("user_login", "authenticated"), ("worker_login", "service_role")):
            with owner.transaction(force_rollback=True):
                owner.execute(sql.SQL("set local session authorization {}").format(sql.Identifier(name)))
                with pytest.raises(psycopg.DatabaseError) as refused, owner.transaction():
                    owner.execute(BEGIN, [role, json.dumps({"sub": str(person("ann"))})])
                assert refused.value.sqlstate == "CC001"
                owner.execute(BEGIN, [role, json.dumps({"sub": str(person("carol"))})])


def test_the_hundredth_request_of_a_connection_is_like_the_first(sample: Database) -> None:
    with login(sample, "user_login") as conn:
        for number in range(100):
            with conn.transaction():
                conn.execute(BEGIN, [("anon", "authenticated")[number % 2], ADMIN])


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
