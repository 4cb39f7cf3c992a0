"""The statements of administering certificates."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from shared.certificates.models import Certificate
from shared.certificates.queries import COLUMNS
from shared.db import Connection


def list_certificates(
    conn: Connection,
    *,
    event_id: UUID | None,
    user_id: UUID | None,
    number: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Certificate]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(Certificate))
        .execute(
            "select"
            + COLUMNS
            + """
            from public.certificates
            where (%(event)s::uuid is null or event_id = %(event)s)
                and (%(user)s::uuid is null or user_id = %(user)s)
                and (%(number)s::text is null or certificate_number = %(number)s)
                and (%(after_time)s::timestamptz is null
                    or (issued_at, id) < (%(after_time)s::timestamptz, %(after_id)s::uuid))
            order by issued_at desc, id desc
            limit %(limit)s
            """,
            {
                "event": event_id,
                "user": user_id,
                "number": number,
                "after_time": after_time,
                "after_id": after_id,
                "limit": limit,
            },
        )
        .fetchall()
    )


def find_time_zone(conn: Connection, event_id: UUID) -> str:
    cursor = conn.cursor(row_factory=scalar_row)
    found = cursor.execute("select time_zone from public.events where id = %(id)s", {"id": event_id}).fetchone()
    return str(found)
