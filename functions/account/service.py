"""A user's inbox, and what they want to be told how."""

from itertools import product
from typing import get_args
from uuid import UUID

import psycopg

from functions.account import queries
from functions.account.models import InboxNotification, InboxOut, NotificationPreference
from shared import languages
from shared.db import Connection
from shared.errors import Conflict, NotFound
from shared.notifications.models import Channel, Type
from shared.paging import cursor_after, read_cursor

NO_MARKETING_MAIL = NotificationPreference(type="email", channel="marketing", enabled=False)


def inbox(conn: Connection, user_id: UUID, *, unread: bool, cursor: str | None, limit: int) -> InboxOut:
    """Raises Invalid for a foreign cursor."""
    found = queries.inbox(conn, user_id, unread=unread, after=read_cursor(cursor), limit=limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return InboxOut(
        notifications=page,
        next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None,
        unread_count=queries.unread_count(conn, user_id),
    )


def read(conn: Connection, user_id: UUID, notification_id: UUID) -> InboxNotification:
    """Raises NotFound, also for somebody else's."""
    notification = queries.mark_read(conn, user_id, notification_id)
    if notification is None:
        raise NotFound("notification")
    return notification


def language_of(conn: Connection, user_id: UUID) -> str:
    """The language that a person is written to in."""
    return languages.language_of(queries.find_language(conn, user_id) or languages.DEFAULT_LANGUAGE)


def preferences(conn: Connection, user_id: UUID) -> list[NotificationPreference]:
    enabled = {(each.type, each.channel): each.enabled for each in queries.chosen(conn, user_id)}
    return [
        NotificationPreference(type=kind, channel=channel, enabled=enabled.get((kind, channel), True))
        for kind, channel in product(get_args(Type), get_args(Channel))
    ]


def choose(conn: Connection, user_id: UUID, changes: list[NotificationPreference]) -> list[NotificationPreference]:
    """The last word on a combination counts; raises Conflict for a user who has no profile yet."""
    last = {(change.type, change.channel): change for change in changes}
    try:
        queries.choose(conn, user_id, list(last.values()))
    except psycopg.errors.ForeignKeyViolation as error:
        raise Conflict("Confirm the sign-up or register for a course first.", code="profile_missing") from error
    return preferences(conn, user_id)
