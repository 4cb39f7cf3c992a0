"""The public catalogue, as visitors without a token see it."""

from uuid import uuid4

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
