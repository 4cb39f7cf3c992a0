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
from shared.profiles.consent_queries import has_consent, record_consent

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
    """Every combination; marketing is off without a consent."""
    agrees = has_consent(conn, user_id)
    enabled = {(each.type, each.channel): each.enabled for each in queries.chosen(conn, user_id)}
    return [
        NotificationPreference(
            type=kind,
            channel=channel,
            enabled=enabled.get((kind, channel), True) and (channel != "marketing" or agrees),
        )
        for kind, channel in product(get_args(Type), get_args(Channel))
    ]


def choose(conn: Connection, user_id: UUID, changes: list[NotificationPreference]) -> list[NotificationPreference]:
    """The last word on a combination counts; turning marketing on gives consent to it, by the ways that are turned on.

    Raises Conflict for a user who has no profile yet.
    """
    last = {(change.type, change.channel): change for change in changes}
    gives_consent = any(each.enabled for each in last.values() if each.channel == "marketing")
    try:
        if gives_consent and not has_consent(conn, user_id):
            others = [NotificationPreference(type=each, channel="marketing", enabled=False) for each in get_args(Type)]
            queries.choose(conn, user_id, others)
            record_consent(conn, user_id, "preferences", given=True)
        queries.choose(conn, user_id, list(last.values()))
    except psycopg.errors.ForeignKeyViolation as error:
        raise Conflict("Confirm the sign-up or register for a course first.", code="profile_missing") from error
    return preferences(conn, user_id)


def unsubscribe(conn: Connection, user_id: UUID) -> None:
    """End marketing of every kind: whoever takes the link in a mail wants no more of it."""
    choose(conn, user_id, [NO_MARKETING_MAIL])
    record_consent(conn, user_id, "unsubscribe", given=False)
