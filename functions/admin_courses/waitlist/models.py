"""Who waits for a seat in a course."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.routing import Schema

type WaitlistStatus = Literal["waiting", "notified", "registered", "expired", "left"]


class WaitingPerson(Schema):
    """A person's place in the queue for a course."""

    id: UUID
    user_id: UUID
    email: str
    full_name: str
    status: WaitlistStatus
    """`notified` while a seat is offered to this person."""
    joined_at: datetime
    """Places are in this order."""
    notified_at: datetime | None
    """When a seat was offered."""
    expires_at: datetime | None
    """When the offer ends."""
    registration_id: UUID | None


class WaitingPersonList(Schema):
    """A page of a course's queue."""

    success: bool = True
    waitlist: list[WaitingPerson]
    """In the order of joining."""
    next_cursor: str | None
