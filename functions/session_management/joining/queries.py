"""The statements of joining and of calendar feeds; every one names the person or the seat."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from functions.session_management.joining.models import JoiningSeat, PlannedSession
from shared.db import Connection


def list_sessions(conn: Connection, user_id: UUID, ended_after: datetime, limit: int) -> list[PlannedSession]:
    """The sessions of a person's paid or free seats that end after an instant, the soonest first."""
    return (
        conn.cursor(row_factory=class_row(PlannedSession))
        .execute(
            """
            select s.id, s.event_id, r.id as registration_id, e.title as event_title, s.title, s.starts_at, s.ends_at,
                e.time_zone, s.sequence, (
                    select count(*) from public.registrations o
                    where o.user_id = r.user_id and o.event_id = r.event_id and o.created_at < r.created_at
                ) as earlier_seats
            from public.registrations r
            join public.events e on e.id = r.event_id and e.status in ('upcoming', 'ongoing', 'completed')
            join public.event_sessions s on s.event_id = e.id and s.ends_at > %(ended_after)s
            where r.user_id = %(user)s and r.status = 'confirmed' and r.payment_status in ('completed', 'free')
            order by s.starts_at, s.id
            limit %(limit)s
            """,
            {"user": user_id, "ended_after": ended_after, "limit": limit},
        )
        .fetchall()
    )


def find_seat(
    conn: Connection, session_id: UUID, *, registration_id: UUID | None, user_id: UUID | None
) -> JoiningSeat | None:
    """The seat of a link, or the person's best one in the session's course."""
    return (
        conn.cursor(row_factory=class_row(JoiningSeat))
        .execute(
            """
            select r.id as registration_id, r.user_id, e.id as event_id, r.status, r.payment_status,
                e.status as event_status, e.title as event_title, e.time_zone, s.starts_at, s.ends_at,
                coalesce(s.meeting_url, e.meeting_url) as meeting_url, p.language
            from public.event_sessions s
            join public.events e on e.id = s.event_id
            join public.registrations r on r.event_id = e.id
            join public.profiles p on p.id = r.user_id and p.erased_at is null
            where s.id = %(session)s and (r.id = %(registration)s or r.user_id = %(user)s)
            order by r.status = 'confirmed' desc, r.created_at desc
            limit 1
            """,
            {"session": session_id, "registration": registration_id, "user": user_id},
        )
        .fetchone()
    )


def find_calendar_generation(conn: Connection, user_id: UUID) -> int | None:
    """The number that a person's feed is signed with; None without a profile."""
    return (
        conn.cursor(row_factory=scalar_row)
        .execute(
            "select calendar_generation from public.profiles where id = %(user)s and erased_at is null",
            {"user": user_id},
        )
        .fetchone()
    )


def end_calendar_links(conn: Connection, user_id: UUID) -> None:
    """Every link that was given out stops working."""
    conn.execute(
        "update public.profiles set calendar_generation = calendar_generation + 1 where id = %(user)s",
        {"user": user_id},
    )


def find_language(conn: Connection, user_id: UUID) -> str | None:
    return (
        conn.cursor(row_factory=scalar_row)
        .execute("select language from public.profiles where id = %(user)s", {"user": user_id})
        .fetchone()
    )
