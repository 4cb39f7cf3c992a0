"""Seats: confirmed registrations, holds and live offers together never exceed the capacity.

Whoever takes or frees a seat has locked the event's row before.
"""

from datetime import datetime
from uuid import UUID

from shared.db import Connection
from shared.notifications import service as notifications
from shared.notifications.models import Notice
from shared.seats import queries


def has_free(conn: Connection, event_id: UUID, capacity: int) -> bool:
    return queries.seats_taken(conn, event_id) < capacity


def offer_freed(conn: Connection, event_id: UUID, now: datetime) -> None:
    """Offer what is free to those who wait, in the transaction that freed it."""
    offers = queries.offer_next(conn, event_id, now).fetchall()
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
