"""Watching recordings: for students with a confirmed seat that is paid or free, and no longer."""

from datetime import datetime
from uuid import UUID

from functions.recordings import queries
from functions.recordings.models import Playback, Recording
from shared.db import Connection
from shared.errors import NotFound
from shared.recordings import storage
from shared.registrations.admission import NotRegistered, admit


def list_recordings(conn: Connection, event_id: UUID, user_id: UUID) -> list[Recording]:
    """What is ready to watch, the oldest first; raises NotRegistered and Forbidden (`payment_incomplete`)."""
    place = queries.find_place(conn, event_id, user_id)
    if place is None:
        raise NotRegistered
    admit(place.status, place.payment_status)
    return queries.list_recordings(conn, event_id, user_id)


def playback(conn: Connection, recording_id: UUID, user_id: UUID, now: datetime) -> Playback:
    """A link that works for a quarter of an hour; raises NotFound, also for whose seat is refunded or cancelled."""
    source = queries.find_source(conn, recording_id, user_id)
    if source is None:
        raise NotFound("recording")
    return Playback(
        url=storage.playback_link(source.video_url, source.content_type),
        expires_at=now + storage.PLAYBACK,
        content_type=source.content_type,
        position_seconds=source.position_seconds,
    )


def save_position(conn: Connection, recording_id: UUID, user_id: UUID, seconds: int, now: datetime) -> None:
    """Keep how far the student has watched, the last word counts; raises NotFound."""
    if not queries.save_position(conn, recording_id, user_id, seconds, now):
        raise NotFound("recording")
