"""Nothing leaves that openapi.json does not name, and nothing enters that it does not."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.access.examples import body_of, resolved
from tests.access.routes import Route, document, routes
from tests.access.world import CALLER, NOBODY, World
from tests.contract import response_of
from tests.deployed import Answer

# Read whole: what others wrote, and what changed, in fields of their own. Everything else is closed.
OPEN = {
    "AuditedChange.newValues", "AuditedChange.oldValues", "EventBatch.events.eventData", "IntegrityCheck.treeHead",
    "POST /functions/v1/razorpay-webhook", "Problem.errors", "RejectedEvent.errors", "RunSummary.counts",
    "PersonalDataExport.data", "MergeAnswer.moved",
    "LoggedDeliveryDetails.headers", "LoggedDeliveryDetails.payload",
    "GET /functions/v1/openapi.json", "ReconciliationItem.ours", "ReconciliationItem.theirs", "OverviewReport.events",
    "ReconciliationRun.counts", "ReconciliationRun.findings",
    *(f"GET /functions/v1/generate-certificate/{name}" for name in ("issuer", "keys", "keys/{name}", "tree-head")),
}  # fmt: skip
SMUGGLED = {"status": "confirmed", "amount": 1, "role": "admin", "userId2": "x", "isAdmin": True}


def answers(world: World) -> Iterator[tuple[Route, Answer]]:
    """What each route answers for ann's rows, for nothing, and to nobody; reading ones first."""
    for route in sorted(routes(), key=lambda route: (route.method != "GET", route.method == "DELETE", str(route))):
        caller = CALLER[route.who]
        if route.who in ("user", "admin"):
            yield route, world.ask(route, caller, ids="ann")
        yield route, world.ask(route, caller)
        yield route, world.ask(route, NOBODY)


def test_every_route_answers_as_it_is_documented(world: World) -> None:
    """`Deployed.request` holds each answer against the document; here every route gives some."""
    statuses = {answer.status for _, answer in answers(world)}
    assert statuses >= {200, 201, 401, 404, 409}


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
