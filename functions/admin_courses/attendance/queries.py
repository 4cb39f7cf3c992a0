"""The statements of the attendance report."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from functions.admin_courses.attendance.models import AttendanceSummary, Attendee
from shared.db import Connection

# Present is who has an open stay in a session that is not over: a forgotten check-out is presence no more.
ATTENDEES: LiteralString = """
    select r.id as registration_id, r.user_id, p.full_name, p.email, r.created_at,
        coalesce(a.sessions_attended, 0) as sessions_attended,
        private.attended_minutes(r.id, %(now)s) as minutes, a.first_check_in, a.last_check_out,
        coalesce(a.is_present, false) as is_present,
        a.registration_id is null and exists (
            select 1 from public.event_sessions s where s.event_id = r.event_id and s.ends_at <= %(now)s
        ) as is_no_show
    from public.registrations r
    join public.profiles p on p.id = r.user_id
    left join (
        select a.registration_id, count(distinct a.session_id)::integer as sessions_attended,
            min(a.check_in_time) as first_check_in, max(a.check_out_time) as last_check_out,
            bool_or(a.check_out_time is null and s.ends_at > %(now)s) as is_present
        from public.session_attendance a
        join public.event_sessions s on s.id = a.session_id
        where a.event_id = %(event)s
        group by a.registration_id
    ) a on a.registration_id = r.id
    where r.event_id = %(event)s and r.status = 'confirmed'
"""


def event_exists(conn: Connection, event_id: UUID) -> bool:
    cursor = conn.cursor(row_factory=scalar_row).execute(
        "select true from public.events where id = %(event)s", {"event": event_id}
    )
    return bool(cursor.fetchone())


def summarize_attendance(conn: Connection, event_id: UUID, now: datetime) -> AttendanceSummary:
    row = (
        conn.cursor(row_factory=class_row(AttendanceSummary))
        .execute(
            "with attendees as ("
            + ATTENDEES
            + """)
            select count(*) as confirmed, count(*) filter (where is_present) as present_now,
                count(*) filter (where sessions_attended > 0) as joined,
                count(*) filter (where is_no_show) as no_shows, coalesce(sum(minutes), 0)::bigint as minutes
            from attendees
            """,
            {"event": event_id, "now": now},
        )
        .fetchone()
    )
    assert row is not None
    return row


def list_attendees(
    conn: Connection, event_id: UUID, now: datetime, *, after: tuple[datetime, UUID] | None, limit: int | None
) -> list[tuple[datetime, Attendee]]:
    """In the order of registering, each with when that was."""
    after_time, after_id = after or (None, None)
    rows = conn.execute(
        "with attendees as ("
        + ATTENDEES
        + """)
        select registration_id, user_id, full_name, email, sessions_attended, minutes, first_check_in, last_check_out,
            is_present, is_no_show, created_at
        from attendees
        where %(after_time)s::timestamptz is null
            or (created_at, registration_id) > (%(after_time)s::timestamptz, %(after_id)s::uuid)
        order by created_at, registration_id
        limit %(limit)s
        """,
        {"event": event_id, "now": now, "after_time": after_time, "after_id": after_id, "limit": limit},
    )
    names = list(Attendee.model_fields)
    return [(row[-1], Attendee.model_validate(dict(zip(names, row[:-1], strict=True)))) for row in rows]
