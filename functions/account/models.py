"""What a user sees and changes of their own account."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.notifications.models import Channel, Type
from shared.routing import Schema


class InboxNotification(Schema):
    id: UUID
    title: str
    message: str
    type: Literal["info", "success", "warning", "error"]
    action_url: str | None
    read_at: datetime | None
    created_at: datetime


class InboxOut(Schema):
    """A page of the inbox, newest first; `unreadCount` counts the whole inbox."""

    notifications: list[InboxNotification]
    next_cursor: str | None
    unread_count: int


class NotificationOut(Schema):
    notification: InboxNotification


class ReadAllOut(Schema):
    """How many this request marked as read."""

    read: int


class NotificationPreference(Schema):
    """Whether a kind of message (`channel`) may come by one way (`type`)."""

    type: Type
    channel: Channel
    enabled: bool


class PreferencesOut(Schema):
    """Every combination; what was never chosen is enabled."""

    preferences: list[NotificationPreference]


class PreferencesIn(Schema):
    """The combinations to change."""

    preferences: list[NotificationPreference] = Field(min_length=1, max_length=9)
