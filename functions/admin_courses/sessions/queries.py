"""The statements of planning live sessions; whoever changes one holds the event's lock."""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import class_row, scalar_row

from functions.admin_courses.sessions.models import Session
from shared.db import Connection

COLUMNS: LiteralString = """
    s.id, s.event_id, s.title, s.starts_at, s.ends_at,
    exists (select 1 from public.session_attendance a where a.session_id = s.id) as attended
"""


@dataclass(frozen=True)
class CourseSchedule:
    status: str
    starts_at: datetime
    ends_at: datetime


def find_course_schedule(conn: Connection, event_id: UUID) -> CourseSchedule | None:
    return (
        conn.cursor(row_factory=class_row(CourseSchedule))
        .execute("select status, starts_at, ends_at from public.events where id = %(id)s", {"id": event_id})
        .fetchone()
    )


def list_sessions(conn: Connection, event_id: UUID) -> list[Session]:
    return (
        conn.cursor(row_factory=class_row(Session))
        .execute(
            "select" + COLUMNS + "from public.event_sessions s where s.event_id = %(event)s order by s.starts_at",
            {"event": event_id},
        )
        .fetchall()
    )


def insert_session(conn: Connection, event_id: UUID, title: str, starts_at: datetime, ends_at: datetime) -> UUID:
    found = (
        conn.cursor(row_factory=scalar_row)
        .execute(
            """
            insert into public.event_sessions (event_id, title, starts_at, ends_at)
            values (%(event)s, %(title)s, %(starts_at)s, %(ends_at)s)
            returning id
            """,
            {"event": event_id, "title": title, "starts_at": starts_at, "ends_at": ends_at},
        )
        .fetchone()
    )
    assert found is not None
    return found


def update_session(conn: Connection, session_id: UUID, title: str, starts_at: datetime, ends_at: datetime) -> None:
    conn.execute(
        """
        update public.event_sessions set title = %(title)s, starts_at = %(starts_at)s, ends_at = %(ends_at)s
        where id = %(id)s
        """,
        {"id": session_id, "title": title, "starts_at": starts_at, "ends_at": ends_at},
    )


def enqueue_session_moves(conn: Connection, event_id: UUID, session_ids: list[UUID], before: datetime) -> Cursor[UUID]:
    """Tell everybody who has a seat that these sessions moved; `before` is when the first of them was to start.

    Every move raises the sequence of a session, so the key is one move's. The keys are those of
    `shared.notifications.service.enqueue`.
    """
    return conn.cursor(row_factory=scalar_row).execute(
        """
        with moved as (
            select min(s.starts_at) as starts_at,
                min(s.id::text || ':' || s.sequence) as key,
                jsonb_agg(jsonb_build_object('sessionId', s.id, 'sessionTitle', s.title, 'startsAt', s.starts_at,
                    'endsAt', s.ends_at, 'sequence', s.sequence) order by s.starts_at) as sessions
            from public.event_sessions s where s.id = any(%(sessions)s)
        )
        insert into public.notifications_queue (user_id, type, channel, template, data, priority, dedupe_key)
        select r.user_id, t.type, 'transactional', 'sessions_moved',
            jsonb_build_object('eventTitle', e.title, 'eventId', e.id, 'registrationId', r.id,
                'timeZone', e.time_zone, 'startsAt', m.starts_at, 'movedFrom', %(before)s::timestamptz,
                'sessions', m.sessions, 'fullRefundUntil',
                case when r.payment_status = 'completed' and r.created_at <= e.moved_at and e.full_refund_until > now()
                    then e.full_refund_until end),
            'high', format('sessions_moved:%%s:%%s:%%s', m.key, r.user_id, t.type)
        from moved m
        join public.events e on e.id = %(event)s and e.status in ('upcoming', 'ongoing')
        join public.registrations r on r.event_id = e.id and r.status = 'confirmed'
            and r.payment_status in ('completed', 'free')
        cross join (values ('email'), ('sms'), ('in_app')) as t (type)
        on conflict (dedupe_key) do nothing
        returning id
        """,
        {"sessions": session_ids, "event": event_id, "before": before},
    )


def enqueue_session_cancellation(conn: Connection, event_id: UUID, session: Session, sequence: int) -> Cursor[UUID]:
    """Tell everybody who has a seat that a session, which is deleted with this, will not take place."""
    return conn.cursor(row_factory=scalar_row).execute(
        """
        insert into public.notifications_queue (user_id, type, channel, template, data, priority, dedupe_key)
        select r.user_id, t.type, 'transactional', 'session_cancelled',
            jsonb_build_object('eventTitle', e.title, 'eventId', e.id, 'registrationId', r.id,
                'timeZone', e.time_zone, 'sessionId', %(session)s::uuid, 'sessionTitle', %(title)s::text,
                'startsAt', %(starts_at)s::timestamptz, 'endsAt', %(ends_at)s::timestamptz,
                'sequence', %(sequence)s::integer),
            'high', format('session_cancelled:%%s:%%s:%%s', %(session)s::uuid, r.user_id, t.type)
        from public.events e
        join public.registrations r on r.event_id = e.id and r.status = 'confirmed'
            and r.payment_status in ('completed', 'free')
        cross join (values ('email'), ('sms'), ('in_app')) as t (type)
        where e.id = %(event)s and e.status in ('upcoming', 'ongoing')
        on conflict (dedupe_key) do nothing
        returning id
        """,
        {
            "event": event_id,
            "session": session.id,
            "title": session.title,
            "starts_at": session.starts_at,
            "ends_at": session.ends_at,
            "sequence": sequence,
        },
    )


def find_sequence(conn: Connection, session_id: UUID) -> int:
    """How often a session was changed."""
    found = conn.cursor(row_factory=scalar_row).execute(
        "select sequence from public.event_sessions where id = %(id)s", {"id": session_id}
    )
    return int(found.fetchone() or 0)


def delete_session(conn: Connection, session_id: UUID) -> None:
    conn.execute("delete from public.event_sessions where id = %(id)s", {"id": session_id})
