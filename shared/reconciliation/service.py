"""Asking for a reconciliation, as an administrator or a machine does; `payment_reconciliation` does it."""

from datetime import datetime
from uuid import UUID

from shared.config import settings
from shared.db import Connection
from shared.errors import Invalid
from shared.reconciliation import queries
from shared.reconciliation.models import Days, Requested


def request_run(conn: Connection, days: Days, requested_by: UUID | None, now: datetime) -> Requested:
    """Record a run over these days, or find the one that has not finished; raises Invalid for days to come."""
    window = days.window(settings().time_zone)
    if window[0] >= now:
        raise Invalid("These days are still to come.", code="days_to_come")
    return queries.request_run(conn, window, requested_by, now)
