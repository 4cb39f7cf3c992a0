"""What an event promises to students who cancel."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID


@dataclass(frozen=True)
class RefundPolicy:
    """What an event gives back to a student who cancels: all, a share, or nothing, by the hours before its start."""

    event_id: UUID
    starts_at: datetime
    full_refund_hours: int
    partial_refund_hours: int
    partial_refund_percent: int

    def percent_at(self, now: datetime) -> int:
        """The percentage that goes back; a deadline itself is still in time."""
        left = self.starts_at - now
        if left >= timedelta(hours=self.full_refund_hours):
            return 100
        return self.partial_refund_percent if left >= timedelta(hours=self.partial_refund_hours) else 0
