"""Registering: a seat is taken under the event's lock, confirmed at once when free, held while it is paid for."""

from datetime import datetime, timedelta
from uuid import UUID

from functions.registrations import queries
from functions.registrations.models import BookableEvent, PaymentList, Registration, RegistrationList
from shared.db import Connection
from shared.errors import Conflict, Invalid, NotFound
from shared.notifications import service as notifications
from shared.notifications.models import Notice
from shared.paging import cursor_after, read_cursor
from shared.profiles.service import ProfileMissing
from shared.seats import service as seats


def register(
    conn: Connection, user_id: UUID, event_id: UUID, referral_code: str | None, *, hold: timedelta, now: datetime
) -> Registration:
    """Take a seat for a user.

    Raises NotFound, ProfileMissing, Invalid for a referral code that cannot count, and Conflict with the codes
    `already_registered`, `event_full` (the waitlist is open) and `sales_closed`.
    """
    event = _bookable_event(conn, event_id, user_id, now)
    referrer = _referrer(conn, referral_code) if referral_code else None
    expires = now + hold if event.price_amount else None
    registration_id = queries.insert_registration(conn, user_id=user_id, event=event, hold_expires_at=expires, now=now)
    if registration_id is None:
        raise _already_registered()
    if referrer:
        queries.insert_referral(
            conn, referrer_id=referrer, user_id=user_id, event_id=event_id, registration_id=registration_id
        )
    if expires is None:
        _tell_confirmed(conn, user_id, event, registration_id)
    return find_registration(conn, registration_id, user_id)


def find_registration(conn: Connection, registration_id: UUID, user_id: UUID) -> Registration:
    registration = queries.find_registration(conn, registration_id, user_id)
    if registration is None:
        raise NotFound("registration")
    return registration


def list_registrations(conn: Connection, user_id: UUID, *, cursor: str | None, limit: int) -> RegistrationList:
    """A page of a user's registrations, the newest first; raises Invalid for a foreign cursor."""
    found = queries.list_registrations(conn, user_id, after=read_cursor(cursor), limit=limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return RegistrationList(
        registrations=page, next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None
    )


def list_payments(conn: Connection, user_id: UUID, *, cursor: str | None, limit: int) -> PaymentList:
    """A page of a user's payments, the newest first; raises Invalid for a foreign cursor."""
    found = queries.list_payments(conn, user_id, after=read_cursor(cursor), limit=limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return PaymentList(payments=page, next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None)


def _bookable_event(conn: Connection, event_id: UUID, user_id: UUID, now: datetime) -> BookableEvent:
    event = queries.lock_event(conn, event_id, user_id)
    if event is None:
        raise NotFound("event")
    if not event.has_profile:
        raise ProfileMissing
    if event.has_active_registration:
        raise _already_registered()
    if event.status not in ("upcoming", "ongoing") or now >= event.sales_end_at:
        raise Conflict("Sales for this event have ended.", code="sales_closed")
    if not seats.has_free(conn, event.id, event.capacity):
        raise Conflict("This event is full; the waitlist is open.", code="event_full")
    return event


def _referrer(conn: Connection, code: str) -> UUID:
    found = queries.find_referrer(conn, code)
    if found is None:
        raise Invalid("Nobody has this referral code.", code="unknown_referral_code")
    referrer_id, is_the_same_person = found
    if is_the_same_person:
        raise Invalid("Your own referral code does not count for you.", code="self_referral")
    return referrer_id


def _already_registered() -> Conflict:
    return Conflict("You are already registered for this event.", code="already_registered")


def _tell_confirmed(conn: Connection, user_id: UUID, event: BookableEvent, registration_id: UUID) -> None:
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
