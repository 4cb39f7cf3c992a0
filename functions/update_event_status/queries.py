"""The statements that move courses through their life."""

from datetime import datetime

from psycopg.rows import scalar_row

from shared.db import Connection


def take_turn(conn: Connection) -> bool:
    """Whether no other run is under way; holds until this transaction ends."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        "select pg_try_advisory_xact_lock(hashtextextended('update_event_status', 0))"
    )
    return bool(cursor.fetchone())


def begin_events(conn: Connection, now: datetime) -> int:
    """Courses on sale whose time has begun are under way; how many."""
    return conn.execute(
        "update public.events set status = 'ongoing' where status = 'upcoming' and starts_at <= %(now)s",
        {"now": now},
    ).rowcount


def complete_events(conn: Connection, now: datetime) -> int:
    """Courses under way whose time and sessions are over are completed, at the time they ended; how many."""
    return conn.execute(
        """
        update public.events e set status = 'completed', completed_at = greatest(e.ends_at, (
            select max(s.ends_at) from public.event_sessions s where s.event_id = e.id
        ))
        where e.status = 'ongoing' and e.ends_at <= %(now)s and not exists (
            select 1 from public.event_sessions s where s.event_id = e.id and s.ends_at > %(now)s
        )
        """,
        {"now": now},
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
