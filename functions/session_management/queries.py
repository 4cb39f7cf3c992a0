"""The statements of attendance."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import class_row, dict_row

from functions.session_management.models import Attendance, ClientDevice, SessionAdmission
from shared.db import Connection

# The visitor's event of a stay that has begun or ended, in the same round trip.
TRACKED: LiteralString = """
    , tracked as (
        insert into public.analytics_events (user_id, event_name, event_category, event_data)
        select user_id, %(tracked_as)s, 'engagement', jsonb_build_object(
            'attendanceId', id, 'eventId', event_id, 'durationMinutes', duration_minutes
        )
        from changed
    )
    select id, registration_id, event_id, session_id, check_in_time, check_out_time, duration_minutes from changed
"""


def find_place(conn: Connection, registration_id: UUID, user_id: UUID, now: datetime) -> SessionAdmission | None:
    return (
        conn.cursor(row_factory=class_row(SessionAdmission))
        .execute(
            """
            select r.event_id, e.status as event_status, r.status, r.payment_status, s.id as session_id,
                s.starts_at as session_starts_at
            from public.registrations r
            join public.events e on e.id = r.event_id
            left join lateral (
                select id, starts_at from public.event_sessions
                where event_id = e.id and ends_at > %(now)s
                order by starts_at limit 1
            ) s on true
            where r.id = %(registration)s and r.user_id = %(user)s
            """,
            {"registration": registration_id, "user": user_id, "now": now},
        )
        .fetchone()
    )


def close_forgotten(conn: Connection, registration_id: UUID, now: datetime) -> None:
    """End a stay in a session that is over, at the session's end."""
    conn.execute(
        """
        update public.session_attendance a
        set check_out_time = greatest(a.check_in_time, s.ends_at), closed_by = 'session_end'
        from public.event_sessions s
        where s.id = a.session_id and a.registration_id = %(registration)s and a.check_out_time is null
            and s.ends_at <= %(now)s
        """,
        {"registration": registration_id, "now": now},
    )


def open_attendance(
    conn: Connection, registration_id: UUID, user_id: UUID, place: SessionAdmission, device: ClientDevice, now: datetime
) -> Cursor[Attendance]:
    """Begin a stay; no row while one is open."""
    return conn.cursor(row_factory=class_row(Attendance)).execute(
        """
        with changed as (
            insert into public.session_attendance
                (registration_id, user_id, event_id, session_id, check_in_time, ip_address, user_agent)
            values (%(registration)s, %(user)s, %(event)s, %(session)s, %(now)s, %(ip)s::inet, %(agent)s)
            on conflict (registration_id) where check_out_time is null do nothing
            returning *
        )
        """
        + TRACKED,
        {
            "registration": registration_id,
            "user": user_id,
            "event": place.event_id,
            "session": place.session_id,
            "now": now,
            "ip": device.ip_address,
            "agent": device.user_agent,
            "tracked_as": "session_check_in",
        },
    )


def find_open(conn: Connection, registration_id: UUID, user_id: UUID) -> Attendance | None:
    return (
        conn.cursor(row_factory=class_row(Attendance))
        .execute(
            """
            select id, registration_id, event_id, session_id, check_in_time, check_out_time, duration_minutes
            from public.session_attendance
            where registration_id = %(registration)s and user_id = %(user)s and check_out_time is null
            """,
            {"registration": registration_id, "user": user_id},
        )
        .fetchone()
    )


def close_attendance(conn: Connection, attendance_id: UUID, user_id: UUID, now: datetime) -> Attendance | None:
    """End an open stay: now, but not after its session, and never before it began (a clock may step back)."""
    return (
        conn.cursor(row_factory=class_row(Attendance))
        .execute(
            """
            with changed as (
                update public.session_attendance a
                set check_out_time = greatest(a.check_in_time, least(%(now)s, s.ends_at)), closed_by = 'student'
                from public.event_sessions s
                where s.id = a.session_id and a.id = %(id)s and a.user_id = %(user)s and a.check_out_time is null
                returning a.*
            )
            """
            + TRACKED,
            {"id": attendance_id, "user": user_id, "now": now, "tracked_as": "session_check_out"},
        )
        .fetchone()
    )


def find_attendance(conn: Connection, attendance_id: UUID, user_id: UUID) -> Attendance | None:
    return (
        conn.cursor(row_factory=class_row(Attendance))
        .execute(
            """
            select id, registration_id, event_id, session_id, check_in_time, check_out_time, duration_minutes
            from public.session_attendance
            where id = %(id)s and user_id = %(user)s
            """,
            {"id": attendance_id, "user": user_id},
        )
        .fetchone()
    )


def list_history(
    conn: Connection, user_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[dict[str, Any]]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=dict_row)
        .execute(
            """
            select a.id, a.registration_id, a.event_id, a.session_id, a.check_in_time, a.check_out_time,
                a.duration_minutes, jsonb_build_object('id', e.id, 'title', e.title, 'starts_at', e.starts_at,
                    'ends_at', e.ends_at) as event
            from public.session_attendance a join public.events e on e.id = a.event_id
            where a.user_id = %(user)s and (%(after_time)s::timestamptz is null
                or a.check_in_time < %(after_time)s::timestamptz
                or (a.check_in_time = %(after_time)s::timestamptz and a.id > %(after_id)s::uuid))
            order by a.check_in_time desc, a.id
            limit %(limit)s
            """,
            {"user": user_id, "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )
