"""Retries failed notifications, and sends broadcasts to all students of a course."""

from uuid import UUID, uuid4, uuid5

from functions.admin_operations.notifications import queries
from functions.admin_operations.notifications.models import (
    BroadcastAnswer,
    BroadcastList,
    FailedNotification,
    FailedNotificationList,
    NewBroadcast,
    QueuedNotificationList,
    RetryAllRequest,
)
from shared.db import Connection
from shared.errors import Conflict, NotFound
from shared.paging import cursor_after, read_cursor


def list_failed(
    conn: Connection, *, kind: str | None, template: str | None, cursor: str | None, limit: int
) -> FailedNotificationList:
    """Newest first; raises Invalid for a foreign cursor."""
    found = queries.list_failed(conn, kind, template, read_cursor(cursor), limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return FailedNotificationList(
        notifications=page, next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None
    )


def list_sent(conn: Connection, user_id: UUID, *, cursor: str | None, limit: int) -> QueuedNotificationList:
    """The newest first; raises Invalid for a foreign cursor."""
    found = queries.list_sent(conn, user_id, read_cursor(cursor), limit + 1)
    page, more = found[:limit], len(found) > limit
    return QueuedNotificationList(
        notifications=page, next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None
    )


def list_broadcasts(conn: Connection, event_id: UUID | None, *, cursor: str | None, limit: int) -> BroadcastList:
    """The newest first; raises Invalid for a foreign cursor."""
    found = queries.list_broadcasts(conn, event_id, read_cursor(cursor), limit + 1)
    page, more = found[:limit], len(found) > limit
    return BroadcastList(broadcasts=page, next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None)


def retry(conn: Connection, notification_id: UUID) -> FailedNotification:
    """Queue it again; returns its previous state. Raises NotFound, or Conflict when it has not failed."""
    was = queries.requeue(conn, notification_id)
    if was is None:
        if not queries.notification_exists(conn, notification_id):
            raise NotFound("notification")
        raise Conflict("Only a failed notification can be tried again.", code="not_failed")
    conn.enqueued.append(notification_id)
    return was


def retry_all(conn: Connection, which: RetryAllRequest) -> int:
    ids = queries.requeue_all(conn, which.type, which.template)
    conn.enqueued += ids
    return len(ids)


def broadcast_id_of(admin_id: UUID, idempotency_key: str | None) -> UUID:
    """The same key of the same administrator is the same broadcast."""
    return uuid5(admin_id, idempotency_key) if idempotency_key else uuid4()


def start_broadcast(conn: Connection, broadcast_id: UUID, admin_id: UUID, body: NewBroadcast) -> bool:
    """Queue it for every confirmed student; False when it was started before. Raises NotFound and Conflict."""
    title = queries.find_event_title(conn, body.event_id)
    if title is None:
        raise NotFound("event")
    if queries.insert_broadcast(conn, broadcast_id, admin_id, body):
        conn.enqueued += queries.queue_broadcast(conn, broadcast_id, title)
        return True
    known = queries.find_broadcast(conn, broadcast_id)
    if known is None or known.model_dump(include=set(NewBroadcast.model_fields)) != body.model_dump():
        raise Conflict("This Idempotency-Key was used for another broadcast.", code="idempotency_key_reused")
    return False


def find_broadcast(conn: Connection, broadcast_id: UUID) -> BroadcastAnswer:
    """Raises NotFound."""
    found = queries.find_broadcast(conn, broadcast_id)
    if found is None:
        raise NotFound("broadcast")
    progress = queries.count_by_state(conn, broadcast_id)
    return BroadcastAnswer(broadcast=found, total=sum(each.notifications for each in progress), progress=progress)
