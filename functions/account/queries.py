"""The statements of a user's account; row level security keeps each to the user's own rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from functions.account.models import InboxNotification, NotificationPreference
from shared.db import Connection


def inbox(
    conn: Connection, user_id: UUID, *, unread: bool, after: tuple[datetime, UUID] | None, limit: int
) -> list[InboxNotification]:
    before, last_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(InboxNotification))
        .execute(
            """
            select id, title, message, type, action_url, read_at, created_at
            from public.in_app_notifications
            where user_id = %(user_id)s
                and (not %(unread)s or read_at is null)
                and (%(before)s::timestamptz is null
                    or created_at < %(before)s or (created_at = %(before)s and id > %(last_id)s::uuid))
            order by created_at desc, id
            limit %(limit)s
            """,
            {"user_id": user_id, "unread": unread, "before": before, "last_id": last_id, "limit": limit},
        )
        .fetchall()
    )


def find_language(conn: Connection, user_id: UUID) -> str | None:
    """The language that a person prefers, such as `hi-IN`; None without a profile."""
    return (
        conn.cursor(row_factory=scalar_row)
        .execute("select language from public.profiles where id = %(user_id)s", {"user_id": user_id})
        .fetchone()
    )


def unread_count(conn: Connection, user_id: UUID) -> int:
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        "select count(*) from public.in_app_notifications where user_id = %(user_id)s and read_at is null",
        {"user_id": user_id},
    ).fetchone()  # pyright: ignore[reportReturnType] - count always answers


def mark_read(conn: Connection, user_id: UUID, notification_id: UUID) -> InboxNotification | None:
    """The first reading counts."""
    return (
        conn.cursor(row_factory=class_row(InboxNotification))
        .execute(
            """
            update public.in_app_notifications set read_at = coalesce(read_at, now())
            where id = %(id)s and user_id = %(user_id)s
            returning id, title, message, type, action_url, read_at, created_at
            """,
            {"id": notification_id, "user_id": user_id},
        )
        .fetchone()
    )


def mark_all_read(conn: Connection, user_id: UUID) -> int:
    return conn.execute(
        """
        update public.in_app_notifications set read_at = now()
        where user_id = %(user_id)s and read_at is null
        """,
        {"user_id": user_id},
    ).rowcount


def chosen(conn: Connection, user_id: UUID) -> list[NotificationPreference]:
    return (
        conn.cursor(row_factory=class_row(NotificationPreference))
        .execute(
            "select type, channel, enabled from public.notification_preferences where user_id = %(user_id)s",
            {"user_id": user_id},
        )
        .fetchall()
    )


def choose(conn: Connection, user_id: UUID, preferences: Sequence[NotificationPreference]) -> None:
    rows: list[dict[str, Any]] = [preference.model_dump() for preference in preferences]
    conn.execute(
        """
        insert into public.notification_preferences (user_id, type, channel, enabled)
        select %(user_id)s, p.type, p.channel, p.enabled
        from jsonb_to_recordset(%(rows)s) as p (type text, channel text, enabled boolean)
        on conflict (user_id, type, channel) do update set enabled = excluded.enabled, updated_at = now()
        """,
        {"user_id": user_id, "rows": Jsonb(rows)},
    )
