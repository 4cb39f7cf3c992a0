"""R10 of the reliability rules: whoever asks to see something cannot change anything, whatever the code inside does."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from shared import db, tokens
from shared.actors import Actor
from shared.db import Connection
from tests.access.routes import Route, routes
from tests.access.world import CALLER, Caller, World
from tests.issuer import Issuer
from tests.schema.access import PROBE
from tests.schema.world import person

READ_ONLY = "25006"
# Reviewed: what is issued when it is first asked for, in a transaction of its own.
WRITES = {
    f"GET /functions/v1/{who}payments/{{id}}/{document}"
    for who in ("", "admin/")
    for document in ("receipt", "credit-notes/{note}")
}
WITHOUT_DATABASE = {"GET /console", "GET /console/{version}/{file}"} | {
    f"GET /functions/v1/{path}"
    for path in (
        *("console", "docs", "docs/{name}", "openapi.json", "unsubscribe"),
        *("registration", "receipt", "calendar/{token}", "sessions/{id}/join"),  # with a token that is none
        *("generate-certificate/issuer", "generate-certificate/keys", "generate-certificate/keys/{name}"),
    )
}

ATTEMPTS = """
    with may as (
        select c.oid, c.relname, n.nspname, quote_ident(a.attname) as name,
            has_column_privilege(c.oid, a.attnum, 'INSERT') as inserts,
            has_column_privilege(c.oid, a.attnum, 'UPDATE') as updates, has_table_privilege(c.oid, 'DELETE') as deletes
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            and a.attgenerated = '' and a.attidentity <> 'a'
        where c.relkind in ('r', 'p') and n.nspname in ('public', 'private')
    ), attempt as (
        select 'create table public.attempt ()' as statement
        union all
        select format('insert into %I.%I (%s) values (default)', nspname, relname, min(name) filter (where inserts))
        from may group by nspname, relname having bool_or(inserts)
        union all
        select format('update %I.%I set %s = default', nspname, relname, min(name) filter (where updates))
        from may group by nspname, relname having bool_or(updates)
        union all
        select distinct format('delete from %I.%I', nspname, relname) from may where deletes
    )
    select statement, probe.outcome(statement) from attempt
"""


type Outcomes = defaultdict[str, set[str]]
"""Statements by what came of them."""


@pytest.fixture
def issuer(world: World) -> Iterator[Issuer]:
    """Of the tokens that a function verifies itself."""
    server = Issuer()
    world.deployed.set(TOKEN_JWKS_URL=server.jwks_url)
    tokens._keys.cache_clear()  # pyright: ignore[reportPrivateUsage]
    yield server
    tokens._keys.cache_clear()  # pyright: ignore[reportPrivateUsage]
    server.close()


@pytest.fixture
def outcomes(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outcomes]:
    """Every transaction begins with trying to write to whatever its role may write to, which is undone."""
    found: Outcomes = defaultdict(set)
    start = db._start  # pyright: ignore[reportPrivateUsage]

    def attempt(conn: Connection, actor: Actor, *, read_only: bool) -> Connection:
        start(conn, actor, read_only=read_only)
        for statement, outcome in conn.execute(ATTEMPTS).fetchall():
            found[outcome].add(statement)
        return conn

    world.deployed.rows(PROBE)
    monkeypatch.setattr(db, "_start", attempt)
    yield found
    world.deployed.rows("drop schema probe cascade")


def ask(world: World, issuer: Issuer, route: Route) -> None:
    """Ask for what is there: payments that have no receipt yet, the first list, one's own certificates."""
    path = route.path.replace("{number}", "1")
    if "/payments/{id}" in path:
        registration = world.deployed.row("select id from registrations where user_id = %s", person("ann"))["id"]
        order = world.deployed.paid_order(registration)
        row = world.deployed.row("select id from payment_transactions where razorpay_order_id = %s", order)
        path = path.replace("{id}", str(row["id"])).replace("{note}", str(uuid4()))
    caller = CALLER[route.who]
    if path.endswith("/generate-certificate"):
        caller = Caller("ann", bearer=issuer.token(person("ann")))
    world.ask(replace(route, path=path), caller, ids=None if route.who == "everybody" else "ann")


def tried(world: World, issuer: Issuer, outcomes: Outcomes) -> dict[str, set[str]]:
    """What came of writing, by reading route."""
    found: dict[str, set[str]] = {}
    for route in routes():
        if route.method == "GET":
            outcomes.clear()
            ask(world, issuer, route)
            found[str(route)] = set(outcomes)
    return found


def test_nothing_can_be_written_where_something_is_read(world: World, issuer: Issuer, outcomes: Outcomes) -> None:
    found = tried(world, issuer, outcomes)
    assert {route for route, came in found.items() if not came} == WITHOUT_DATABASE
    assert {route for route, came in found.items() if came - {READ_ONLY}} == WRITES


def test_transactions_that_may_write_are_found(
    world: World, issuer: Issuer, outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    attempt = db._start  # pyright: ignore[reportPrivateUsage]

    def write(conn: Connection, actor: Actor, *, read_only: bool) -> Connection:
        return attempt(conn, actor, read_only=False)

    monkeypatch.setattr(db, "_start", write)
    found = tried(world, issuer, outcomes)
    assert {route for route, came in found.items() if READ_ONLY in came} == set()
    assert {route for route, came in found.items() if not came} == WITHOUT_DATABASE
