"""A filter that is none would be answered with everything, so every route refuses it."""

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
