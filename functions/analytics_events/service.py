"""Sorting a batch into what is kept, what had come before, and what cannot be kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from pydantic import ValidationError

from functions.analytics_events import queries
from functions.analytics_events.models import RejectedEvent, TrackedEvent
from shared.db import Connection

LATE = timedelta(days=7)
"""How long a client that was offline may keep an event; migration 011 recognises retries for longer than that."""
AHEAD = timedelta(minutes=5)
"""How far a client's clock may be ahead of ours."""
IDS = UUID("7b0f6b0e-5a56-4d0c-9a63-0f2c7a1d5e11")


@dataclass(frozen=True)
class EventSource:
    """Whose events they are: a user's, or an anonymous session's."""

    user_id: UUID | None
    session_id: str | None

    def __str__(self) -> str:
        return str(self.user_id or self.session_id)


def read(batch: Sequence[dict[str, Any]], now: datetime) -> tuple[list[TrackedEvent], list[RejectedEvent]]:
    """The events that can be kept, and what is wrong with the others."""
    events: list[TrackedEvent] = []
    rejected: list[RejectedEvent] = []
    for index, raw in enumerate(batch):
        try:
            event = TrackedEvent.model_validate(raw)
        except ValidationError as error:
            found = [
                {"field": ".".join(str(part) for part in each["loc"]), "message": each["msg"]}
                for each in error.errors(include_url=False, include_context=False, include_input=False)
            ]
            rejected.append(RejectedEvent(index=index, errors=found))
            continue
        if event.occurred_at and not now - LATE <= event.occurred_at <= now + AHEAD:
            rejected.append(
                RejectedEvent(index=index, errors=[{"field": "occurredAt", "message": "not within a week"}])
            )
        else:
            events.append(event)
    return events, rejected


def keep(conn: Connection, source: EventSource, events: Sequence[TrackedEvent], now: datetime) -> int:
    """Keep what has not come before; returns how many those are. The same id from another source is another event."""
    rows = {row["id"]: row for row in (_row(source, event, now) for event in events)}
    with conn.pipeline():
        queries.take_turn(conn, str(source))
        inserted = queries.insert_events(conn, list(rows.values()))
    return inserted.rowcount


def _row(source: EventSource, event: TrackedEvent, now: datetime) -> dict[str, Any]:
    return {
        "id": str(uuid5(IDS, f"{source}:{event.id}") if event.id else uuid4()),
        "user_id": str(source.user_id) if source.user_id else None,
        "session_id": source.session_id,
        "event_name": event.event_name,
        "event_category": event.event_category,
        "event_data": event.event_data,
        "occurred_at": (event.occurred_at or now).isoformat(),
    }
