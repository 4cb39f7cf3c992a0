"""The statement of reading a course's feedback."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from functions.admin_courses.feedback.models import CourseFeedback
from shared.db import Connection


def list_feedback(
    conn: Connection, event_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[CourseFeedback]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(CourseFeedback))
        .execute(
            """
            select f.id, f.registration_id, f.user_id, p.full_name, f.rating, f.comments, f.created_at
            from public.event_feedback f join public.profiles p on p.id = f.user_id
            where f.event_id = %(event)s and (%(after_time)s::timestamptz is null
                or (f.created_at, f.id) < (%(after_time)s::timestamptz, %(after_id)s::uuid))
            order by f.created_at desc, f.id desc
            limit %(limit)s
            """,
            {"event": event_id, "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )
