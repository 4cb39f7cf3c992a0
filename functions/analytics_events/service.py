"""Sorting a batch into what is kept, what had come before, and what cannot be kept."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from pydantic import ValidationError

from functions.analytics_events import queries
from functions.analytics_events.models import MAX_ANONYMOUS_DATA_BYTES, RejectedEvent, TrackedEvent, size_of
from shared.db import Connection
from shared.errors import TooManyRequests

LATE = timedelta(days=7)
"""How long a client that was offline may keep an event; migration 011 recognises retries for longer than that."""
AHEAD = timedelta(minutes=5)
"""How far a client's clock may be ahead of ours."""
MEGABYTE = 1_000_000
IDS = UUID("7b0f6b0e-5a56-4d0c-9a63-0f2c7a1d5e11")


@dataclass(frozen=True)
class EventSource:
    """Whose events they are: a user's, or an anonymous session's."""

    user_id: UUID | None
    session_id: str | None
    address: str
    """The client's IP address."""

    def __str__(self) -> str:
        return str(self.user_id or self.session_id)

    @property
    def limits(self) -> list[tuple[str, int, int]]:
        """Who is counted, with the most events and bytes of an hour. Many visitors may share an address."""
        if self.user_id:
            return [(f"user:{self.user_id}", 5_000, 10 * MEGABYTE)]
        address = hashlib.sha256(self.address.encode()).hexdigest()
        return [
            (f"session:{self.session_id}", 2_000, MEGABYTE),
            (f"address:{address}", 20_000, 10 * MEGABYTE),
            ("visitors", 500_000, 250 * MEGABYTE),
        ]


def read(
    batch: Sequence[dict[str, Any]], source: EventSource, now: datetime
) -> tuple[list[TrackedEvent], list[RejectedEvent]]:
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
        elif source.user_id is None and size_of(event.event_data) > MAX_ANONYMOUS_DATA_BYTES:
            message = f"over {MAX_ANONYMOUS_DATA_BYTES} bytes without a token"
            rejected.append(RejectedEvent(index=index, errors=[{"field": "eventData", "message": message}]))
        else:
            events.append(event)
    return events, rejected


def keep(conn: Connection, source: EventSource, events: Sequence[TrackedEvent], now: datetime) -> int:
    """Keep what has not come before; returns how many those are. The same id from another source is another event.

    Raises TooManyRequests (`too_many_events`) when the source has sent more in this hour than is kept.
    """
    rows = {row["id"]: row for row in (_row(source, event, now) for event in events)}
    size = sum(size_of(event.event_data) for event in events)
    with conn.pipeline():
        queries.take_turn(conn, str(source))
        counted = queries.count_tracked(conn, source.limits, len(events), size)
        inserted = queries.insert_events(conn, list(rows.values()))
    if not counted.fetchone():
        raise TooManyRequests(
            "Too many events in this hour.",
            code="too_many_events",
            retry_after_seconds=3600 - int(now.timestamp()) % 3600,
        )
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
