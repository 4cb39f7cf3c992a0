"""Seats: confirmed registrations, holds and live offers together never exceed the capacity.

The caller has locked the event's row before it takes or frees a seat.
"""

from datetime import datetime
from uuid import UUID

from shared.db import Connection
from shared.notifications import service as notifications
from shared.notifications.models import Notice
from shared.seats import queries

MAX_OFFERS = 500
"""The most offers in one transaction. Only a raised capacity frees more; `release_expired_holds` offers the rest."""


def has_free_seat(conn: Connection, event_id: UUID, capacity: int, user_id: UUID) -> bool:
    """Whether there is a seat for this user: a free one, or one that is offered to them."""
    return queries.seats_taken(conn, event_id, except_offered_to=user_id) < capacity


def offer_free_seats(conn: Connection, event_id: UUID, now: datetime) -> int:
    """Offer free seats to the waitlist, in the transaction that freed them; returns the number of offers."""
    offers = queries.offer_seats(conn, event_id, now, MAX_OFFERS).fetchall()
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
