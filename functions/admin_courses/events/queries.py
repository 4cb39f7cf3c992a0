"""The statements of administering courses."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from functions.admin_courses.events.models import CancellationProgress, Event, EventStatus, NewEvent, RefundTotals
from shared.db import Connection

COLUMNS: LiteralString = """
    id, title, description, instructor, category, status, starts_at, ends_at, sales_end_at, time_zone, capacity,
    private.seats_taken(id) as seats_taken, price_amount, currency, full_refund_hours, partial_refund_hours,
    partial_refund_percent, minimum_attendance_minutes, meeting_url, cancelled_at, cancel_reason, created_at
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


def publish_event(conn: Connection, event_id: UUID) -> Event | None:
    return (
        conn.cursor(row_factory=class_row(Event))
        .execute(
            "update public.events set status = 'upcoming' where id = %(id)s and status = 'draft' returning" + COLUMNS,
            {"id": event_id},
        )
        .fetchone()
    )


def unpublish_event(conn: Connection, event_id: UUID) -> Event | None:
    """None where somebody was ever registered or waited."""
    return (
        conn.cursor(row_factory=class_row(Event))
        .execute(
            """
            update public.events set status = 'draft'
            where id = %(id)s and status = 'upcoming'
                and not exists (select 1 from public.registrations where event_id = %(id)s)
                and not exists (select 1 from public.event_waitlist where event_id = %(id)s)
            returning
            """
            + COLUMNS,
            {"id": event_id},
        )
        .fetchone()
    )


def has_recordings(conn: Connection, event_id: UUID) -> bool:
    cursor = conn.cursor(row_factory=scalar_row).execute(
        "select exists (select 1 from public.session_recordings where event_id = %(id)s)", {"id": event_id}
    )
    return bool(cursor.fetchone())


def delete_sessions(conn: Connection, event_id: UUID) -> None:
    conn.execute("delete from public.event_sessions where event_id = %(id)s", {"id": event_id})


def delete_draft(conn: Connection, event_id: UUID) -> None:
    conn.execute_one("delete from public.events where id = %(id)s and status = 'draft'", {"id": event_id})


def find_event(conn: Connection, event_id: UUID) -> Event | None:
    return (
        conn.cursor(row_factory=class_row(Event))
        .execute("select" + COLUMNS + "from public.events where id = %(id)s", {"id": event_id})
        .fetchone()
    )


def list_events(
    conn: Connection, status: EventStatus | None, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Event]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(Event))
        .execute(
            "select"
            + COLUMNS
            + """
            from public.events
            where (%(status)s::text is null or status = %(status)s)
                and (%(after_time)s::timestamptz is null
                    or (starts_at, id) < (%(after_time)s::timestamptz, %(after_id)s::uuid))
            order by starts_at desc, id desc
            limit %(limit)s
            """,
            {"status": status, "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def update_event(conn: Connection, event_id: UUID, event: NewEvent) -> Event | None:
    """Write the terms of a course that is neither over nor cancelled."""
    return (
        conn.cursor(row_factory=class_row(Event))
        .execute(
            """
            update public.events
            set title = %(title)s, description = %(description)s, instructor = %(instructor)s,
                category = %(category)s, starts_at = %(starts_at)s, ends_at = %(ends_at)s,
                sales_end_at = %(sales_end_at)s, time_zone = %(time_zone)s, capacity = %(capacity)s,
                price_amount = %(price_amount)s, currency = %(currency)s, full_refund_hours = %(full_refund_hours)s,
                partial_refund_hours = %(partial_refund_hours)s, partial_refund_percent = %(partial_refund_percent)s,
                minimum_attendance_minutes = %(minimum_attendance_minutes)s, meeting_url = %(meeting_url)s
            where id = %(id)s and status in ('draft', 'upcoming', 'ongoing')
            returning
            """
            + COLUMNS,
            {"id": event_id, **event.model_dump(by_alias=False)},
        )
        .fetchone()
    )


def promise_full_refunds(conn: Connection, event_id: UUID, moved_at: datetime, until: datetime) -> None:
    """Whoever had a seat when the course moved gets everything back until then."""
    conn.execute(
        "update public.events set moved_at = %(moved_at)s, full_refund_until = %(until)s where id = %(id)s",
        {"id": event_id, "moved_at": moved_at, "until": until},
    )


def shorten_offers(conn: Connection, event_id: UUID) -> None:
    """No offer outlasts the sales or the start."""
    conn.execute(
        """
        update public.event_waitlist w
        set expires_at = least(w.expires_at, coalesce(e.sales_end_at, e.starts_at), e.starts_at)
        from public.events e
        where e.id = w.event_id and w.event_id = %(id)s and w.status = 'notified'
        """,
        {"id": event_id},
    )


def is_booked(conn: Connection, event_id: UUID) -> bool:
    """Whether somebody has agreed to the terms of this course."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select exists (
            select 1 from public.registrations where event_id = %(id)s and status in ('pending', 'confirmed')
        )
        """,
        {"id": event_id},
    )
    return bool(cursor.fetchone())


def cancel_event(conn: Connection, event_id: UUID, reason: str, now: datetime) -> Event | None:
    return (
        conn.cursor(row_factory=class_row(Event))
        .execute(
            """
            update public.events set status = 'cancelled', cancelled_at = %(now)s, cancel_reason = %(reason)s
            where id = %(id)s and status in ('draft', 'upcoming', 'ongoing')
            returning
            """
            + COLUMNS,
            {"id": event_id, "reason": reason, "now": now},
        )
        .fetchone()
    )


def cancellation_progress(conn: Connection, event_id: UUID) -> CancellationProgress:
    registrations_left, cancelled, waitlist_left = conn.execute(
        """
        select count(*) filter (where status in ('pending', 'confirmed')),
            count(*) filter (where status = 'cancelled' and cancel_reason = 'event_cancelled'),
            (select count(*) from public.event_waitlist
             where event_id = %(id)s and status in ('waiting', 'notified'))
        from public.registrations where event_id = %(id)s
        """,
        {"id": event_id},
    ).fetchone() or (0, 0, 0)
    refunds = _refund_totals(conn, event_id)
    return CancellationProgress(
        registrations_left=registrations_left,
        registrations_cancelled=cancelled,
        waitlist_left=waitlist_left,
        refunds=refunds,
        done=not (registrations_left or waitlist_left or refunds.requested or refunds.pending or refunds.failed),
    )


def _refund_totals(conn: Connection, event_id: UUID) -> RefundTotals:
    """Refunds of an event; a failed one that was retried counts by its retry."""
    row = (
        conn.cursor(row_factory=class_row(RefundTotals))
        .execute(
            """
            select count(*) filter (where f.status = 'requested') as requested,
                count(*) filter (where f.status = 'pending') as pending,
                count(*) filter (where f.status = 'processed') as processed,
                count(*) filter (where f.status = 'failed') as failed,
                coalesce(sum(f.amount) filter (where f.status <> 'closed'), 0)::bigint as amount,
                coalesce(sum(f.amount) filter (where f.status = 'processed'), 0)::bigint as processed_amount
            from public.registrations r
            join public.payment_transactions t on t.registration_id = r.id
            join public.refunds f on f.payment_transaction_id = t.id
            where r.event_id = %(id)s
                and not (
                    f.status = 'failed' and exists (select 1 from public.refunds again where again.retry_of = f.id)
                )
            """,
            {"id": event_id},
        )
        .fetchone()
    )
    assert row is not None
    return row
