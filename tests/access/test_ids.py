"""Somebody else's row and no row look the same, byte for byte; one's own is there."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.access.routes import Route
from tests.access.world import CALLER, World, guarded
from tests.deployed import Answer

type Ask = Callable[[Route, str | None, Any], Answer]
"""A request of the route's own caller with the ids of a person's rows, or of nothing."""


def asking(world: World) -> Ask:
    def ask(route: Route, ids: str | None, body: Any) -> Answer:
        return world.ask(route, CALLER[route.who], ids=ids, body=body)

    return ask


def seen(answer: Answer) -> tuple[int, str]:
    body = {name: value for name, value in answer.body.items() if name != "requestId"}
    return answer.status, json.dumps(body)


def told_apart(world: World, ask: Ask) -> Iterator[str]:
    """The routes that answer otherwise for ben's rows, or for none, than ann may know."""
    for route in guarded():
        nothing = ask(route, None, world.body(route, None))
        if nothing.status != 404:
            yield f"{route} answers {nothing.status} for what does not exist"
        if route.who == "user":
            others = ask(route, "ben", world.body(route, "ben"))
            if seen(others) != seen(nothing):
                yield f"{route} answers {seen(others)} for somebody else's and {seen(nothing)} for nothing"


def test_somebody_elses_and_nothing_look_the_same(world: World) -> None:
    assert "\n".join(told_apart(world, asking(world))) == ""


def test_a_route_that_shows_somebody_elses_is_found(world: World) -> None:
    ask = asking(world)

    def leaking(route: Route, ids: str | None, body: Any) -> Answer:
        return ask(route, "ann", body) if (ids, route.method) == ("ben", "GET") else ask(route, ids, body)

    users = [str(route) for route in guarded() if route.who == "user" and route.method == "GET"]
    found = "\n".join(told_apart(world, leaking))
    assert users
    assert [route for route in users if route not in found] == []


def test_a_part_of_another_whole_looks_like_none(world: World) -> None:
    [*nested] = [route for route in guarded() if route.path.count("{") == 2]
    refused: set[int] = set()
    for route in nested:
        whole, others, nothing = (world.path(route, ids).split("/") for ids in ("ann", "ben", None))
        mixed, missing = (replace(route, path="/".join([*whole[:-1], part])) for part in (others[-1], nothing[-1]))
        answers = [world.ask(each, CALLER[route.who]) for each in (mixed, missing)]
        assert seen(answers[0]) == seen(answers[1]), route
        refused.add(answers[0].status)
    assert 404 in refused
    assert refused <= {404, 409}  # 409 where the whole itself has no such parts yet
