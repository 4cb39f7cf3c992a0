"""Listing recordings and correcting what is known of them."""

from uuid import UUID

from functions.admin_courses.recordings import queries
from functions.admin_courses.recordings.models import Recording, RecordingChange, RecordingList
from shared.db import Connection
from shared.errors import Conflict, NotFound
from shared.paging import cursor_after, read_cursor


def list_recordings(conn: Connection, event_id: UUID | None, *, cursor: str | None, limit: int) -> RecordingList:
    """A page of recordings in every state, the newest first; raises Invalid for a foreign cursor."""
    found = queries.list_recordings(conn, event_id, after=read_cursor(cursor), limit=limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return RecordingList(recordings=page, next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None)


def change(conn: Connection, recording_id: UUID, change: RecordingChange) -> tuple[Recording, Recording]:
    """The recording before and after; raises NotFound and Conflict (`not_uploaded`)."""
    old = queries.find_recording(conn, recording_id)
    if old is None:
        raise NotFound("recording")
    new = queries.change_recording(conn, recording_id, change)
    if new is None:
        raise Conflict("Its file has not arrived yet.", code="not_uploaded")
    return old, new
