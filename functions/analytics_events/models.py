"""What clients track, and what they hear about each event."""

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, WithJsonSchema

from shared.routing import Schema

MAX_EVENTS = 100
MAX_DATA_BYTES = 4096
MAX_ANONYMOUS_DATA_BYTES = 1024
MAX_DATA_LEVELS = 8


def size_of(data: dict[str, Any]) -> int:
    """In bytes, as JSON."""
    # Without NaN: json.loads makes infinity of 1e400, which PostgreSQL's jsonb cannot hold.
    return len(json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode())


def _small(data: dict[str, Any]) -> dict[str, Any]:
    if not _is_within(data, MAX_DATA_LEVELS):
        raise ValueError(f"nested deeper than {MAX_DATA_LEVELS} levels")
    if size_of(data) > MAX_DATA_BYTES:
        raise ValueError(f"over {MAX_DATA_BYTES} bytes")
    return data


def _is_within(value: object, levels: int) -> bool:
    if isinstance(value, dict):
        return levels > 0 and all(_is_within(each, levels - 1) for each in value.values())
    if isinstance(value, list):
        return levels > 0 and all(_is_within(each, levels - 1) for each in value)
    return True


class TrackedEvent(Schema):
    """One thing that a visitor did."""

    id: UUID | None = None
    """The client's own id, the same in every retry: an event is stored once."""
    event_name: str = Field(pattern=r"^[A-Za-z0-9_.:-]{1,100}$")
    """Name of the event, such as `event_viewed`."""
    event_category: Literal["engagement", "conversion", "navigation", "error"]
    """Kind of event."""
    event_data: Annotated[dict[str, Any], AfterValidator(_small)] = Field(default_factory=dict[str, Any])
    """At most 4,096 bytes of JSON (1,024 without a token) and 8 levels. No personal data."""
    occurred_at: AwareDatetime | None = None
    """When it happened; the time of arrival if left out."""


Raw = Annotated[dict[str, Any], WithJsonSchema(TrackedEvent.model_json_schema())]
"""An event as it came: one that is wrong does not spoil the batch."""


class EventBatch(Schema):
    session_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{8,100}$")
    """Groups the events of one visit. Required without a token."""
    events: list[Raw] = Field(min_length=1, max_length=MAX_EVENTS)
    """Up to 100 events. A wrong one does not spoil the batch."""


class RejectedEvent(Schema):
    """An event that was not stored."""

    index: int
    """Its position in the batch, from 0."""
    errors: list[dict[str, str]]
    """What is wrong, by field."""


class BatchReport(Schema):
    """Sending rejected events again cannot help."""

    accepted: int
    """Events stored by this request."""
    duplicates: int
    """Events whose `id` was stored before."""
    rejected: list[RejectedEvent]
    """Events that are wrong, with the reasons."""
