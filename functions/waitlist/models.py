"""Waitlist entries as their owner sees them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.routing import Schema

type WaitlistStatus = Literal["waiting", "notified", "registered", "expired", "left"]


class JoinRequest(Schema):
    event_id: UUID


class ClaimRequest(Schema):
    referral_code: Annotated[str, Field(min_length=4, max_length=20, pattern=r"^[A-Za-z0-9]+$")] | None = None


class WaitlistEntry(Schema):
    """A place in the queue of a full course."""

    id: UUID
    event_id: UUID
    event_title: str
    event_starts_at: datetime
    status: WaitlistStatus
    """`notified` while a seat is offered, `registered` after it was claimed, `expired` after it was not."""
    position: int | None
    joined_at: datetime
    """When the user joined the queue."""
    notified_at: datetime | None
    """When the seat was offered; null while waiting."""
    expires_at: datetime | None
    """Until when the offered seat can be claimed; null without an offer."""
    registration_id: UUID | None
    """The registration that claimed the seat; null without one."""


class WaitlistEntryAnswer(Schema):
    success: bool = True
    entry: WaitlistEntry
    """The place in the queue."""


class WaitlistEntryList(Schema):
    success: bool = True
    waitlist: list[WaitlistEntry]
    """The caller's places."""
    next_cursor: str | None


@dataclass(frozen=True)
class LockedEntry:
    """A locked entry that is being claimed or left."""

    event_id: UUID
    status: WaitlistStatus
    registration_id: UUID | None
