"""Feedback: once for each seat, after the course has begun, and only by whom the seat is for."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from shared import db
from shared.actors import user
from tests.deployed import Answer, DeployedFunctions

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


def give(deployed: DeployedFunctions, user_id: UUID, registration_id: object, **more: object) -> Answer:
    body = {"registrationId": str(registration_id), "rating": 5} | more
    return deployed.request("account", "POST", "feedback", user=user_id, body=body)


def seat(deployed: DeployedFunctions, **columns: object) -> tuple[UUID, UUID]:
    """A student of a course that began yesterday."""
    user_id = deployed.profile()
    event_id = deployed.event(starts_at=YESTERDAY, status="ongoing")
    return user_id, deployed.confirmed(user_id, event_id, **columns)


def test_feedback_is_kept_once_and_the_same_again_changes_nothing(deployed: DeployedFunctions) -> None:
    student = seat(deployed)
    first = give(deployed, *student, comments="Clear and quick.")
    again = give(deployed, *student, comments="Clear and quick.")
    other = give(deployed, *student, rating=1)
    assert (first.status, first.body["feedback"]["rating"]) == (201, 5)
    assert (again.status, again.body) == (200, first.body)
    assert (other.status, other.body["code"]) == (409, "feedback_given")
    row = deployed.row("select user_id, registration_id, rating, comments from event_feedback")
    assert row == {"user_id": student[0], "registration_id": student[1], "rating": 5, "comments": "Clear and quick."}


@pytest.mark.parametrize(
    ("columns", "status", "code"),
    [
        ({"payment_status": "free"}, 201, None),
        ({"payment_status": "refunded"}, 403, "payment_incomplete"),
        ({"status": "pending", "payment_status": "pending", "hold_expires_at": YESTERDAY}, 403, "payment_incomplete"),
        ({"status": "cancelled"}, 404, "not_registered"),
    ],
)
def test_only_a_confirmed_paid_or_free_seat_speaks(
    deployed: DeployedFunctions, columns: dict[str, object], status: int, code: str | None
) -> None:
    answer = give(deployed, *seat(deployed, **columns))
    assert (answer.status, answer.body.get("code")) == (status, code)
    assert len(deployed.rows("select 1 from event_feedback")) == (code is None)


def test_not_before_the_course_has_begun_and_not_after_it_was_cancelled(deployed: DeployedFunctions) -> None:
    user_id = deployed.profile()
    early = give(deployed, user_id, deployed.confirmed(user_id, deployed.event()))
    cancelled = deployed.event(starts_at=YESTERDAY, status="cancelled", cancelled_at=YESTERDAY)
    late = give(deployed, user_id, deployed.confirmed(user_id, cancelled))
    assert (early.status, early.body["code"]) == (409, "too_early")
    assert (late.status, late.body["code"]) == (409, "event_cancelled")


def test_somebody_else_s_seat_looks_like_none(deployed: DeployedFunctions) -> None:
    _, theirs = seat(deployed)
    stranger = deployed.profile()
    foreign, absent = give(deployed, stranger, theirs), give(deployed, stranger, uuid4())
    assert (foreign.status, foreign.body["code"]) == (404, "not_registered")
    assert foreign.body | {"requestId": ""} == absent.body | {"requestId": ""}


def test_ratings_outside_one_to_five_are_refused(deployed: DeployedFunctions) -> None:
    student = seat(deployed)
    for rating in (0, 6, -1, 4.5, "5", None, True):
        answer = give(deployed, *student, rating=rating)
        assert (answer.status, answer.body["code"]) == (422, "invalid"), rating
    assert give(deployed, *student, comments="x" * 5001).status == 422


def test_the_database_refuses_feedback_for_a_seat_that_is_not_the_caller_s(deployed: DeployedFunctions) -> None:
    """Whatever the function does: the policy itself."""
    owner, theirs = seat(deployed)
    stranger, refunded = seat(deployed, payment_status="refunded")
    deployed.set(DATABASE_SECRET_ID="database-user")
    for caller, speaker, registration_id in (
        (stranger, stranger, theirs),
        (stranger, owner, theirs),
        (stranger, stranger, refunded),
    ):
        event_id = deployed.row("select event_id from registrations where id = %s", registration_id)["event_id"]
        with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction(user(caller)) as conn:
            conn.execute(
                "insert into event_feedback (registration_id, user_id, event_id, rating) values (%s, %s, %s, 1)",
                (registration_id, speaker, event_id),
            )
    assert deployed.rows("select 1 from event_feedback") == []
