"""A statement for each column of a table that gives every row another value there."""

import psycopg
from psycopg import sql

# Another value than the one that is there, null or not.
CHANGED = {
    "text": sql.SQL("coalesce({}, '') || 'x'"),
    "bytea": sql.SQL("{} || '\\x00'"),
    "uuid": sql.SQL("gen_random_uuid()"),
    "timestamp with time zone": sql.SQL("coalesce({}, now()) + interval '1 microsecond'"),
    "bigint": sql.SQL("{} + 1000000"),
    "integer": sql.SQL("{} + 1"),
    "boolean": sql.SQL("not {}"),
    "jsonb": sql.SQL("'{{\"changed\": true}}'"),
    "inet": sql.SQL("'127.0.0.9'"),
}
COLUMNS = """
    select attname::text, format_type(atttypid, null) from pg_attribute
    where attrelid = %s::regclass and attnum > 0 and not attisdropped and attgenerated = ''
"""


def changes(conn: psycopg.Connection, table: str) -> dict[str, sql.Composed]:
    """An update by the name of each column of a table in public; generated columns have none."""
    statements: dict[str, sql.Composed] = {}
    for column, kind in conn.execute(COLUMNS, [f"public.{table}"]).fetchall():
        name = sql.Identifier(column)
        update = sql.SQL("update {} set {} = {}")
        statements[column] = update.format(sql.Identifier("public", table), name, CHANGED[kind].format(name))
    return statements
