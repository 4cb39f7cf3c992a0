"""The waitlist of a full event: join, claim an offered seat, leave."""

from datetime import datetime, timedelta
from uuid import UUID

from functions.waitlist import queries
from functions.waitlist.models import WaitlistEntry, WaitlistEntryList
from shared.db import Connection
from shared.errors import Conflict, NotFound
from shared.notifications import service as notifications
from shared.notifications.models import Notice
from shared.paging import cursor_after, read_cursor
from shared.registrations import holds
from shared.registrations import service as registrations
from shared.registrations.models import BookableEvent, Registration
from shared.seats import service as seats


def join(conn: Connection, user_id: UUID, event_id: UUID, now: datetime) -> tuple[WaitlistEntry, bool]:
    """Join the waitlist; returns the user's entry and whether it is new.

    Raises NotFound, ProfileMissing, TooManyRequests (`too_many_holds`: the person let offers lapse) and Conflict:
    `already_registered`, `already_waiting` (by another account of the same address), `sales_closed`, `seats_left`
    (register instead).
    """
    event = registrations.lock_event(conn, event_id, user_id)
    known = queries.find_live_entry(conn, event_id, user_id)
    if known is not None:
        return known, False
    _require_open_sales(event, now)
    if seats.has_free_seat(conn, event_id, event.capacity, user_id):
        raise Conflict("There are seats left; register for one.", code="seats_left")
    holds.require_fair_place(conn, event_id, user_id, now)
    entry_id = queries.insert_entry(conn, event_id, user_id)
    entry = find(conn, entry_id, user_id) if entry_id else None
    if entry is None:
        raise Conflict("You are on the waitlist already.", code="already_waiting")
    _notify_joined(conn, user_id, entry)
    return entry, True


def claim(
    conn: Connection, user_id: UUID, entry_id: UUID, referral_code: str | None, *, hold: timedelta, now: datetime
) -> Registration:
    """Turn an offer into a registration, once; a second call returns the same registration.

    Raises NotFound, Invalid (a referral code that is unknown or the user's own), and Conflict: `no_offer`,
    `offer_expired`, `already_registered`, `sales_closed`.
    """
    entry = queries.lock_own_entry(conn, entry_id, user_id)
    if entry is None:
        raise NotFound("waitlist entry")
    if entry.registration_id is not None:
        return registrations.find_registration(conn, entry.registration_id, user_id)
    if not queries.is_offer_live(conn, entry_id, now):
        if entry.status in ("waiting", "left"):
            raise Conflict("No seat is offered to you.", code="no_offer")
        raise Conflict("The offer has expired.", code="offer_expired")
    event = registrations.lock_event(conn, entry.event_id, user_id)
    _require_open_sales(event, now)
    registration_id = registrations.take_seat(
        conn, event, user_id, source="waitlist", referral_code=referral_code, hold=hold, now=now
    )
    return registrations.find_registration(conn, registration_id, user_id)


def leave(conn: Connection, user_id: UUID, entry_id: UUID, now: datetime) -> WaitlistEntry:
    """Close an entry, and offer its seat to the next if one was offered; raises NotFound and Conflict
    (`already_claimed`)."""
    entry = queries.lock_own_entry(conn, entry_id, user_id)
    if entry is None:
        raise NotFound("waitlist entry")
    if entry.status == "registered":
        raise Conflict("The seat was taken; cancel the registration instead.", code="already_claimed")
    if queries.leave(conn, entry_id, user_id) == "notified":
        seats.offer_free_seats(conn, entry.event_id, now)
    return find(conn, entry_id, user_id)


def find(conn: Connection, entry_id: UUID, user_id: UUID) -> WaitlistEntry:
    """A user's own entry; raises NotFound."""
    entry = queries.find_entry(conn, entry_id, user_id)
    if entry is None:
        raise NotFound("waitlist entry")
    return entry


def list_entries(conn: Connection, user_id: UUID, *, cursor: str | None, limit: int) -> WaitlistEntryList:
    """A page of a user's entries, newest first; raises Invalid for an unreadable cursor."""
    found = queries.list_entries(conn, user_id, after=read_cursor(cursor), limit=limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return WaitlistEntryList(waitlist=page, next_cursor=cursor_after(page[-1].joined_at, page[-1].id) if more else None)


def _require_open_sales(event: BookableEvent, now: datetime) -> None:
    if event.status != "upcoming" or now >= min(event.sales_end_at, event.starts_at):
        raise Conflict("Sales for this event have ended.", code="sales_closed")


def _notify_joined(conn: Connection, user_id: UUID, entry: WaitlistEntry) -> None:
    notice = Notice(
        user_id=user_id,
        template="waitlist_joined",
        key=f"waitlist_joined:{entry.id}",
        data={
            "eventTitle": entry.event_title,
            "eventId": str(entry.event_id),
            "waitlistId": str(entry.id),
            "position": entry.position,
        },
    )
    notifications.enqueue(conn, [notice])
