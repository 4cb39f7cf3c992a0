"""Reminders of live sessions: a day and an hour before, once each, with the session for the calendar."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import UUID

from functions.session_reminders import queries
from shared.db import Connection

HOUR = timedelta(hours=1)
REMINDERS = {
    "session_reminder_24h": (24 * HOUR, 6 * HOUR),
    "session_reminder_1h": (HOUR, HOUR),
}
"""By template: how long before the session, and how late it may still come after a failure of ours."""
PAGE = 2000


def remind(
    transact: Callable[[], AbstractContextManager[Connection]],
    now: datetime,
    has_time: Callable[[], bool],
    hand_off: Callable[[list[UUID]], object],
) -> int:
    """Queue every reminder that is due, a page a transaction, and hand each page over; how many.

    What there is no time for stays due for the next run.
    """
    total = 0
    for template, (before, at_most_late) in REMINDERS.items():
        while has_time():
            with transact() as conn:
                queries.take_turn(conn)
                queued = queries.enqueue_reminders(
                    conn, template, before=before, at_most_late=at_most_late, now=now, limit=PAGE
                ).fetchall()
            if not queued:
                break
            hand_off(queued)
            total += len(queued)
    return total
