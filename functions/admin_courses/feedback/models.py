"""What students say about a course."""

from datetime import datetime
from uuid import UUID

from shared.routing import Schema


class CourseFeedback(Schema):
    """One student's rating of a course."""

    id: UUID
    registration_id: UUID
    user_id: UUID
    full_name: str
    rating: int
    """1 to 5."""
    comments: str | None
    """In the student's own words."""
    created_at: datetime


class CourseFeedbackList(Schema):
    """A page of a course's ratings."""

    success: bool = True
    feedback: list[CourseFeedback]
    next_cursor: str | None
