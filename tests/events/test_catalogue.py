"""The public catalogue, as visitors without a token see it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.deployed import DeployedFunctions


def test_a_visitor_sees_a_published_course_with_its_seats_left(deployed: DeployedFunctions) -> None:
    event = deployed.event(capacity=3)
    deployed.registration(deployed.profile(), event)
    deployed.confirmed(deployed.profile(), event)
    answer = deployed.request("events", "GET", f"events/{event}")
    assert (answer.status, answer.body["event"]["seatsLeft"]) == (200, 1)
    assert [each["startsAt"] for each in answer.body["event"]["sessions"]] == [answer.body["event"]["startsAt"]]
    listed = deployed.request("events", "GET", "events")
    assert [each["id"] for each in listed.body["events"]] == [str(event)]
    assert "meetingUrl" not in listed.raw


def test_a_draft_looks_like_no_course_at_all(deployed: DeployedFunctions) -> None:
    draft = deployed.request("events", "GET", f"events/{deployed.event(status='draft')}")
    unknown = deployed.request("events", "GET", f"events/{uuid4()}")
    assert (draft.status, unknown.status) == (404, 404)
    assert draft.body | {"requestId": ""} == unknown.body | {"requestId": ""}


def listed(deployed: DeployedFunctions, **query: str) -> list[str]:
    answer = deployed.request("events", "GET", "events", query=query)
    assert answer.status == 200
    return [event["title"] for event in answer.body["events"]]


def test_the_catalogue_begins_with_what_is_on_sale(deployed: DeployedFunctions) -> None:
    now = datetime.now(UTC)
    for day, status in (
        (-9, "completed"),
        (3, "upcoming"),
        (-1, "ongoing"),
        (1, "upcoming"),
        (2, "cancelled"),
        (4, "draft"),
    ):
        start = now + timedelta(days=day)
        deployed.event(title=f"{status} {day}", status=status, starts_at=start, ends_at=start + timedelta(days=2))
    assert listed(deployed) == ["ongoing -1", "upcoming 1", "upcoming 3"]
    assert listed(deployed, status="completed") == ["completed -9"]
    first = deployed.request("events", "GET", "events", query={"limit": "2"}).body
    assert listed(deployed, limit="2", cursor=first["nextCursor"]) == ["upcoming 3"]


def test_courses_are_found_by_every_filter(deployed: DeployedFunctions) -> None:
    start = datetime(2030, 5, 1, 10, tzinfo=UTC)
    for number, columns in enumerate(
        (
            {"title": "Rust", "instructor": "Arjun Menon", "price_amount": 49_900},
            {"title": "Baking", "category": "non_technical", "price_amount": 0},
            {"title": "Go", "price_amount": 99_900},
        )
    ):
        at = start + timedelta(days=number)
        deployed.event(starts_at=at, ends_at=at + timedelta(hours=2), **columns)
    assert listed(deployed) == ["Rust", "Baking", "Go"]
    for query, expected in (
        ({"instructor": "Arjun Menon"}, ["Rust"]),
        ({"category": "non_technical"}, ["Baking"]),
        ({"free": "true"}, ["Baking"]),
        ({"free": "false"}, ["Rust", "Go"]),
        ({"maxPrice": "49900"}, ["Rust", "Baking"]),
        ({"from": "2030-05-02T10:00:00Z"}, ["Baking", "Go"]),
        ({"until": "2030-05-02T15:30:00+05:30"}, ["Rust"]),
        ({"from": "2030-05-02T00:00:00Z", "free": "false", "maxPrice": "99900"}, ["Go"]),
    ):
        assert listed(deployed, **query) == expected, query


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2030-05-02T10:00:00"},
        {"maxPrice": "-1"},
        {"free": "perhaps"},
        {"status": "draft"},
        {"price": "1"},
        {"fromTime": "2030-05-02T10:00:00Z"},
    ],
    ids=str,
)
def test_a_filter_that_is_none_is_refused(deployed: DeployedFunctions, query: dict[str, str]) -> None:
    answer = deployed.request("events", "GET", "events", query=query)
    assert (answer.status, [error["field"] for error in answer.body["errors"]]) == (422, list(query))
