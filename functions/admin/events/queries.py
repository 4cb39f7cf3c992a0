"""The statements of administering courses."""

from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from functions.admin.events.models import Event, NewEvent
from shared.db import Connection

COLUMNS: LiteralString = """
    id, title, description, instructor, category, status, starts_at, ends_at, sales_end_at, time_zone, capacity,
    private.seats_taken(id) as seats_taken, price_amount, currency, full_refund_hours, partial_refund_hours,
    partial_refund_percent, minimum_attendance_minutes, meeting_url, created_at
"""


def insert_event(conn: Connection, event: NewEvent) -> Event | None:
    return (
        conn.cursor(row_factory=class_row(Event))
        .execute(
            """
            insert into public.events (title, description, instructor, category, starts_at, ends_at, sales_end_at,
                time_zone, capacity, price_amount, currency, full_refund_hours, partial_refund_hours,
                partial_refund_percent, minimum_attendance_minutes, meeting_url)
            values (%(title)s, %(description)s, %(instructor)s, %(category)s, %(starts_at)s, %(ends_at)s,
                %(sales_end_at)s, %(time_zone)s, %(capacity)s, %(price_amount)s, %(currency)s, %(full_refund_hours)s,
                %(partial_refund_hours)s, %(partial_refund_percent)s, %(minimum_attendance_minutes)s, %(meeting_url)s)
            returning
            """
            + COLUMNS,
            event.model_dump(by_alias=False),
        )
        .fetchone()
    )


def publish(conn: Connection, event_id: UUID) -> Event | None:
    return (
        conn.cursor(row_factory=class_row(Event))
        .execute(
            "update public.events set status = 'upcoming' where id = %(id)s and status = 'draft' returning" + COLUMNS,
            {"id": event_id},
        )
        .fetchone()
    )
