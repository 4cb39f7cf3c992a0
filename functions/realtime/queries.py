"""The statements of open connections."""

from datetime import datetime
from uuid import UUID

from shared.db import Connection


def insert_connection(conn: Connection, connection_id: str, user_id: UUID, expires_at: datetime) -> None:
    conn.execute(
        """
        insert into public.realtime_connections (connection_id, user_id, expires_at)
        values (%(id)s, %(user_id)s, %(expires_at)s)
        on conflict (connection_id) do update
        set user_id = excluded.user_id, expires_at = excluded.expires_at, connected_at = now()
        """,
        {"id": connection_id, "user_id": user_id, "expires_at": expires_at},
    )


def delete_surplus(conn: Connection, user_id: UUID, keep: int) -> None:
    """Forget a person's connections that are over, and the oldest of too many."""
    conn.execute(
        """
        delete from public.realtime_connections
        where user_id = %(user_id)s and (expires_at < now() or connection_id in (
            select connection_id from public.realtime_connections
            where user_id = %(user_id)s order by connected_at desc, connection_id offset %(keep)s))
        """,
        {"user_id": user_id, "keep": keep},
    )


def delete_connection(conn: Connection, connection_id: str) -> None:
    conn.execute("delete from public.realtime_connections where connection_id = %(id)s", {"id": connection_id})
