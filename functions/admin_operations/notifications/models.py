"""Queued notifications and broadcasts as administrators see and start them."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.notifications.models import Channel, Priority, Type
from shared.routing import Schema


class FailedNotification(Schema):
    """`retryCount` is the number of attempts made, `lastError` what the last one ended with."""

    id: UUID
    user_id: UUID
    type: Type
    channel: Channel
    template: str
    priority: Priority
    retry_count: int
    last_error: str | None
    scheduled_for: datetime
    created_at: datetime


class FailedNotificationList(Schema):
    notifications: list[FailedNotification]
    next_cursor: str | None


class RetryAllRequest(Schema):
    """Which failed ones to try again: all, or those of one way or one text."""

    type: Type | None = None
    template: Annotated[str, Field(max_length=100)] | None = None


class RetryAnswer(Schema):
    """How many are queued again."""

    retried: int


class NewBroadcast(Schema):
    """A message to every confirmed student of a course, as plain text."""

    event_id: UUID
    title: Annotated[str, Field(min_length=1, max_length=200)]
    message: Annotated[str, Field(min_length=1, max_length=2000)]
    types: Annotated[list[Type], Field(min_length=1, max_length=3)] = ["email", "in_app"]  # noqa: RUF012 - a default
    channel: Channel = "transactional"

    @model_validator(mode="after")
    def _check_distinct(self) -> Self:
        if len(set(self.types)) < len(self.types):
            raise ValueError("types must be distinct")
        return self


class BroadcastCount(Schema):
    """How many notifications of one way are in one state."""

    type: Type
    status: str
    notifications: int


class Broadcast(Schema):
    id: UUID
    event_id: UUID
    title: str
    message: str
    types: list[Type]
    channel: Channel
    created_at: datetime


class BroadcastAnswer(Schema):
    """A broadcast and how far it has come."""

    broadcast: Broadcast
    total: int
    progress: list[BroadcastCount]
