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
    """`referralCode` is the code of the person who recommended the course."""

    referral_code: Annotated[str, Field(min_length=4, max_length=20, pattern=r"^[A-Za-z0-9]+$")] | None = None


class WaitlistEntry(Schema):
    """`position` is 1 for the first, null for an entry that no longer waits; an offer is valid until `expiresAt`."""

    id: UUID
    event_id: UUID
    event_title: str
    event_starts_at: datetime
    status: WaitlistStatus
    position: int | None
    joined_at: datetime
    notified_at: datetime | None
    expires_at: datetime | None
    registration_id: UUID | None


class WaitlistEntryAnswer(Schema):
    success: bool = True
    entry: WaitlistEntry


class WaitlistEntryList(Schema):
    success: bool = True
    waitlist: list[WaitlistEntry]
    next_cursor: str | None


@dataclass(frozen=True)
class LockedEntry:
    """A locked entry that is being claimed or left."""

    event_id: UUID
    status: WaitlistStatus
    registration_id: UUID | None
