"""The migrations on every supported version, as the owner a cloud gives, and over a database dumped and restored."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from local.postgres import POSTGRES_VERSIONS
from sql.migrate import MIGRATIONS, apply
from tests.conftest import Database, cloned
from tests.schema.catalog import snapshot
from tests.schema.conftest import Server

# What Supabase does to a new project's database before anybody migrates it.
SUPABASE = """
alter default privileges for role platform_owner in schema public
  grant all on tables to anon, authenticated, service_role;
alter default privileges for role platform_owner in schema public
  grant all on functions to anon, authenticated, service_role;
alter default privileges for role platform_owner in schema public
  grant all on sequences to anon, authenticated, service_role;
grant usage on schema public to anon, authenticated, service_role;
"""


def look(server: Server, name: str) -> list[str]:
    with psycopg.connect(server.cluster.url(name), autocommit=True) as conn:
        return snapshot(conn)


@pytest.fixture
def reference(sample: Database) -> list[str]:
    """The catalog on the newest version."""
    with sample.look() as conn:
        return snapshot(conn)


def test_every_version_gets_the_same_schema(server: Server, reference: list[str]) -> None:
    assert look(server, server.template) == reference


def test_a_second_run_changes_nothing(server: Server) -> None:
    with cloned(server.cluster, server.template) as database:
        before = look(server, database.name)
        assert apply(f"{database.owner_url}?sslmode=disable") == []
        assert look(server, database.name) == before


def test_two_runs_at_once_give_a_database_like_supabases_the_same_schema(server: Server, reference: list[str]) -> None:
    with psycopg.connect(server.cluster.url(), autocommit=True) as admin:
        admin.execute("create database like_supabase owner platform_owner")
        try:
            with psycopg.connect(server.cluster.url("like_supabase"), autocommit=True) as conn:
                conn.execute(SUPABASE)
            with ThreadPoolExecutor(2) as runs:
                url = server.cluster.url("like_supabase", user="platform_owner")
                nothing, everything = sorted(runs.map(apply, [url, url]), key=len)
            assert nothing == []
            assert everything == sorted(path.stem for path in MIGRATIONS.glob("*.sql"))
            assert look(server, "like_supabase") == reference
        finally:
            admin.execute("drop database like_supabase with (force)")


def test_every_version_makes_and_drops_the_months_of_what_was_tracked(server: Server) -> None:
    with cloned(server.cluster, server.template) as database, database.look() as conn:
        conn.execute(
            """
            insert into analytics_events (event_name, event_category, created_at)
            select 'a', 'error', now() - make_interval(months => age) from unnest(array[0, 5]) age
            """
        )
        assert conn.execute("select private.make_analytics_months(2)").fetchone() == (4,)
        assert conn.execute("select private.drop_analytics_months(4)").fetchone() == (1,)
        assert conn.execute("select count(*) from analytics_events").fetchone() == (1,)
        assert conn.execute("select count(*) from private.analytics_events_default").fetchone() == (0,)


def test_the_migrations_role_is_no_superuser_and_sees_no_rows(populated_on_each: Database) -> None:
    with psycopg.connect(populated_on_each.owner_url, autocommit=True) as conn:
        above_the_law = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
        assert conn.execute(above_the_law).fetchone() == (False,)
        for table in ("profiles", "registrations", "payment_transactions", "certificates", "webhook_logs"):
            assert conn.execute(f"select count(*) from public.{table}").fetchone() == (0,)


def test_a_dump_restored_is_the_same_schema_with_the_same_rows(populated: Database, tmp_path: Path) -> None:
    programs, dump = POSTGRES_VERSIONS[18], tmp_path / "dump.sql"
    subprocess.run([programs / "pg_dump", "--file", dump, populated.superuser_url], check=True)
    with cloned(populated.cluster, "template0") as restored:
        arguments = ["--quiet", "--set", "ON_ERROR_STOP=1", "--file", dump, restored.superuser_url]
        subprocess.run([programs / "psql", *arguments], check=True, stdout=subprocess.DEVNULL)
        with populated.look() as before, restored.look() as after:
            assert snapshot(after) == snapshot(before)
            for query in (
                "select * from registrations order by id",
                "select * from admin_audit_logs order by position",
            ):
                assert after.execute(query).fetchall() == before.execute(query).fetchall()
