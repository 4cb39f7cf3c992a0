"""Administrators see what failed, try it again, and tell all students of a course something; all of it audited."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from functions.admin_operations import handler
from shared.notifications.models import Notice
from tests.notifications.conftest import platform
from tests.notifications.notification_platform import Context, Platform, client, http_event

__all__ = ["platform"]
DATA: dict[str, str | int | None] = {"eventTitle": "Deep Rust"}
PATH = "/functions/v1/admin/notifications"


class NotificationAdmin:
    """An administrator at the door of the admin function."""

    def __init__(self, platform: Platform, *, groups: str = "[admin]", is_in_the_table: bool = True) -> None:
        self.id = platform.person()
        self._platform = platform
        self._groups = groups
        if is_in_the_table:
            platform.rows("insert into admins (user_id) values (%s)", self.id)

    def request(
        self, method: str, path: str = "", body: Any = None, key: str | None = None, **query: str
    ) -> tuple[int, Any]:
        self._platform.set(database_secret_id="database-admin")
        headers = {"idempotency-key": key} if key else {}
        event = http_event(
            method, PATH + path, user_id=self.id, groups=self._groups, body=body, query=query, headers=headers
        )
        answer = handler.lambda_handler(event, Context())  # pyright: ignore[reportArgumentType]
        self._platform.set(database_secret_id="database-worker")
        return answer["statusCode"], json.loads(answer["body"])


def failed(platform: Platform, count: int) -> list[UUID]:
    people = platform.people(count)
    ids = platform.enqueue(*(Notice(each, "waitlist_joined", "1", DATA, types=("in_app",)) for each in people))
    platform.rows("update notifications_queue set status = 'failed', retry_count = 3, last_error = 'HTTP 500'")
    return ids


def course(platform: Platform, students: int) -> UUID:
    event_id = uuid4()
    platform.rows(
        "insert into events (id, title, category, status, starts_at, ends_at, capacity) values"
        " (%s, 'Deep Rust', 'technical', 'upcoming', now() + interval '1 day', now() + interval '2 days', 100)",
        event_id,
    )
    for number, user_id in enumerate(platform.people(students + 1)):
        status = "confirmed" if number < students else "cancelled"
        platform.rows(
            "insert into registrations (user_id, event_id, status, payment_status, amount, currency, confirmed_at)"
            " values (%s, %s, %s, 'free', 0, 'INR', now())",
            user_id, event_id, status,
        )  # fmt: skip
    return event_id


def audited(platform: Platform) -> list[str]:
    return [row["action"] for row in platform.rows("select action from admin_audit_logs order by position")]


def test_the_failed_come_in_pages_and_one_is_tried_again(platform: Platform) -> None:
    admin = NotificationAdmin(platform)
    ids = failed(platform, 5)
    status, page = admin.request("GET", limit="3")
    assert (status, len(page["notifications"])) == (200, 3)
    rest = admin.request("GET", limit="3", cursor=page["nextCursor"])[1]
    assert {each["id"] for each in page["notifications"] + rest["notifications"]} == {str(each) for each in ids}
    assert admin.request("POST", f"/{ids[0]}/retry") == (200, {"retried": 1})
    assert admin.request("POST", f"/{ids[0]}/retry")[0] == 409
    assert admin.request("POST", f"/{uuid4()}/retry")[0] == 404
    assert audited(platform) == ["notification.retry"]
    [message] = client("sqs").receive_message(QueueUrl=queue(), MaxNumberOfMessages=10)["Messages"]
    platform.drain(message["Body"])
    assert platform.states() == {"sent": 1, "failed": 4}


def test_all_of_one_kind_are_tried_again(platform: Platform) -> None:
    admin = NotificationAdmin(platform)
    failed(platform, 5)
    assert admin.request("POST", "/retry-all", {"type": "sms"}) == (200, {"retried": 0})
    assert admin.request("POST", "/retry-all", {"template": "waitlist_joined"}) == (200, {"retried": 5})
    platform.sweep()
    assert platform.states() == {"sent": 5}
    assert audited(platform) == ["notification.retry_all"] * 2


def test_a_broadcast_reaches_each_confirmed_student_once_and_shows_how_far_it_is(platform: Platform) -> None:
    admin = NotificationAdmin(platform)
    body = {"eventId": str(course(platform, 7)), "title": "Bring your laptop", "message": "We start with an exercise."}
    status, answer = admin.request("POST", "/broadcasts", body, key="broadcast-1")
    assert (status, answer["total"]) == (201, 14)
    again = admin.request("POST", "/broadcasts", body, key="broadcast-1")
    assert (again[0], again[1]["total"]) == (200, 14)
    other = admin.request("POST", "/broadcasts", body | {"title": "Other"}, key="broadcast-1")
    assert (other[0], other[1]["code"]) == (409, "idempotency_key_reused")
    platform.sweep()
    assert admin.request("GET", f"/broadcasts/{answer['broadcast']['id']}")[1]["progress"] == [
        {"type": "email", "status": "sent", "notifications": 7},
        {"type": "in_app", "status": "sent", "notifications": 7},
    ]
    assert len(platform.mails()) == 7
    assert audited(platform) == ["notification.broadcast"]


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"message": "x" * 2001},
        {"types": []},
        {"types": ["email", "email"]},
        {"channel": "gossip"},
        {"status": "sent"},
    ],
)
def test_a_broadcast_that_does_not_fit_is_refused_and_leaves_no_trace(
    platform: Platform, change: dict[str, Any]
) -> None:
    body = {"eventId": str(course(platform, 1)), "title": "Bring", "message": "Laptop"} | change
    assert NotificationAdmin(platform).request("POST", "/broadcasts", body)[0] == 422
    assert platform.states() == {}
    assert audited(platform) == []


def test_the_group_without_the_row_and_the_row_without_the_group_are_both_refused(platform: Platform) -> None:
    failed(platform, 1)
    for admin in (NotificationAdmin(platform, groups=""), NotificationAdmin(platform, is_in_the_table=False)):
        for method, path, body in (
            ("GET", "", None),
            ("POST", "/retry-all", {}),
            ("POST", "/broadcasts", {"eventId": str(uuid4()), "title": "x", "message": "y"}),
            ("GET", f"/broadcasts/{uuid4()}", None),
            ("POST", f"/{uuid4()}/retry", None),
        ):
            assert admin.request(method, path, body)[0] == 403
    assert platform.states() == {"failed": 1}


def test_an_unknown_course_and_broadcast_are_not_found(platform: Platform) -> None:
    admin = NotificationAdmin(platform)
    body = {"eventId": str(uuid4()), "title": "Bring", "message": "Laptop"}
    assert admin.request("POST", "/broadcasts", body)[0] == 404
    assert admin.request("GET", f"/broadcasts/{uuid4()}")[0] == 404


def queue() -> str:
    return client("sqs").get_queue_url(QueueName="notifications")["QueueUrl"]
