"""The refund policy of an event, and the results of a cancellation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID


@dataclass(frozen=True)
class RefundPolicy:
    """The refund of a student who cancels: all, a percentage or nothing, by the hours before the event's start.

    `agreed_starts_at` is the start when the student took the seat. A course that was moved since keeps the better
    refund of both starts; one that moved far gives everything back until `full_refund_until`.
    """

    event_id: UUID
    starts_at: datetime
    agreed_starts_at: datetime
    full_refund_until: datetime | None
    full_refund_hours: int
    partial_refund_hours: int
    partial_refund_percent: int

    def deadlines(self) -> tuple[datetime, datetime | None]:
        """Until when everything is refunded, and until when the percentage; None where there is no such time."""
        start = max(self.starts_at, self.agreed_starts_at)
        full = max(filter(None, (start - timedelta(hours=self.full_refund_hours), self.full_refund_until)))
        partial = start - timedelta(hours=self.partial_refund_hours)
        has_partial = self.partial_refund_percent > 0 and partial > full
        return min(full, self.starts_at), min(partial, self.starts_at) if has_partial else None

    def percent_at(self, now: datetime) -> int:
        """The refunded percentage; a cancellation exactly at a deadline is still in time."""
        if self.full_refund_until is not None and now < self.full_refund_until:
            return 100
        left = max(self.starts_at, self.agreed_starts_at) - now
        if left >= timedelta(hours=self.full_refund_hours):
            return 100
        return self.partial_refund_percent if left >= timedelta(hours=self.partial_refund_hours) else 0


@dataclass(frozen=True)
class CancelledRegistration:
    """A registration that was just cancelled."""

    id: UUID
    user_id: UUID
    event_id: UUID
    event_title: str
    event_starts_at: datetime


@dataclass(frozen=True)
class PaidAmount:
    """What was paid for one registration, in minor units."""

    registration_id: UUID
    amount: int
    currency: str
