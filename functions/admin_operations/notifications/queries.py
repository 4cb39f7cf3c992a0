"""The statements of failed notifications and broadcasts."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from functions.admin_operations.notifications.models import (
    Broadcast,
    BroadcastCount,
    FailedNotification,
    NewBroadcast,
    QueuedNotification,
)
from shared.db import Connection


def list_failed(
    conn: Connection, kind: str | None, template: str | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[FailedNotification]:
    before, last_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(FailedNotification))
        .execute(
            """
            select id, user_id, type, channel, template, priority, retry_count, last_error, scheduled_for, created_at
            from public.notifications_queue
            where status = 'failed'
                and (%(type)s::text is null or type = %(type)s)
                and (%(template)s::text is null or template = %(template)s)
                and (%(before)s::timestamptz is null
                    or created_at < %(before)s or (created_at = %(before)s and id > %(last_id)s::uuid))
            order by created_at desc, id
            limit %(limit)s
            """,
            {"type": kind, "template": template, "before": before, "last_id": last_id, "limit": limit},
        )
        .fetchall()
    )


def list_sent(
    conn: Connection, user_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[QueuedNotification]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(QueuedNotification))
        .execute(
            """
            select id, user_id, type, channel, template, priority, retry_count, last_error, scheduled_for, created_at,
                status, sent_at
            from public.notifications_queue
            where user_id = %(user)s and (%(after_time)s::timestamptz is null
                or (created_at, id) < (%(after_time)s::timestamptz, %(after_id)s::uuid))
            order by created_at desc, id desc
            limit %(limit)s
            """,
            {"user": user_id, "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def list_broadcasts(
    conn: Connection, event_id: UUID | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[Broadcast]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(Broadcast))
        .execute(
            """
            select id, event_id, title, message, types, channel, created_at
            from public.broadcasts
            where (%(event)s::uuid is null or event_id = %(event)s) and (%(after_time)s::timestamptz is null
                or (created_at, id) < (%(after_time)s::timestamptz, %(after_id)s::uuid))
            order by created_at desc, id desc
            limit %(limit)s
            """,
            {"event": event_id, "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def requeue(conn: Connection, notification_id: UUID) -> FailedNotification | None:
    """Make a failed notification due again with all its attempts; what it was, or None if it has not failed."""
    return (
        conn.cursor(row_factory=class_row(FailedNotification))
        .execute(
            """
            with was as (
                select id, user_id, type, channel, template, priority, retry_count, last_error, scheduled_for,
                    created_at
                from public.notifications_queue
                where id = %(id)s and status = 'failed' for update
            ), again as (
                update public.notifications_queue q
                set status = 'pending', retry_count = 0, scheduled_for = now(), sent_at = null, handed_off_at = null
                from was where q.id = was.id
            )
            select id, user_id, type, channel, template, priority, retry_count, last_error, scheduled_for, created_at
            from was
            """,
            {"id": notification_id},
        )
        .fetchone()
    )


def requeue_all(conn: Connection, kind: str | None, template: str | None) -> list[UUID]:
    return (
        conn.cursor(row_factory=scalar_row)
        .execute(
            """
            update public.notifications_queue
            set status = 'pending', retry_count = 0, scheduled_for = now(), sent_at = null, handed_off_at = null
            where status = 'failed'
                and (%(type)s::text is null or type = %(type)s)
                and (%(template)s::text is null or template = %(template)s)
            returning id
            """,
            {"type": kind, "template": template},
        )
        .fetchall()
    )


def notification_exists(conn: Connection, notification_id: UUID) -> bool:
    cursor = conn.execute("select 1 from public.notifications_queue where id = %(id)s", {"id": notification_id})
    return cursor.fetchone() is not None


def find_event_title(conn: Connection, event_id: UUID) -> str | None:
    return (
        conn.cursor(row_factory=scalar_row)
        .execute("select title from public.events where id = %(id)s", {"id": event_id})
        .fetchone()
    )


def insert_broadcast(conn: Connection, broadcast_id: UUID, admin_id: UUID, body: NewBroadcast) -> bool:
    """False when it is there already."""
    cursor = conn.execute(
        """
        insert into public.broadcasts (id, event_id, admin_id, title, message, channel, types)
        values (%(id)s, %(event_id)s, %(admin_id)s, %(title)s, %(message)s, %(channel)s, %(types)s)
        on conflict (id) do nothing
        """,
        {"id": broadcast_id, "admin_id": admin_id, **body.model_dump(by_alias=False)},
    )
    return cursor.rowcount == 1


def queue_broadcast(conn: Connection, broadcast_id: UUID, event_title: str) -> list[UUID]:
    """Queue a broadcast once for each confirmed student and way."""
    return (
        conn.cursor(row_factory=scalar_row)
        .execute(
            """
            insert into public.notifications_queue
                (user_id, type, channel, template, data, dedupe_key, broadcast_id)
            select r.user_id, t.type, b.channel, 'broadcast',
                jsonb_build_object('title', b.title, 'message', b.message, 'eventTitle', %(event_title)s::text,
                    'eventId', b.event_id),
                concat('broadcast:', b.id, ':', r.user_id, ':', t.type), b.id
            from public.broadcasts b
            join public.registrations r on r.event_id = b.event_id and r.status = 'confirmed'
            cross join unnest(b.types) t (type)
            where b.id = %(id)s
            on conflict (dedupe_key) do nothing
            returning id
            """,
            {"id": broadcast_id, "event_title": event_title},
        )
        .fetchall()
    )


def find_broadcast(conn: Connection, broadcast_id: UUID) -> Broadcast | None:
    return (
        conn.cursor(row_factory=class_row(Broadcast))
        .execute(
            """
            select id, event_id, title, message, types, channel, created_at
            from public.broadcasts where id = %(id)s
            """,
            {"id": broadcast_id},
        )
        .fetchone()
    )


def count_by_state(conn: Connection, broadcast_id: UUID) -> list[BroadcastCount]:
    return (
        conn.cursor(row_factory=class_row(BroadcastCount))
        .execute(
            """
            select type, status, count(*) as notifications from public.notifications_queue
            where broadcast_id = %(id)s
            group by type, status order by type, status
            """,
            {"id": broadcast_id},
        )
        .fetchall()
    )
