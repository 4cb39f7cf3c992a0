"""SQL for the waitlist."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from functions.waitlist.models import LockedEntry, WaitlistEntry, WaitlistStatus
from shared.db import Connection

SELECT_ENTRY: LiteralString = """
    select w.id, w.event_id, e.title as event_title, e.starts_at as event_starts_at, w.status,
        private.waitlist_position(w.id) as position, w.joined_at, w.notified_at, w.expires_at, w.registration_id
    from public.event_waitlist w join public.events e on e.id = w.event_id
"""


def insert_entry(conn: Connection, event_id: UUID, user_id: UUID) -> UUID | None:
    """Join the end of the waitlist; None when the user is already in it."""
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        """
        insert into public.event_waitlist (event_id, user_id) values (%(event)s, %(user)s)
        on conflict (user_id, event_id) where status in ('waiting', 'notified') do nothing
        returning id
        """,
        {"event": event_id, "user": user_id},
    ).fetchone()


def find_live_entry(conn: Connection, event_id: UUID, user_id: UUID) -> WaitlistEntry | None:
    return (
        conn.cursor(row_factory=class_row(WaitlistEntry))
        .execute(
            SELECT_ENTRY
            + """
            where w.event_id = %(event)s and w.user_id = %(user)s and w.status in ('waiting', 'notified')
            """,
            {"event": event_id, "user": user_id},
        )
        .fetchone()
    )


def find_entry(conn: Connection, entry_id: UUID, user_id: UUID) -> WaitlistEntry | None:
    return (
        conn.cursor(row_factory=class_row(WaitlistEntry))
        .execute(SELECT_ENTRY + "where w.id = %(id)s and w.user_id = %(user)s", {"id": entry_id, "user": user_id})
        .fetchone()
    )


def list_entries(
    conn: Connection, user_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[WaitlistEntry]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(WaitlistEntry))
        .execute(
            SELECT_ENTRY
            + """
            where w.user_id = %(user)s and (%(after_time)s::timestamptz is null
                or w.joined_at < %(after_time)s::timestamptz
                or (w.joined_at = %(after_time)s::timestamptz and w.id > %(after_id)s::uuid))
            order by w.joined_at desc, w.id
            limit %(limit)s
            """,
            {"user": user_id, "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def lock_own_entry(conn: Connection, entry_id: UUID, user_id: UUID) -> LockedEntry | None:
    """Lock a user's entry and its event, and read the entry."""
    return (
        conn.cursor(row_factory=class_row(LockedEntry))
        .execute(
            """
            select w.event_id, w.status, w.registration_id
            from public.event_waitlist w join public.events e on e.id = w.event_id
            where w.id = %(id)s and w.user_id = %(user)s
            for no key update of e, w
            """,
            {"id": entry_id, "user": user_id},
        )
        .fetchone()
    )


def is_offer_live(conn: Connection, entry_id: UUID, now: datetime) -> bool:
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select exists (
            select 1 from public.event_waitlist where id = %(id)s and status = 'notified' and expires_at > %(now)s
        )
        """,
        {"id": entry_id, "now": now},
    )
    return bool(cursor.fetchone())


def leave(conn: Connection, entry_id: UUID, user_id: UUID) -> WaitlistStatus | None:
    """Close a live entry; returns its status before, None when it was closed already."""
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        """
        update public.event_waitlist w set status = 'left'
        from (select id, status from public.event_waitlist where id = %(id)s for no key update) before
        where w.id = before.id and w.user_id = %(user)s and before.status in ('waiting', 'notified')
        returning before.status
        """,
        {"id": entry_id, "user": user_id},
    ).fetchone()
