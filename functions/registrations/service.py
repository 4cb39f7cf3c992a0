"""Registers and cancels: seats are taken and released under the event's lock."""

from datetime import datetime, timedelta
from uuid import UUID

from functions.registrations import queries
from functions.registrations.models import (
    CancellationPreview,
    CancelRegistrationAnswer,
    PaymentList,
    RegistrationList,
)
from shared.cancellations import queries as cancellation_queries
from shared.cancellations import service as cancellations
from shared.db import Connection
from shared.errors import Conflict, NotFound
from shared.paging import cursor_after, read_cursor
from shared.payments import refund_queries
from shared.registrations import service as registrations
from shared.registrations.models import Registration
from shared.seats import service as seats


def register(
    conn: Connection, user_id: UUID, event_id: UUID, referral_code: str | None, *, hold: timedelta, now: datetime
) -> Registration:
    """Take a seat for a user.

    Raises NotFound, ProfileMissing, Invalid (a referral code that is unknown or the user's own), and Conflict:
    `already_registered`, `event_full` (the waitlist is open), `sales_closed`.
    """
    event = registrations.lock_event(conn, event_id, user_id)
    if event.status not in ("upcoming", "ongoing") or now >= event.sales_end_at:
        raise Conflict("Sales for this event have ended.", code="sales_closed")
    if not seats.has_free_seat(conn, event.id, event.capacity, user_id):
        raise Conflict("This event is full; the waitlist is open.", code="event_full")
    registration_id = registrations.take_seat(
        conn, event, user_id, source="direct", referral_code=referral_code, hold=hold, now=now
    )
    return registrations.find_registration(conn, registration_id, user_id)


def cancel(conn: Connection, user_id: UUID, registration_id: UUID, now: datetime) -> CancelRegistrationAnswer:
    """Cancel a registration and refund by the event's policy; a second call changes nothing.

    Raises NotFound and Conflict (`already_started`, and `nothing_to_cancel` for a hold that has expired).
    """
    policy = cancellation_queries.lock_refund_policy(conn, registration_id, user_id)
    if policy is None:
        raise NotFound("registration")
    if now < policy.starts_at:
        percent = policy.percent_at(now)
        cancellations.cancel(conn, [registration_id], "student_cancelled", refund_percent=percent, now=now)
        seats.offer_free_seats(conn, policy.event_id, now)
    registration = registrations.find_registration(conn, registration_id, user_id)
    if registration.status == "expired":
        raise Conflict("The seat was no longer held.", code="nothing_to_cancel")
    if registration.status != "cancelled":
        raise Conflict("The course has started.", code="already_started")
    return CancelRegistrationAnswer(registration=registration, refund=queries.find_refund(conn, registration_id))


def preview_cancellation(conn: Connection, user_id: UUID, registration_id: UUID, now: datetime) -> CancellationPreview:
    """What `cancel` would refund now. Raises NotFound and Conflict (`already_started`, `nothing_to_cancel`)."""
    policy = cancellation_queries.find_refund_policy(conn, registration_id, user_id)
    if policy is None:
        raise NotFound("registration")
    registration = registrations.find_registration(conn, registration_id, user_id)
    if registration.status not in ("pending", "confirmed"):
        raise Conflict("There is no seat to cancel.", code="nothing_to_cancel")
    if now >= policy.starts_at:
        raise Conflict("The course has started.", code="already_started")
    percent = policy.percent_at(now)
    refunds = refund_queries.preview_refunds(conn, registration_id, percent)
    full, partial = policy.deadlines()
    return CancellationPreview(
        percent=percent,
        amount=sum(amount for amount, _ in refunds),
        currency=refunds[0][1] if refunds else registration.currency,
        full_refund_until=full,
        partial_refund_until=partial,
    )


def list_registrations(conn: Connection, user_id: UUID, *, cursor: str | None, limit: int) -> RegistrationList:
    """A page of a user's registrations, newest first; raises Invalid for an unreadable cursor."""
    found = queries.list_registrations(conn, user_id, after=read_cursor(cursor), limit=limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return RegistrationList(
        registrations=page, next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None
    )


def list_payments(conn: Connection, user_id: UUID, *, cursor: str | None, limit: int) -> PaymentList:
    """A page of a user's payments, newest first; raises Invalid for an unreadable cursor."""
    found = queries.list_payments(conn, user_id, after=read_cursor(cursor), limit=limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return PaymentList(payments=page, next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None)
