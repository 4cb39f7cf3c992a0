"""Tries every verb on every table and column as every kind of actor, and writes down what came of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.schema.world import Table, person

REFUSED = "42501"
VERBS = ("select", "insert", "update", "delete", "truncate")

# Runs one statement as the current role, undoes it and answers with the rows it touched or its SQLSTATE.
PROBE = """
create schema probe;
grant usage on schema probe to public;
create function probe.outcome(statement text) returns text language plpgsql as $$
declare
  affected bigint;
begin
  execute statement;
  get diagnostics affected = row_count;
  raise exception using errcode = 'OK000', message = affected::text;
exception
  when sqlstate 'OK000' then return affected::text;
  when others then return sqlstate;
end
$$;
"""


@dataclass(frozen=True)
class Actor:
    """A login and the request role it takes; without a role it never called begin_request."""

    name: str
    login: str
    role: str | None = None
    subject: str | None = None

    def become(self, conn: psycopg.Connection) -> None:
        """From a superuser's open transaction to this actor, until the transaction or savepoint ends."""
        conn.execute(sql.SQL("set local session authorization {}").format(sql.Identifier(self.login)))
        if self.role:
            claims = {"sub": str(person(self.subject))} if self.subject else {}
            conn.execute("select public.begin_request(%s, %s)", [self.role, Jsonb(claims)])


ACTORS = (
    Actor("nobody", "public_login"),
    Actor("no user", "user_login"),
    Actor("no admin", "admin_login"),
    Actor("no worker", "worker_login"),
    Actor("anon", "public_login", "anon"),
    Actor("owner", "user_login", "authenticated", "ann"),
    Actor("other", "user_login", "authenticated", "carol"),
    Actor("admin", "admin_login", "app_admin", "root"),
    Actor("service", "worker_login", "service_role"),
)

type Cell = dict[str, str]
"""Outcome by column; by an empty name for a verb that has none."""
type Outcomes = dict[tuple[str, str, str], Cell]
"""By table, verb and actor's name."""


def columns(conn: psycopg.Connection, table: Table) -> list[str]:
    """The table's columns that a statement may name on the left of an assignment."""
    return [
        name
        for (name,) in conn.execute(
            "select attname::text from pg_attribute where attrelid = %s::regclass"
            " and attnum > 0 and not attisdropped and attgenerated = '' order by attnum",
            [str(table)],
        )
    ]


def statements(conn: psycopg.Connection, table: Table) -> Iterator[tuple[str, str, sql.Composed]]:
    """(verb, column, statement) for everything one can try on a table."""
    for name in columns(conn, table):
        column = sql.Identifier(name)
        yield "select", name, sql.SQL("select {} from {}").format(column, table.identifier)
        yield "update", name, sql.SQL("update {} set {} = {}").format(table.identifier, column, column)
    yield "insert", "", table.insert()
    yield "delete", "", sql.SQL("delete from {}").format(table.identifier)
    yield "truncate", "", sql.SQL("truncate {}").format(table.identifier)


def measure(conn: psycopg.Connection, spare: Iterable[Table], only: str | None = None) -> Outcomes:
    """Every outcome on the populated database of `conn` (a superuser's), or those of one table by its full name.

    `spare` are rows that are not in it yet, in the order foreign keys ask for.
    """
    conn.execute(PROBE)
    outcomes: Outcomes = defaultdict(dict)
    with conn.transaction(force_rollback=True):
        for table in spare:
            if only not in (None, str(table)):
                conn.execute(table.insert())
                continue
            tried = list(statements(conn, table))
            texts = [statement.as_string(conn) for _, _, statement in tried]
            for actor in ACTORS:
                with conn.transaction(force_rollback=True):
                    actor.become(conn)
                    results = conn.execute(
                        "select probe.outcome(s) from unnest(%s::text[]) with ordinality as t(s, n) order by n",
                        [texts],
                    ).fetchall()
                for (verb, column, _), (result,) in zip(tried, results, strict=True):
                    outcomes[str(table), verb, actor.name][column] = result
            conn.execute(table.insert())
    return outcomes


def render(outcomes: Outcomes) -> str:
    """The outcomes as text: who is not named is refused (42501), `[...]` names columns where some are refused."""
    lines: list[str] = []
    for table in sorted({table for table, _, _ in outcomes}):
        lines.append(table)
        for verb in VERBS:
            cells = [(actor.name, summary(outcomes[table, verb, actor.name])) for actor in ACTORS]
            allowed = ", ".join(f"{name} {cell}" for name, cell in cells if cell)
            lines.append(f"  {verb:<9} {allowed or '-'}")
    return "\n".join(lines) + "\n"


def summary(cell: Cell) -> str:
    """Rows or SQLSTATE, and the columns where some are refused; empty when all are."""
    allowed = {column: result for column, result in cell.items() if result != REFUSED}
    if not allowed:
        return ""
    results = "|".join(sorted(set(allowed.values())))
    if len(allowed) == len(cell):
        return results
    refused = [column for column in cell if column not in allowed]
    if len(refused) < len(allowed):
        return f"{results} [not {' '.join(refused)}]"
    return f"{results} [{' '.join(allowed)}]"
