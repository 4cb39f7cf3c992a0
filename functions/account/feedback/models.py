"""A student's opinion of a course."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictInt

from shared.routing import Schema


class FeedbackRequest(Schema):
    registration_id: UUID
    rating: Annotated[StrictInt, Field(ge=1, le=5)]
    """1 (bad) to 5 (very good)."""
    comments: Annotated[str | None, Field(max_length=5000)] = None
    """What the student says beside the rating."""


class Feedback(Schema):
    id: UUID
    registration_id: UUID
    event_id: UUID
    rating: int
    """1 (bad) to 5 (very good)."""
    comments: str | None
    """What the student says beside the rating; null without words."""
    created_at: datetime


class FeedbackAnswer(Schema):
    success: bool = True
    feedback: Feedback


@dataclass(frozen=True)
class FeedbackEligibility:
    """A registration with its course, and whether the course has begun."""

    event_id: UUID
    event_status: str
    status: str
    payment_status: str
    starts_at: datetime
