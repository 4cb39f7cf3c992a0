"""Seats that administrators grant and cancel by hand, under the lock and with the effects of students' own."""

from datetime import datetime
from uuid import UUID

from functions.admin_sales.registrations import queries
from functions.admin_sales.registrations.models import (
    CancelRegistrationRequest,
    Registration,
    RegistrationAnswer,
    RegistrationFilters,
    RegistrationList,
    SeatGrantRequest,
)
from shared.cancellations import queries as cancellation_queries
from shared.cancellations import service as cancellations
from shared.db import Connection
from shared.errors import Conflict, NotFound
from shared.paging import cursor_after, read_cursor
from shared.profiles.service import ProfileMissing
from shared.referrals import credits
from shared.registrations import queries as registration_queries
from shared.registrations import service as registrations
from shared.seats import queries as seat_queries
from shared.seats import service as seats
from shared.spreadsheets import MOST_ROWS, model_sheet

BOOKABLE_STATUSES = ("upcoming", "ongoing")


def list_registrations(
    conn: Connection, which: RegistrationFilters, *, cursor: str | None, limit: int
) -> RegistrationList:
    """A page of registrations, the newest first; raises Invalid for a foreign cursor."""
    found = queries.list_registrations(conn, which, after=read_cursor(cursor), limit=limit + 1)
    page, more = found[:limit], len(found) > limit
    return RegistrationList(
        registrations=page, next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None
    )


def registrations_csv(conn: Connection, which: RegistrationFilters) -> str:
    """The newest registrations, as many as an answer holds."""
    return model_sheet(Registration, queries.list_registrations(conn, which, after=None, limit=MOST_ROWS), "amount")


def find_registration(conn: Connection, registration_id: UUID) -> Registration:
    """Raises NotFound."""
    registration = queries.find_registration(conn, registration_id)
    if registration is None:
        raise NotFound("registration")
    return registration


def find_with_payments(conn: Connection, registration_id: UUID) -> RegistrationAnswer:
    """A registration with its money; raises NotFound."""
    return RegistrationAnswer(
        registration=find_registration(conn, registration_id),
        payments=queries.list_payments(conn, registration_id),
        refunds=queries.list_refunds(conn, registration_id),
    )


def grant_seat(conn: Connection, wanted: SeatGrantRequest, now: datetime) -> UUID:
    """Grant a free seat, close the student's waitlist entry, and return the registration's id.

    Raises NotFound (event, user), and Conflict: `already_registered`, `event_full`, `event_over`, `ambiguous_email`.
    """
    user_id = wanted.user_id or _find_user(conn, wanted.email or "")
    try:
        event = registrations.lock_event(conn, wanted.event_id, user_id)
    except ProfileMissing as error:
        raise NotFound("user") from error
    if event.status not in BOOKABLE_STATUSES:
        raise Conflict("The course is over or cancelled.", code="event_over")
    if not seats.has_free_seat(conn, event.id, event.capacity, user_id):
        raise Conflict("This event is full.", code="event_full")
    registration_id = registration_queries.insert_registration(
        conn, user_id=user_id, event=event, amount=0, hold_expires_at=None, source="admin", now=now
    )
    if registration_id is None:
        raise Conflict("This user has just registered.", code="already_registered")
    seat_queries.close_waitlist_entry(conn, event.id, user_id, registration_id)
    registrations.notify_confirmed(conn, user_id, event, registration_id)
    return registration_id


def confirm_registration(conn: Connection, registration_id: UUID, now: datetime) -> Registration:
    """Confirm a held seat without payment; returns its previous state. A payment that still arrives is refunded.

    Raises NotFound and Conflict: `not_held`, `event_over`, and `payment_held` for a payment of another amount, which
    needs a decision of its own so that it has a receipt or goes back.
    """
    known = find_registration(conn, registration_id)
    event = registration_queries.lock_event(conn, known.event_id).fetchone()
    old = find_registration(conn, registration_id)
    if event is None or event.status not in BOOKABLE_STATUSES:
        raise Conflict("The course is over or cancelled.", code="event_over")
    if registration_queries.is_payment_held(conn, registration_id):
        raise Conflict("A payment is held for this seat; accept or refund it first.", code="payment_held")
    if not queries.confirm_free(conn, registration_id, now):
        raise Conflict("Only a held seat can be confirmed; grant another one.", code="not_held")
    credits.release(conn, [registration_id], percent=100)
    registrations.notify_confirmed(conn, old.user_id, event, registration_id)
    return old


def cancel_registration(
    conn: Connection, registration_id: UUID, how: CancelRegistrationRequest, now: datetime
) -> Registration:
    """Cancel a registration with the requested refund and offer its seat on; returns its previous state.

    Raises NotFound and Conflict (`nothing_to_cancel`).
    """
    owner = find_registration(conn, registration_id).user_id
    policy = cancellation_queries.lock_refund_policy(conn, registration_id, owner)
    if policy is None:
        raise NotFound("registration")
    old = find_registration(conn, registration_id)
    percent = {"full": 100, "policy": policy.percent_at(now), "none": 0}[how.refund]
    cancelled = cancellations.cancel(
        conn, [registration_id], "admin", refund_percent=percent, now=now, remark=how.reason
    )
    if not cancelled:
        raise Conflict("There is no seat left to take back.", code="nothing_to_cancel")
    seats.offer_free_seats(conn, old.event_id, now)
    return old


def _find_user(conn: Connection, email: str) -> UUID:
    people = queries.list_users_by_email(conn, email)
    if not people:
        raise NotFound("user")
    if len(people) > 1:
        raise Conflict("Several users have this mailbox; give the user's id.", code="ambiguous_email")
    return people[0]
