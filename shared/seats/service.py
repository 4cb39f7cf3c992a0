"""Seats: confirmed registrations, holds and live offers together never exceed the capacity.

Whoever takes or frees a seat has locked the event's row before.
"""

from datetime import datetime
from uuid import UUID

from shared.db import Connection
from shared.notifications import service as notifications
from shared.notifications.models import Notice
from shared.seats import queries

OFFERS_AT_ONCE = 500
"""More seats than this come free only when a capacity is raised; `release_expired_holds` offers the rest."""


def has_free(conn: Connection, event_id: UUID, capacity: int, user_id: UUID) -> bool:
    """Whether there is a seat for this user: a free one, or the one that is offered to them."""
    return queries.seats_taken(conn, event_id, but_offered_to=user_id) < capacity


def offer_freed(conn: Connection, event_id: UUID, now: datetime) -> int:
    """Offer what is free to those who wait, in the transaction that freed it; how many seats were offered."""
    offers = queries.offer_next(conn, event_id, now, OFFERS_AT_ONCE).fetchall()
    notifications.enqueue(
        conn,
        [
            Notice(
                user_id=user_id,
                template="seat_offered",
                key=f"seat_offered:{entry}",
                data={
                    "eventTitle": title,
                    "eventId": str(event_id),
                    "waitlistId": str(entry),
                    "expiresAt": expires_at.isoformat(),
                },
                types=("email", "sms", "in_app"),
                priority="urgent",
            )
            for entry, user_id, expires_at, title in offers
        ],
    )
    return len(offers)
