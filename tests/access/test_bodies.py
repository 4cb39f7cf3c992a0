"""Nothing leaves that openapi.json does not name, and nothing enters that it does not."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.access.examples import body_of, resolved
from tests.access.routes import Route, document, routes
from tests.access.world import CALLER, NOBODY, World
from tests.contract import response_of
from tests.deployed import Answer

# Read whole: what others wrote, and what changed, in fields of their own. Everything else is closed.
OPEN = {
    "AuditedChange.newValues", "AuditedChange.oldValues", "EventBatch.events.eventData", "Integrity.treeHead",
    "POST /functions/v1/razorpay-webhook", "Problem.errors", "RejectedEvent.errors", "RunSummary.counts", "Export.data",
    "WholeDelivery.headers", "WholeDelivery.payload",
    "GET /functions/v1/openapi.json",
    *(f"GET /functions/v1/generate-certificate/{name}" for name in ("issuer", "keys", "keys/{name}", "tree-head")),
}  # fmt: skip
SMUGGLED = {"status": "confirmed", "amount": 1, "role": "admin", "userId2": "x", "isAdmin": True}


def described(route: Route, answer: Answer) -> dict[str, Any]:
    """The schema of an answer, by its status."""
    response = response_of(document(), route.operation, str(answer.status)) or {}
    content = answer.headers.get("content-type", "").partition(";")[0]
    return response.get("content", {}).get(content, {}).get("schema", {})


def misfits(route: Route, answer: Answer) -> Iterator[str]:
    if "json" not in answer.headers.get("content-type", "") or answer.status == 204:
        return
    schema = described(route, answer)
    if not schema:
        yield f"{route} does not say what {answer.status} is"
        return
    validator = Draft202012Validator({**schema, "components": document()["components"]})
    yield from (
        f"{route} {answer.status}: {error.json_path} {error.message}" for error in validator.iter_errors(answer.body)
    )


def answers(world: World) -> Iterator[tuple[Route, Answer]]:
    """What each route answers for ann's rows, for nothing, and to nobody; reading ones first."""
    for route in sorted(routes(), key=lambda route: (route.method != "GET", route.method == "DELETE", str(route))):
        caller = CALLER[route.who]
        if route.who in ("user", "admin"):
            yield route, world.ask(route, caller, ids="ann")
        yield route, world.ask(route, caller)
        yield route, world.ask(route, NOBODY)


def test_every_answer_is_as_it_is_documented(world: World) -> None:
    statuses: dict[int, int] = {}
    found: list[str] = []
    for route, answer in answers(world):
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
        found += misfits(route, answer)
    assert "\n".join(found) == ""
    assert min(statuses.get(status, 0) for status in (200, 201, 401, 404, 409)) > 0, statuses


def test_a_field_too_much_is_found(world: World) -> None:
    route = next(each for each in routes() if str(each) == "GET /functions/v1/registrations")
    answer = world.ask(route, CALLER["user"])
    assert list(misfits(route, answer)) == []
    answer.body["passwordHash"] = "x"
    assert len(list(misfits(route, answer))) == 1


def open_objects(schema: dict[str, Any], where: str, seen: set[str]) -> Iterator[str]:
    """Where a schema lets in what it does not name."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name in seen:
        return
    if name:
        seen.add(name)
        where = name
    schema = resolved(schema)
    if schema.get("type") == "object" and schema.get("additionalProperties", True) is not False:
        yield where
    if not schema.keys() & {"type", "anyOf", "oneOf", "allOf", "enum", "const"}:
        yield where
    for field, inner in schema.get("properties", {}).items():
        yield from open_objects(inner, f"{where}.{field}", seen)
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ()), *items(schema)):
        yield from open_objects(inner, where, seen)


def items(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [schema["items"]] if "items" in schema else []


def all_open() -> set[str]:
    found: set[str] = set()
    for route in routes():
        answered = (response_of(document(), route.operation, status) or {} for status in route.operation["responses"])
        for content in (route.operation.get("requestBody", {}), *answered):
            for kind, media in content.get("content", {}).items():
                if "json" in kind:
                    found |= set(open_objects(media.get("schema", {}), str(route), set()))
    return found


def test_every_body_is_closed_but_for_the_reviewed() -> None:
    assert all_open() - OPEN == set()


def taking_json() -> list[Route]:
    return [route for route in routes() if isinstance(body_of(route), dict) and route.function != "razorpay_webhook"]


def test_a_field_that_nobody_asked_for_is_refused(world: World) -> None:
    for route in taking_json():
        for name, value in SMUGGLED.items():
            if name not in resolved(route.body or {}).get("properties", {}):
                answer = world.ask(route, CALLER[route.who], body=body_of(route) | {name: value})
                assert (answer.status, answer.body["code"]) == (422, "invalid"), (route, name, answer)


@pytest.mark.parametrize("route", taking_json()[:1], ids=str)
def test_without_it_the_same_body_is_read(world: World, route: Route) -> None:
    assert world.ask(route, CALLER[route.who]).status != 422
