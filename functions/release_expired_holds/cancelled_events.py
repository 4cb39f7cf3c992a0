"""Cancelling and refunding whoever an administrator's request did not get to in a cancelled event."""

from collections.abc import Callable
from datetime import datetime

from shared import db
from shared.actors import SERVICE
from shared.cancellations import queries, service

EVENTS = 100


def run(now: datetime, has_time: Callable[[], bool]) -> int:
    """Empty cancelled events while there is time; returns how many are empty now."""
    with db.transaction(SERVICE, read_only=True) as conn:
        events = queries.list_unfinished(conn, EVENTS)
    return sum(service.work_off(SERVICE, event_id, now, has_time) for event_id in events)
