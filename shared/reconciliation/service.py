"""Requests a reconciliation run for an administrator or the API; `payment_reconciliation` processes it."""

from datetime import datetime
from uuid import UUID

from shared.config import settings
from shared.db import Connection
from shared.errors import Invalid
from shared.reconciliation import queries
from shared.reconciliation.models import ReconciliationDays, RequestedRun


def request_run(conn: Connection, days: ReconciliationDays, requested_by: UUID | None, now: datetime) -> RequestedRun:
    """Record a run over these days, or return the unfinished one; raises Invalid for days in the future."""
    window = days.window(settings().time_zone)
    if window[0] >= now:
        raise Invalid("These days are still to come.", code="days_to_come")
    return queries.request_run(conn, window, requested_by, now)
