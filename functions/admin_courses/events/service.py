"""Changing and cancelling courses without breaking what was agreed with those who have a seat."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from functions.admin_courses.events import queries
from functions.admin_courses.events.models import (
    CancellationAnswer,
    Event,
    EventChange,
    EventList,
    EventStatus,
    NewEvent,
)
from functions.admin_courses.sessions import rescheduling
from shared.db import Connection
from shared.errors import Conflict, Invalid, NotFound
from shared.paging import cursor_after, read_cursor
from shared.preconditions import etag_of, require_match
from shared.seats import queries as seat_queries
from shared.seats import service as seats

AGREED_TERMS = frozenset(
    {"category", "currency", "full_refund_hours", "partial_refund_hours", "partial_refund_percent"}
)
"""What whoever registered has agreed to; the price is written into each registration."""

MOVE_TOLERANCE = timedelta(hours=24)
"""How far the start of a sold course can move without a full refund for its buyers."""
FULL_REFUND_PERIOD = timedelta(days=7)
"""How long a buyer of a course that moved farther can cancel with a full refund."""


def list_events(conn: Connection, status: EventStatus | None, *, cursor: str | None, limit: int) -> EventList:
    """A page of courses, the latest start first; raises Invalid for a foreign cursor."""
    found = queries.list_events(conn, status, after=read_cursor(cursor), limit=limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return EventList(events=page, next_cursor=cursor_after(page[-1].starts_at, page[-1].id) if more else None)


def find_event(conn: Connection, event_id: UUID) -> Event:
    """Raises NotFound."""
    event = queries.find_event(conn, event_id)
    if event is None:
        raise NotFound("event")
    return event


def change(conn: Connection, event_id: UUID, change: EventChange, now: datetime) -> tuple[Event, Event]:
    """The course before and after; seats that a larger capacity adds are offered to those who wait.

    A course that moves takes its sessions along, and whoever has a seat is told. When its start moves by more than a
    day, they get all their money back if they cancel within a week.
    Raises NotFound, Invalid, and Conflict: `start_in_past`, `event_over`, `capacity_below_taken`, `session_attended`,
    `sessions_outside`, and `terms_agreed` for what whoever registered has agreed to.
    """
    seat_queries.lock_event(conn, event_id)
    old = find_event(conn, event_id)
    wanted = change.model_dump(by_alias=False, exclude_unset=True)
    changed = {name for name, value in wanted.items() if getattr(old, name) != value}
    if changed & AGREED_TERMS and queries.is_booked(conn, event_id):
        raise Conflict("Somebody has registered under these terms.", code="terms_agreed")
    if "capacity" in changed and wanted["capacity"] < old.seats_taken:
        raise Conflict(f"{old.seats_taken} seats are taken.", code="capacity_below_taken")
    merged = _merge(old, wanted)
    if "starts_at" in changed and queries.is_booked(conn, event_id):
        _keep_promises(conn, old, merged, now)
    before = rescheduling.session_time_ranges(conn, event_id)
    if changed & {"starts_at", "ends_at"}:
        times = (old.starts_at, old.ends_at), (merged.starts_at, merged.ends_at)
        rescheduling.move_with_course(conn, event_id, *times, now)
    if queries.update_event(conn, event_id, merged) is None:
        raise Conflict("The course is over or cancelled.", code="event_over")
    rescheduling.notify_moved(conn, event_id, before)
    queries.shorten_offers(conn, event_id)
    seats.offer_free_seats(conn, event_id, now)
    return old, find_event(conn, event_id)


def etag(event: Event) -> str:
    """Stays the same while seats are taken and given up."""
    return etag_of(event, ignoring={"seats_taken"})


def require_unchanged(conn: Connection, event_id: UUID, if_match: str | None) -> None:
    """Lock the course; raises NotFound, and ChangedMeanwhile where it is not as `if_match` says."""
    seat_queries.lock_event(conn, event_id)
    require_match(if_match, etag(find_event(conn, event_id)))


def unpublish(conn: Connection, event_id: UUID) -> Event:
    """Take a course off the sale, as long as nobody was ever registered or waited for it.

    Raises NotFound and Conflict: `not_on_sale`, `event_booked`.
    """
    seat_queries.lock_event(conn, event_id)
    if find_event(conn, event_id).status != "upcoming":
        raise Conflict("Only a course that is on sale and has not begun can be unpublished.", code="not_on_sale")
    event = queries.unpublish_event(conn, event_id)
    if event is None:
        raise Conflict("Somebody has registered or waited for it; cancel it instead.", code="event_booked")
    return event


def delete_draft(conn: Connection, event_id: UUID) -> Event:
    """Delete a draft with its sessions; raises NotFound and Conflict: `not_a_draft`, `event_has_recordings`."""
    seat_queries.lock_event(conn, event_id)
    event = find_event(conn, event_id)
    if event.status != "draft":
        raise Conflict("Only a draft can be deleted.", code="not_a_draft")
    if queries.has_recordings(conn, event_id):
        raise Conflict("The draft has recordings.", code="event_has_recordings")
    queries.delete_sessions(conn, event_id)
    queries.delete_draft(conn, event_id)
    return event


def cancel(conn: Connection, event_id: UUID, reason: str, now: datetime) -> Event | None:
    """Cancel the course: nobody gets a seat from now on, later payments are refunded. None if it was cancelled before.

    Raises NotFound and Conflict (`event_over`).
    """
    seat_queries.lock_event(conn, event_id)
    old = find_event(conn, event_id)
    if old.status == "cancelled":
        return None
    if queries.cancel_event(conn, event_id, reason, now) is None:
        raise Conflict("The course is over.", code="event_over")
    return old


def cancellation_progress(conn: Connection, event_id: UUID) -> CancellationAnswer:
    """Progress of a cancellation; raises NotFound and Conflict (`not_cancelled`)."""
    event = find_event(conn, event_id)
    if event.status != "cancelled":
        raise Conflict("The course is not cancelled.", code="not_cancelled")
    return CancellationAnswer(event=event, cancellation=queries.cancellation_progress(conn, event_id))


def _keep_promises(conn: Connection, old: Event, new: NewEvent, now: datetime) -> None:
    """A sold course cannot have begun already, and a start that moves far gives its buyers their money back."""
    if new.starts_at <= now < old.starts_at:
        raise Conflict("Seats are sold, so the course cannot start in the past.", code="start_in_past")
    if abs(new.starts_at - old.starts_at) > MOVE_TOLERANCE:
        queries.promise_full_refunds(conn, old.id, now, now + FULL_REFUND_PERIOD)


def _merge(old: Event, wanted: dict[str, Any]) -> NewEvent:
    merged = old.model_dump(by_alias=False, include=set(NewEvent.model_fields)) | wanted
    if "sales_end_at" not in wanted and old.sales_end_at and merged["starts_at"] and merged["ends_at"]:
        # The end of sales moves along with the start, and nothing is sold after the end.
        merged["sales_end_at"] = min(old.sales_end_at + (merged["starts_at"] - old.starts_at), merged["ends_at"])
    try:
        return NewEvent.model_validate(merged)
    except ValidationError as error:
        found = error.errors()[0]
        field = ".".join(str(part) for part in found["loc"])
        raise Invalid(f"{field}: {found['msg']}" if field else found["msg"]) from error
