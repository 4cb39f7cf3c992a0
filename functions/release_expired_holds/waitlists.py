"""Advances waitlists: expired offers pass to the next, and a waitlist closes when sales have ended."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from functions.release_expired_holds import queries
from shared import db
from shared.actors import SERVICE
from shared.db import Connection
from shared.notifications import service as notifications
from shared.notifications.handoff import hand_off
from shared.notifications.models import Notice
from shared.seats import queries as seat_queries
from shared.seats import service as seats

PAGE = 100


def advance_waitlists(now: datetime, has_time: Callable[[], bool]) -> dict[str, int]:
    """Advance every waitlist while there is time; returns the number of ended entries and of offers."""
    counts = {"ended": 0, "offered": 0}
    after: UUID | None = None
    while True:
        with db.transaction(SERVICE, read_only=True) as conn:
            events = queries.list_waitlists_to_advance(conn, now, after, PAGE)
        for event_id in events:
            if not has_time():
                return counts
            _advance_fully(event_id, now, has_time, counts)
            after = event_id
        if len(events) < PAGE:
            return counts


def advance_waitlist(conn: Connection, event_id: UUID, now: datetime) -> tuple[int, int]:
    """Close one page of entries and offer the free seats; returns the number of ended entries and of offers."""
    seat_queries.lock_event(conn, event_id)
    expired = queries.expire_offers(conn, event_id, now)
    closed = queries.close_waitlist(conn, event_id, now, PAGE)
    offered = seats.offer_free_seats(conn, event_id, now)
    gone = [(entry, "waitlist_offer_expired") for entry in expired] + [(entry, "waitlist_closed") for entry in closed]
    notifications.enqueue(
        conn,
        [
            Notice(
                user_id=user_id,
                template=template,
                key=f"{template}:{entry_id}",
                data={"eventTitle": title, "eventId": str(event_id), "waitlistId": str(entry_id)},
            )
            for (entry_id, user_id, title), template in gone
        ],
    )
    return len(gone), offered


def _advance_fully(event_id: UUID, now: datetime, has_time: Callable[[], bool], counts: dict[str, int]) -> None:
    while has_time():
        with db.transaction(SERVICE) as conn:
            ended, offered = advance_waitlist(conn, event_id, now)
        hand_off(conn.enqueued)
        counts["ended"] += ended
        counts["offered"] += offered
        if ended < PAGE and offered < seats.MAX_OFFERS:
            return
