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
    """One line, in the user's language."""
    message: str
    """Plain text, in the user's language."""
    type: Literal["info", "success", "warning", "error"]
    """How a client may colour it."""
    action_url: str | None
    """Page of the client that it is about; null without one."""
    read_at: datetime | None
    """When it was marked as read; null while unread."""
    created_at: datetime


class InboxOut(Schema):
    """A page of the inbox, newest first."""

    notifications: list[InboxNotification]
    next_cursor: str | None
    unread_count: int
    """Unread notifications of the whole inbox."""


class NotificationOut(Schema):
    notification: InboxNotification
    """The notification."""


class ReadAllOut(Schema):
    read: int
    """How many this request marked as read."""


class NotificationPreference(Schema):
    """Whether messages of one channel may come by one type of delivery."""

    type: Type
    """How it is delivered."""
    channel: Channel
    """Kind of message. `transactional` tells about what the user did or bought."""
    enabled: bool
    """False when the user does not want it."""


class PreferencesOut(Schema):
    """Every combination; what was never chosen is enabled."""

    preferences: list[NotificationPreference]
    """Every combination; what was never chosen is enabled."""


class PreferencesIn(Schema):
    preferences: list[NotificationPreference] = Field(min_length=1, max_length=9)
    """The combinations to change; the others stay."""
