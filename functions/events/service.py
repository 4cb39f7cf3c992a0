"""The public catalogue."""

from uuid import UUID

from functions.events import queries
from functions.events.models import EventDetail, EventFilters, EventList
from shared.db import Connection
from shared.errors import NotFound
from shared.paging import cursor_after, read_cursor


def list_events(conn: Connection, which: EventFilters, *, cursor: str | None, limit: int) -> EventList:
    """A page of published courses, the soonest first; raises Invalid for a foreign cursor."""
    found = queries.list_events(conn, which, after=read_cursor(cursor), limit=limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return EventList(events=page, next_cursor=cursor_after(page[-1].starts_at, page[-1].id) if more else None)


def find_event(conn: Connection, event_id: UUID) -> EventDetail:
    event = queries.find_event(conn, event_id)
    if event is None:
        raise NotFound("event")
    return EventDetail(**dict(event), sessions=queries.list_sessions(conn, event_id))
