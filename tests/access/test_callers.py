"""Who may call what: everybody else is refused on every route, before anything happens."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.access.routes import Route, deployed_routes, document, routes, shape
from tests.access.world import ADMIN, ANN, CALLER, GROUP_ONLY, NOBODY, SERVICE, TABLE_ONLY, Caller, World
from tests.deployed import Answer

type Ask = Callable[[Route, Caller], Answer]
REFUSED: dict[str, tuple[tuple[Caller, int], ...]] = {
    "everybody": (),
    "user": ((NOBODY, 401), (SERVICE, 401)),
    "admin": ((NOBODY, 401), (SERVICE, 401), (ANN, 403), (GROUP_ONLY, 403), (TABLE_ONLY, 403)),
    "service": ((NOBODY, 401), (ANN, 401), (ADMIN, 401)),
}
CODES = {401: "unauthenticated", 403: "forbidden"}


def wrongly_let_in(ask: Ask) -> Iterator[str]:
    for route in routes():
        for caller, status in REFUSED[route.who]:
            answer = ask(route, caller)
            if answer.status != status or answer.body.get("code") != CODES[status]:
                yield f"{route} answers {answer.status} to {caller.name}"


def test_whoever_may_not_call_a_route_is_refused_and_nothing_is_written(world: World) -> None:
    before = world.deployed.row("select pg_snapshot_xmax(pg_current_snapshot())::text as next")
    assert "\n".join(wrongly_let_in(world.ask)) == ""
    assert world.deployed.row("select pg_snapshot_xmax(pg_current_snapshot())::text as next") == before


def test_a_door_that_lets_users_in_as_administrators_is_found(world: World) -> None:
    admins = {str(route) for route in routes() if route.who == "admin"}
    found = "\n".join(wrongly_let_in(lambda route, caller: world.ask(route, ADMIN if caller == ANN else caller)))
    assert [route for route in admins if f"{route} answers" not in found] == []


def test_whoever_may_call_a_route_is_let_in(world: World) -> None:
    for route in routes():
        if route.who != "everybody":
            answer = world.ask(route, CALLER[route.who])
            refused = answer.status == 401 or (answer.status == 403 and answer.body.get("code") == "forbidden")
            assert not refused, (route, answer)
            assert answer.status < 500 or answer.status == 503, (route, answer)


def test_a_path_that_nobody_was_given_is_nobodys() -> None:
    route = replace(routes()[0], path="/functions/v1/novelty")
    with pytest.raises(KeyError):
        assert route.who


def test_every_documented_route_is_deployed() -> None:
    deployed = {(method, shape(path)) for method, path, _ in deployed_routes()}
    documented = {
        (verb.upper(), shape(path)) for path, operations in document()["paths"].items() for verb in operations
    }
    assert documented - deployed == set()
