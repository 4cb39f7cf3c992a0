"""Refusals that a front end can use: what is in the way, fields as they were sent, links that grew parameters."""

from typing import Any
from uuid import UUID

import pytest

from tests.deployed import DeployedFunctions


def test_who_is_registered_already_is_told_by_which_registration(deployed: DeployedFunctions) -> None:
    user, event = deployed.profile(), deployed.event()
    registration, body = deployed.registration(user, event), {"eventId": str(event)}
    for function, path in (("registrations", "registrations"), ("waitlist", "waitlist")):
        answer = deployed.request(function, "POST", path, user=user, body=body)
        assert (answer.status, answer.body["code"]) == (409, "already_registered")
        assert answer.body["registrationId"] == str(registration)
    other = deployed.request("registrations", "POST", "registrations", user=deployed.profile(), body=body)
    assert "registrationId" not in other.body


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["registrationId"]),
        ({"registrationId": "x"}, ["registrationId"]),
        ({"registrationId": str(UUID(int=1)), "eventId": str(UUID(int=2)), "note": 1}, ["note"]),
        ([], ["body"]),
    ],
    ids=str,
)
def test_a_field_has_the_name_that_was_sent(deployed: DeployedFunctions, body: Any, fields: list[str]) -> None:
    answer = deployed.request(
        "session_management", "POST", "session-management", user=deployed.profile(), body=body,
        query={"action": "checkin"},
    )  # fmt: skip
    assert answer.status == 422
    named = [error["field"] for error in answer.body["errors"]]
    assert set(fields) <= set(named)
    assert not [name for name in named if "." in name or name[0].isupper()]


@pytest.mark.parametrize("name", ["utm_source", "fbclid", "mc_cid"])
def test_what_mail_clients_and_networks_add_to_links_is_let_through(deployed: DeployedFunctions, name: str) -> None:
    query = {name: "x"}
    assert deployed.request("events", "GET", "events", query=query).status == 200
    assert deployed.request("events", "GET", "events", query={f"{name}x": "x", "x": ""}).status == 422
