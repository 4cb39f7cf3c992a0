"""Every route refuses a filter that is none, which would be answered with everything, and text that is none."""

import re

import pytest

from shared import routing
from tests.access.routes import Route, routes
from tests.access.world import CALLER, World

ELSEWHERE = {"GET /functions/v1/generate-certificate/status-lists/{number}"}
"""Reviewed: a path with an id that is no number is no path of this route."""


def wrongly_answered(world: World) -> list[str]:
    reading = [each for each in routes() if each.method == "GET" and each.path.startswith("/functions/v1/")]
    return [str(route) for route in reading if str(route) not in ELSEWHERE and not refuses(world, route)]


def refuses(world: World, route: Route) -> bool:
    answer = world.ask(route, CALLER[route.who], query={"colour": "red"})
    errors = answer.body.get("errors", []) if isinstance(answer.body, dict) else []
    return answer.status == 422 and "colour" in [error["field"] for error in errors]


def test_an_unknown_parameter_is_refused_by_whatever_is_read(world: World) -> None:
    assert wrongly_answered(world) == []


def test_parameters_that_are_ignored_are_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(routing, "_TRACKING", re.compile(".*"))
    assert "GET /functions/v1/events" in wrongly_answered(world)


def fails_on_nul(world: World) -> list[str]:
    """The query parameters in which a NUL is not refused: PostgreSQL's text cannot hold it."""
    return [
        f"{route}?{parameter['name']}: {answer.status}"
        for route in routes()
        if route.path.startswith("/functions/v1/") and str(route) not in ELSEWHERE
        for parameter in route.parameters("query")
        if parameter["name"] != "token"  # a malformed one looks like an unknown one, by tests of their own
        if (answer := world.ask(route, CALLER[route.who], query={parameter["name"]: "a\x00"})).status != 422
    ]


def test_a_nul_in_a_parameter_is_refused(world: World) -> None:
    assert fails_on_nul(world) == []


def test_a_nul_that_reaches_the_database_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(routing, "_is_storable", lambda _: True)  # pyright: ignore[reportUnknownLambdaType]
    assert "GET /functions/v1/admin/audit-logs?action: 500" in fails_on_nul(world)
