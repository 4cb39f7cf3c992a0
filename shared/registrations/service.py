"""Takes a seat under the event's lock: confirmed at once when nothing is to pay, else held for the payment."""

from datetime import datetime, timedelta
from uuid import UUID

from shared.db import Connection
from shared.errors import Conflict, NotFound
from shared.notifications import service as notifications
from shared.notifications.models import Notice
from shared.profiles.service import ProfileMissing
from shared.referrals import credits
from shared.referrals import service as referrals
from shared.registrations import holds, queries
from shared.registrations.models import BookableEvent, Registration, RegistrationSource
from shared.seats import queries as seat_queries


def lock_event(conn: Connection, event_id: UUID, user_id: UUID) -> BookableEvent:
    """The event, locked, as this user may book it; the user's profile is locked after it.

    Raises NotFound (also for a draft), ProfileMissing and Conflict (`already_registered`).
    """
    with conn.pipeline():
        locked = queries.lock_event(conn, event_id)
        in_use = queries.lock_profile(conn, user_id)
        active = queries.find_active_registration(conn, event_id, user_id)
    event = locked.fetchone()
    if event is None:
        raise NotFound("event")
    if not in_use.fetchone():
        raise ProfileMissing
    if registration_id := active.fetchone():
        raise _already_registered(registration_id)
    return event


def take_seat(
    conn: Connection,
    event: BookableEvent,
    user_id: UUID,
    *,
    source: RegistrationSource,
    referral_code: str | None,
    hold: timedelta,
    now: datetime,
) -> UUID:
    """Take a seat of a locked event; the caller has checked that there is one. Returns the registration's id.

    The user's referral credit is spent on the price; if it pays everything, the seat is confirmed at once.
    Raises Conflict (`already_registered`, `already_holding`), TooManyRequests (`too_many_holds`) and Invalid (a
    referral code that is unknown or the user's own).
    """
    referrer = referrals.resolve_referrer(conn, referral_code, user_id) if referral_code else None
    price = event.price_amount
    credit = credits.spendable(conn, user_id, price, event.currency) if price else 0
    expires = now + hold if price > credit else None
    if expires is not None:
        holds.require_fair_hold(conn, event.id, user_id, now, is_offered=source == "waitlist")
    registration_id = queries.insert_registration(
        conn, user_id=user_id, event=event, amount=price - credit, hold_expires_at=expires, source=source, now=now
    )
    if registration_id is None:
        raise _already_registered(queries.find_active_registration(conn, event.id, user_id).fetchone())
    with conn.pipeline():
        credits.spend(conn, registration_id, user_id, credit, event.currency)
        seat_queries.close_waitlist_entry(conn, event.id, user_id, registration_id)
        referrals.attribute_registration(conn, event.id, user_id, registration_id, referrer)
    if expires is None:
        notify_confirmed(conn, user_id, event, registration_id)
    return registration_id


def find_registration(conn: Connection, registration_id: UUID, user_id: UUID) -> Registration:
    """A user's own registration; raises NotFound."""
    registration = queries.find_registration(conn, registration_id, user_id)
    if registration is None:
        raise NotFound("registration")
    return registration


def _already_registered(registration_id: UUID | None) -> Conflict:
    return Conflict(
        "You are already registered for this event.", code="already_registered", registration_id=registration_id
    )


def notify_confirmed(conn: Connection, user_id: UUID, event: BookableEvent, registration_id: UUID) -> None:
    """Notify the student that a seat with nothing to pay is confirmed."""
    notice = Notice(
        user_id=user_id,
        template="registration_confirmed",
        key=f"registration_confirmed:{registration_id}",
        data={
            "eventTitle": event.title,
            "eventId": str(event.id),
            "startsAt": event.starts_at.isoformat(),
            "registrationId": str(registration_id),
        },
        priority="high",
    )
    notifications.enqueue(conn, [notice])
