"""What people's queries return under row level security, against the same queries over each person's own rows."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.conftest import Database
from tests.schema.queries import OWN, Generator, over_own_rows, over_tables
from tests.schema.world import admin, person, populate, profile, world

QUERIES, SEED = 1000, 20260115
PEOPLE = ("ann", "ben", "carol", "dora")
READABLE = """
    select distinct tablename::text from pg_policies
    where 'authenticated' = any(roles) and cmd in ('ALL', 'SELECT')
      and tablename not in ('events', 'event_sessions', 'account_merges')
"""


@pytest.fixture
def arranged(database: Database) -> Iterator[psycopg.Connection]:
    """A superuser's connection to a database in which each person but dora has five worlds."""
    with database.look() as conn:
        populate(conn, [*map(profile, (*PEOPLE, "root")), admin("root")])
        for number, name in enumerate(PEOPLE[:3]):
            for serial in range(1, 6):
                rows = world(name, number * 6 + serial, "root")
                populate(conn, [row for row in rows if row.name not in ("erasures", "account_merges")])  # once each
        conn.execute("update registrations set payment_status = 'refunded' where hashtext(id::text) % 4 = 0")
        yield conn


def differences(conn: psycopg.Connection) -> Iterator[str]:
    """The queries that somebody gets another answer to than their own rows give."""
    generator = Generator(conn, SEED)
    for number in range(QUERIES):
        query, who = generator.query(), person(PEOPLE[number % 4])
        with conn.transaction(force_rollback=True):
            wanted = conn.execute(over_own_rows(query, f"'{who}'")).fetchall()
            conn.execute("set local session authorization user_login")
            conn.execute("select public.begin_request('authenticated', %s)", [Jsonb({"sub": str(who)})])
            got = conn.execute(over_tables(query)).fetchall()
        if sorted(map(repr, wanted)) != sorted(map(repr, got)):
            yield f"{PEOPLE[number % 4]}: {query}"


def test_a_thousand_queries_return_a_persons_own_rows(arranged: psycopg.Connection) -> None:
    assert {table for (table,) in arranged.execute(READABLE)} == set(OWN)
    assert list(differences(arranged)) == []


def test_the_same_queries_find_a_policy_that_shows_one_row_too_many(arranged: psycopg.Connection) -> None:
    arranged.execute("create policy gift on refunds for select to authenticated using (amount = 49900)")
    assert next(differences(arranged), None) is not None
