"""The statements that move courses through their life."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import scalar_row

from shared.db import Connection


def take_turn(conn: Connection) -> bool:
    """Whether no other run is under way; holds until this transaction ends."""
    locked = conn.execute(
        "select from private.exclusive_locks where name = 'update_event_status' for update skip locked"
    )
    return locked.rowcount == 1


def begin_events(conn: Connection, now: datetime) -> int:
    """Courses on sale whose time has begun are under way; how many."""
    return conn.execute(
        "update public.events set status = 'ongoing' where status = 'upcoming' and starts_at <= %(now)s",
        {"now": now},
    ).rowcount


def lock_ending(conn: Connection, now: datetime) -> list[UUID]:
    """Courses under way whose own time is over, locked: whoever changes the sessions of one has locked it too."""
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        """
        select id from public.events where status = 'ongoing' and ends_at <= %(now)s
        order by id
        for no key update
        """,
        {"now": now},
    ).fetchall()


def complete_events(conn: Connection, locked: list[UUID], now: datetime) -> int:
    """Complete those locked courses whose sessions are over, at the time they ended; how many."""
    return conn.execute(
        """
        update public.events e set status = 'completed', completed_at = greatest(e.ends_at, (
            select max(s.ends_at) from public.event_sessions s where s.event_id = e.id
        ))
        where e.id = any(%(locked)s) and not exists (
            select 1 from public.event_sessions s where s.event_id = e.id and s.ends_at > %(now)s
        )
        """,
        {"locked": locked, "now": now},
    ).rowcount


def close_forgotten_attendance(conn: Connection, now: datetime) -> int:
    """Stays nobody ended, in sessions that are over, end with their session; how many."""
    return conn.execute(
        """
        update public.session_attendance a
        set check_out_time = greatest(a.check_in_time, s.ends_at), closed_by = 'session_end'
        from public.event_sessions s
        where s.id = a.session_id and a.check_out_time is null and s.ends_at <= %(now)s
        """,
        {"now": now},
    ).rowcount
