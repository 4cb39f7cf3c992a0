"""Places in the queue for a full course, as their owner sees them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.http import Schema

type Status = Literal["waiting", "notified", "registered", "expired", "left"]


class Join(Schema):
    event_id: UUID


class Claim(Schema):
    """`referralCode` is the code of whoever recommended the course."""

    referral_code: Annotated[str, Field(min_length=4, max_length=20, pattern=r"^[A-Za-z0-9]+$")] | None = None


class Entry(Schema):
    """`position` is 1 for the next one, null once nothing is waited for; an offer is kept until `expiresAt`."""

    id: UUID
    event_id: UUID
    event_title: str
    event_starts_at: datetime
    status: Status
    position: int | None
    joined_at: datetime
    notified_at: datetime | None
    expires_at: datetime | None
    registration_id: UUID | None


class EntryAnswer(Schema):
    success: bool = True
    entry: Entry


class EntryList(Schema):
    success: bool = True
    waitlist: list[Entry]
    next_cursor: str | None


@dataclass(frozen=True)
class OwnEntry:
    """What claiming and leaving need to know of an entry."""

    event_id: UUID
    status: Status
    registration_id: UUID | None
