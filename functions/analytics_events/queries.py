"""The statements of tracking, and of the months it is kept in."""

from collections.abc import Sequence
from typing import Any

from psycopg import Cursor
from psycopg.rows import scalar_row
from psycopg.types.json import Jsonb

from shared.db import Connection


def take_turn(conn: Connection, source: str) -> None:
    """Let two deliveries of one batch follow each other, so that the second one sees the first."""
    conn.execute("select pg_advisory_xact_lock(hashtextextended('analytics:' || %(source)s, 0))", {"source": source})


def count_tracked(
    conn: Connection, limits: Sequence[tuple[str, int, int]], events: int, size_bytes: int
) -> Cursor[bool]:
    """Count a batch for each source; whether none has sent more events and bytes in this hour than it may."""
    sources, max_events, max_bytes = zip(*limits, strict=True)
    return conn.cursor(row_factory=scalar_row).execute(
        """
        select private.count_tracked(
            %(sources)s, %(max_events)s::integer[], %(max_bytes)s::bigint[], %(events)s::integer, %(bytes)s::bigint
        )
        """,
        {
            "sources": list(sources),
            "max_events": list(max_events),
            "max_bytes": list(max_bytes),
            "events": events,
            "bytes": size_bytes,
        },
    )


def forget_quotas(conn: Connection) -> None:
    conn.execute("delete from private.analytics_quotas where hour < now() - interval '1 day'")


def insert_events(conn: Connection, rows: Sequence[dict[str, Any]]) -> Cursor[Any]:
    """Keep what is not kept yet; the row count says how many."""
    return conn.execute(
        """
        insert into public.analytics_events
            (id, user_id, session_id, event_name, event_category, event_data, occurred_at)
        select e.id, e.user_id, e.session_id, e.event_name, e.event_category, e.event_data, e.occurred_at
        from jsonb_to_recordset(%(rows)s) as e (id uuid, user_id uuid, session_id text, event_name text,
            event_category text, event_data jsonb, occurred_at timestamptz)
        where e.id not in (select private.received_analytics_events(%(ids)s::uuid[]))
        """,
        {"rows": Jsonb(list(rows)), "ids": [row["id"] for row in rows]},
    )


def make_months(conn: Connection, ahead: int) -> int | None:
    return (
        conn.cursor(row_factory=scalar_row)
        .execute("select private.make_analytics_months(%(ahead)s)", {"ahead": ahead})
        .fetchone()
    )


def drop_months(conn: Connection, keep: int) -> int | None:
    return (
        conn.cursor(row_factory=scalar_row)
        .execute("select private.drop_analytics_months(%(keep)s)", {"keep": keep})
        .fetchone()
    )
