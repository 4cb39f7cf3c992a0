"""The statement of looking at a course's queue."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from functions.admin_courses.waitlist.models import WaitingPerson, WaitlistStatus
from shared.db import Connection


def list_waiting(
    conn: Connection,
    event_id: UUID,
    status: WaitlistStatus | None,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[WaitingPerson]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(WaitingPerson))
        .execute(
            """
            select w.id, w.user_id, p.email, p.full_name, w.status, w.joined_at, w.notified_at, w.expires_at,
                w.registration_id
            from public.event_waitlist w join public.profiles p on p.id = w.user_id
            where w.event_id = %(event)s and (%(status)s::text is null or w.status = %(status)s)
                and (%(after_time)s::timestamptz is null
                    or (w.joined_at, w.id) > (%(after_time)s::timestamptz, %(after_id)s::uuid))
            order by w.joined_at, w.id
            limit %(limit)s
            """,
            {"event": event_id, "status": status, "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )
