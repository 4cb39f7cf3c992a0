"""Queued notifications and broadcasts as administrators see and start them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.notifications.models import Channel, Priority, Type
from shared.plain_text import Line, Lines
from shared.routing import Schema


class FailedNotification(Schema):
    """A notification that could not be delivered."""

    id: UUID
    user_id: UUID
    type: Type
    """How it is delivered."""
    channel: Channel
    """Kind of message."""
    template: str
    """Name of its text."""
    priority: Priority
    """Urgent ones are sent first."""
    retry_count: int
    """Attempts made."""
    last_error: str | None
    scheduled_for: datetime
    """When it was due."""
    created_at: datetime


class FailedNotificationList(Schema):
    notifications: list[FailedNotification]
    next_cursor: str | None


class QueuedNotification(FailedNotification):
    """A notification to a person in any state."""

    status: Literal["pending", "sent", "failed", "cancelled"]
    """`cancelled` was not sent: muted, erased or obsolete."""
    sent_at: datetime | None
    """When the provider took it."""


class QueuedNotificationList(Schema):
    """A page of what a person was sent or is to be sent."""

    success: bool = True
    notifications: list[QueuedNotification]
    next_cursor: str | None


class RetryAllRequest(Schema):
    """Which failed notifications to retry; all of them if empty."""

    type: Type | None = None
    """Only those of this type."""
    template: Annotated[str, Field(max_length=100)] | None = None
    """Only those of this text."""


class RetryAnswer(Schema):
    retried: int
    """How many are queued again."""


class NewBroadcast(Schema):
    """A message to every confirmed student of a course, as plain text."""

    event_id: UUID
    title: Annotated[Line, Field(min_length=1, max_length=200)]
    """Subject of the mail and title in the inbox."""
    message: Annotated[Lines, Field(min_length=1, max_length=2000)]
    """Plain text."""
    types: Annotated[list[Type], Field(min_length=1, max_length=3)] = ["email", "in_app"]  # noqa: RUF012 - a default
    """How it is delivered."""
    channel: Channel = "transactional"
    """Kind of message; `marketing` reaches only those who want it."""

    @model_validator(mode="after")
    def _check_distinct(self) -> Self:
        if len(set(self.types)) < len(self.types):
            raise ValueError("types must be distinct")
        return self


class BroadcastCount(Schema):
    """Notifications of one type in one state."""

    type: Type
    """How they are delivered."""
    status: str
    """State of delivery."""
    notifications: int
    """How many."""


class Broadcast(Schema):
    id: UUID
    event_id: UUID
    title: str
    """Subject of the mail and title in the inbox."""
    message: str
    """Plain text."""
    types: list[Type]
    """How it is delivered."""
    channel: Channel
    """Kind of message."""
    created_at: datetime


class BroadcastAnswer(Schema):
    """A broadcast and how far it has come."""

    broadcast: Broadcast
    """The broadcast."""
    total: int
    """Notifications in total."""
    progress: list[BroadcastCount]
    """Notifications by type and state."""


class BroadcastList(Schema):
    """A page of broadcasts."""

    success: bool = True
    broadcasts: list[Broadcast]
    """The newest first."""
    next_cursor: str | None
