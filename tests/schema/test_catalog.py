"""The catalog against the rules, each with a mistake that it must find."""

import psycopg
import pytest

from tests.schema.rules import RULES

# Reviewed: by function its owner. What is service_role's counts or recognises rows its callers may not see and returns
# numbers or what it was given; what is the migrations' role's does what only an owner can, to one table.
DEFINERS = {
    "private.seats_taken(uuid)": "service_role",
    "private.is_administrator()": "service_role",
    "private.waitlist_position(uuid)": "service_role",
    "private.received_analytics_events(uuid[])": "service_role",
    "private.count_tracked(text[],integer[],bigint[],integer,bigint)": "service_role",
    "private.notification_backlog()": "service_role",
    "private.make_analytics_months(integer)": "platform_owner",
    "private.drop_analytics_months(integer)": "platform_owner",
    "private.applied_migrations()": "platform_owner",
    "private.count_for_reports()": "service_role",  # a trigger: nobody can call it
    "private.count_fees_for_reports()": "service_role",
    "private.rebuild_reports()": "service_role",  # the migrations' role alone may
}


def breaches(conn: psycopg.Connection, rule: str) -> list[tuple[str]]:
    return conn.execute(RULES[rule][0].encode()).fetchall()


@pytest.mark.parametrize("rule", RULES)
def test_the_schema_keeps_the_rule(sample_conn: psycopg.Connection, rule: str) -> None:
    assert breaches(sample_conn, rule) == []


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_finds_what_breaks_it(sample_conn: psycopg.Connection, rule: str) -> None:
    sample_conn.execute(RULES[rule][1].encode())
    assert breaches(sample_conn, rule) != []


def test_only_the_reviewed_functions_run_with_more_rights_than_their_caller(sample_conn: psycopg.Connection) -> None:
    definers = sample_conn.execute(
        """
        select p.oid::regprocedure::text, p.proowner::regrole::text from pg_proc p
        where p.prosecdef and p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        """
    ).fetchall()
    assert dict(definers) == DEFINERS


INDEXED_COLUMNS = """
    select i.indexrelid::regclass::text, a.attname::text, coalesce(p.proleakproof, false)
    from pg_index i
    join pg_class t on t.oid = i.indrelid
    cross join unnest(i.indkey::int2[], i.indclass::oid[]) as k(attnum, opclass)
    left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
    join pg_opclass c on c.oid = k.opclass
    left join pg_amop m on m.amopfamily = c.opcfamily and m.amoplefttype = c.opcintype
      and m.amoprighttype = c.opcintype and m.amopopr::regoperator::text like '=(%'
    left join pg_operator o on o.oid = m.amopopr
    left join pg_proc p on p.oid = o.oprcode
    where t.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
"""


def unusable(conn: psycopg.Connection) -> list[str]:
    """Indexes over an expression, or whose equality may leak what row level security hides and so waits for it."""
    indexed = conn.execute(INDEXED_COLUMNS).fetchall()
    return [index for index, column, leakproof in indexed if not (column and leakproof)]


def test_every_index_can_serve_a_query_under_row_level_security(sample_conn: psycopg.Connection) -> None:
    assert unusable(sample_conn) == []


@pytest.mark.parametrize(
    "index",
    [
        "create index bad on public.profiles (lower(email))",
        "create index bad on public.session_recordings (file_size_mb)",
        "create index bad on public.events (kind)",
        "create index bad on public.payment_transactions using gin (metadata)",
    ],
)
def test_an_index_that_cannot_is_found(sample_conn: psycopg.Connection, index: str) -> None:
    sample_conn.execute("create type public.kind as enum ('a', 'b')")
    sample_conn.execute("alter table public.events add column kind public.kind")
    sample_conn.execute(index.encode())
    assert unusable(sample_conn) == ["bad"]
