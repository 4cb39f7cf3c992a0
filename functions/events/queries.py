"""The statements that show courses to the public."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from functions.events.models import Event, EventFilters, Session
from shared.db import Connection

ON_SALE: LiteralString = "status in ('upcoming', 'ongoing')"
IN_STATE: LiteralString = "status <> 'draft' and status = %(status)s"
"""Each is the condition of an index that is in the order of the starts."""


def list_events(
    conn: Connection, which: EventFilters, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Event]:
    after_start, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(Event))
        .execute(
            """
            select id, title, description, instructor, category, status, starts_at, ends_at,
                coalesce(sales_end_at, starts_at) as sales_end_at, time_zone, capacity,
                greatest(0, capacity - private.seats_taken(id)) as seats_left, price_amount, currency,
                full_refund_hours, partial_refund_hours, partial_refund_percent, minimum_attendance_minutes
            from public.events
            where """
            + (IN_STATE if which.status else ON_SALE)
            + """
                and (%(category)s::text is null or category = %(category)s)
                and (%(instructor)s::text is null or instructor = %(instructor)s)
                and (%(from_time)s::timestamptz is null or starts_at >= %(from_time)s)
                and (%(until)s::timestamptz is null or starts_at < %(until)s)
                and (%(max_price)s::bigint is null or price_amount <= %(max_price)s)
                and (%(free)s::boolean is null or (price_amount = 0) = %(free)s)
                and (%(after_start)s::timestamptz is null
                    or (starts_at, id) > (%(after_start)s::timestamptz, %(after_id)s::uuid))
            order by starts_at, id
            limit %(limit)s
            """,
            {
                **which.model_dump(by_alias=False),
                "after_start": after_start,
                "after_id": after_id,
                "limit": limit,
            },
        )
        .fetchall()
    )


def find_event(conn: Connection, event_id: UUID) -> Event | None:
    return (
        conn.cursor(row_factory=class_row(Event))
        .execute(
            """
            select id, title, description, instructor, category, status, starts_at, ends_at,
                coalesce(sales_end_at, starts_at) as sales_end_at, time_zone, capacity,
                greatest(0, capacity - private.seats_taken(id)) as seats_left, price_amount, currency,
                full_refund_hours, partial_refund_hours, partial_refund_percent, minimum_attendance_minutes
            from public.events
            where id = %(id)s and status <> 'draft'
            """,
            {"id": event_id},
        )
        .fetchone()
    )


def list_sessions(conn: Connection, event_id: UUID) -> list[Session]:
    return (
        conn.cursor(row_factory=class_row(Session))
        .execute(
            """
            select id, title, starts_at, ends_at from public.event_sessions
            where event_id = %(event)s
            order by starts_at
            """,
            {"event": event_id},
        )
        .fetchall()
    )
