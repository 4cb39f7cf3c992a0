"""The statements of the notification outbox that every function may need."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import scalar_row
from psycopg.types.json import Jsonb

from shared.db import Connection


def insert_notifications(conn: Connection, rows: Sequence[dict[str, Any]]) -> Cursor[UUID]:
    """Queue what is not queued yet; returns the ids of the new rows, in one statement."""
    return conn.cursor(row_factory=scalar_row).execute(
        """
        insert into public.notifications_queue
            (user_id, type, channel, template, data, priority, scheduled_for, dedupe_key)
        select (n ->> 'user_id')::uuid, n ->> 'type', n ->> 'channel', n ->> 'template', n -> 'data',
            n ->> 'priority', coalesce((n ->> 'scheduled_for')::timestamptz, now()), n ->> 'dedupe_key'
        from jsonb_array_elements(%(rows)s) n
        on conflict (dedupe_key) do nothing
        returning id
        """,
        {"rows": Jsonb(list(rows))},
    )


def list_admins(conn: Connection) -> list[UUID]:
    return conn.cursor(row_factory=scalar_row).execute("select user_id from public.admins").fetchall()


def cancel_pending(conn: Connection, dedupe_keys: Sequence[str]) -> None:
    conn.execute(
        """
        update public.notifications_queue set status = 'cancelled', last_error = 'superseded'
        where dedupe_key = any(%(keys)s) and status = 'pending' and lease_token is null
        """,
        {"keys": list(dedupe_keys)},
    )
