"""Feedback: once for each seat, after the course has begun."""

from datetime import datetime
from uuid import UUID

from functions.account.feedback import queries
from functions.account.feedback.models import Feedback, FeedbackRequest
from shared.db import Connection
from shared.errors import Conflict
from shared.registrations.admission import NotRegistered, admit


def give(conn: Connection, user_id: UUID, given: FeedbackRequest, now: datetime) -> tuple[Feedback, bool]:
    """What is kept, and whether it is new: the same again changes nothing.

    Raises NotRegistered, Forbidden (`payment_incomplete`) and Conflict (`event_cancelled`, `too_early`,
    `feedback_given`).
    """
    place = queries.find_place(conn, given.registration_id, user_id)
    if place is None:
        raise NotRegistered
    if place.event_status == "cancelled":
        raise Conflict("This event was cancelled.", code="event_cancelled")
    admit(place.status, place.payment_status)
    if now < place.starts_at:
        raise Conflict("The course has not begun yet.", code="too_early")
    feedback = queries.insert_feedback(conn, user_id, place.event_id, given)
    if feedback is not None:
        return feedback, True
    return _given_before(conn, user_id, given), False


def _given_before(conn: Connection, user_id: UUID, given: FeedbackRequest) -> Feedback:
    before = queries.find_feedback(conn, given.registration_id, user_id)
    assert before is not None, "what stood in the way of the insert is the caller's own"
    if (before.rating, before.comments) != (given.rating, given.comments):
        raise Conflict("You have given feedback on this course.", code="feedback_given")
    return before
