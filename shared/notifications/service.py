"""The outbox: notifications are queued in the transaction of what they tell about, and handed to SQS after it."""

from collections.abc import Iterable
from typing import get_args
from uuid import UUID

from shared.db import Connection
from shared.notifications import queries
from shared.notifications.models import Notice, Type


def enqueue(conn: Connection, notices: Iterable[Notice]) -> None:
    """Queue each notice once for each of its types; `conn.enqueued` collects the new ids for the hand-off."""
    rows = [
        {
            "user_id": str(notice.user_id),
            "type": kind,
            "channel": notice.channel,
            "template": notice.template,
            "data": notice.data,
            "priority": notice.priority,
            "scheduled_for": notice.scheduled_for.isoformat() if notice.scheduled_for else None,
            "dedupe_key": f"{notice.key}:{notice.user_id}:{kind}",
        }
        for notice in notices
        for kind in notice.types
    ]
    if rows:
        conn.enqueue(queries.insert_notifications(conn, rows))


def notify_admins(conn: Connection, template: str, effect: str, **data: str | int | None) -> None:
    """Tell every administrator about something that needs one of them, once for each `effect`."""
    enqueue(
        conn,
        [
            Notice(user_id, template, f"{template}:{effect}", data, channel="alert", priority="urgent")
            for user_id in queries.list_admins(conn)
        ],
    )


def withdraw(conn: Connection, user_id: UUID, key: str) -> None:
    """Cancel what was queued under this key and is not yet being sent: something newer has made it untrue."""
    queries.cancel_pending(conn, [f"{key}:{user_id}:{kind}" for kind in get_args(Type)])
