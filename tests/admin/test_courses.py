"""Courses that two administrators edit, that are taken off the sale, and drafts that are deleted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.admin.admin_client import AdminClient
from tests.deployed import Answer

START = datetime.now(UTC).replace(microsecond=0) + timedelta(days=20)
NEW = {
    "title": "Queues in practice",
    "category": "technical",
    "capacity": 10,
    "startsAt": START.isoformat(),
    "endsAt": (START + timedelta(hours=2)).isoformat(),
}


@pytest.fixture
def course(client: AdminClient) -> str:
    """The id of a draft."""
    answer = client.request("POST", "events", NEW)
    assert answer.status == 201
    return str(answer.body["event"]["id"])


def change(client: AdminClient, course: str, if_match: str | None, **changes: Any) -> Answer:
    headers = {"if-match": if_match} if if_match else {}
    return client.deployed.request(
        "admin_courses", "PATCH", f"admin/events/{course}", user=client.admin, groups=["admin"], body=changes,
        headers=headers,
    )  # fmt: skip


def etag(client: AdminClient, course: str) -> str:
    return client.request("GET", f"events/{course}").headers["etag"]


def test_the_second_of_two_administrators_is_told_and_loses_nothing(client: AdminClient, course: str) -> None:
    seen = etag(client, course)
    first = change(client, course, seen, title="Queues, first")
    assert (first.status, first.body["event"]["title"]) == (200, "Queues, first")

    second = change(client, course, seen, instructor="Second")
    assert (second.status, second.body["code"]) == (412, "changed_meanwhile")
    assert client.request("GET", f"events/{course}").body["event"]["instructor"] == ""

    again = change(client, course, first.headers["etag"], instructor="Second")
    assert again.status == 200


def test_without_a_precondition_the_last_one_wins(client: AdminClient, course: str) -> None:
    assert change(client, course, None, title="One").status == 200
    assert change(client, course, None, title="Two").status == 200
    assert change(client, course, "*", title="Three").status == 200


def test_a_seat_that_is_taken_makes_no_edit_stale(client: AdminClient, course: str) -> None:
    client.request("POST", f"events/{course}/publish")
    before = etag(client, course)
    student = client.deployed.profile()
    granted = client.request("POST", "registrations", {"eventId": course, "userId": str(student), "reason": "A test"})
    assert granted.status == 201
    assert etag(client, course) == before


def test_a_course_nobody_registered_for_goes_back_to_a_draft_and_is_deleted(client: AdminClient, course: str) -> None:
    assert client.request("POST", f"events/{course}/unpublish").body["code"] == "not_on_sale"
    client.request("POST", f"events/{course}/publish")
    assert client.request("DELETE", f"events/{course}").body["code"] == "not_a_draft"

    unpublished = client.request("POST", f"events/{course}/unpublish")
    assert (unpublished.status, unpublished.body["event"]["status"]) == (200, "draft")
    assert client.request("DELETE", f"events/{course}").status == 200
    assert client.request("GET", f"events/{course}").status == 404
    actions = [row["action"] for row in client.audit_rows()]
    assert actions == ["event.create", "event.publish", "event.unpublish", "event.delete"]
    assert client.audit_rows()[-1]["old_values"]["title"] == NEW["title"]


def test_a_course_with_a_registration_stays_on_sale(client: AdminClient, course: str) -> None:
    client.request("POST", f"events/{course}/publish")
    student = client.deployed.profile()
    client.request("POST", "registrations", {"eventId": course, "userId": str(student), "reason": "A test"})
    refused = client.request("POST", f"events/{course}/unpublish")
    assert (refused.status, refused.body["code"]) == (409, "event_booked")


def test_the_database_deletes_no_course_but_a_draft(client: AdminClient, course: str) -> None:
    client.request("POST", f"events/{course}/publish")
    with psycopg.connect(client.deployed.database.login_url("admin")) as connection:
        connection.execute(
            "select begin_request('app_admin', %s)", (f'{{"sub": "{client.admin}", "role": "app_admin"}}',)
        )
        assert connection.execute("delete from events where id = %s", (course,)).rowcount == 0
        connection.rollback()


MISLEADING = [
    {"title": "Queues\u202ecitcarp ni"},
    {"title": "Queues\u0007"},
    {"title": "Queues\nin practice"},
    {"description": "One\u2066two"},
    {"instructor": "Asha\u0000"},
    {"instructor": "Asha\u200f\u202b"},
    {"meetingUrl": "https://meet.example.com@elsewhere.example/1"},
    {"meetingUrl": "https://asha:secret@meet.example.com/1"},
    {"meetingUrl": "https://meet.example.com/\u202e1"},
    {"meetingUrl": "https://[meet"},
]


@pytest.mark.parametrize("fields", MISLEADING)
def test_text_that_looks_like_another_and_addresses_with_a_user_name_are_refused(
    client: AdminClient, course: str, fields: dict[str, str]
) -> None:
    assert client.request("POST", "events", NEW | fields).status in (400, 422)
    assert change(client, course, None, **fields).status in (400, 422)


def test_text_of_several_lines_and_scripts_is_kept(client: AdminClient) -> None:
    fields = {"title": "कतारें: पहला भाग", "description": "One\n\ttwo", "instructor": "آشا راؤ"}
    answer = client.request("POST", "events", NEW | fields)
    assert answer.status == 201
    assert fields.items() <= answer.body["event"].items()
