"""What clients track, and what they hear about each event."""

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, WithJsonSchema

from shared.routing import Schema

MAX_EVENTS = 100
MAX_DATA_BYTES = 4096
MAX_DATA_LEVELS = 8


def _small(data: dict[str, Any]) -> dict[str, Any]:
    if not _is_within(data, MAX_DATA_LEVELS):
        raise ValueError(f"nested deeper than {MAX_DATA_LEVELS} levels")
    # Without NaN: json.loads makes infinity of 1e400, which PostgreSQL's jsonb cannot hold.
    if len(json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()) > MAX_DATA_BYTES:
        raise ValueError(f"over {MAX_DATA_BYTES} bytes")
    return data


def _is_within(value: object, levels: int) -> bool:
    if isinstance(value, dict):
        return levels > 0 and all(_is_within(each, levels - 1) for each in value.values())
    if isinstance(value, list):
        return levels > 0 and all(_is_within(each, levels - 1) for each in value)
    return True


class TrackedEvent(Schema):
    """One thing that was done. `id` is the client's own, the same in every retry: it is kept once."""

    id: UUID | None = None
    event_name: str = Field(pattern=r"^[A-Za-z0-9_.:-]{1,100}$")
    event_category: Literal["engagement", "conversion", "navigation", "error"]
    event_data: Annotated[dict[str, Any], AfterValidator(_small)] = Field(default_factory=dict[str, Any])
    occurred_at: AwareDatetime | None = None


Raw = Annotated[dict[str, Any], WithJsonSchema(TrackedEvent.model_json_schema())]
"""An event as it came: one that is wrong does not spoil the batch."""


class EventBatch(Schema):
    """`sessionId` groups what one visit did; whoever sends no token needs one."""

    session_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{8,100}$")
    events: list[Raw] = Field(min_length=1, max_length=MAX_EVENTS)


class RejectedEvent(Schema):
    """An event that was not kept: its position in the batch, and why."""

    index: int
    errors: list[dict[str, str]]


class BatchReport(Schema):
    """How many were kept, and how many had been already; sending the rejected ones again cannot help."""

    accepted: int
    duplicates: int
    rejected: list[RejectedEvent]
