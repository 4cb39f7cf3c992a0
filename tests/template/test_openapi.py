"""The OpenAPI document is whole, true to the template, and every example in it is what its schema asks for."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.contract import breach, codes, document, response_of
from tests.template.rules import PUBLIC_ROUTES, Templates, routes
from tools.openapi import descriptions
from tools.openapi.examples import faults
from tools.openapi.operations import shape
from tools.transform import ROOT, sam_template

Json = dict[str, Any]
BY_SERVICE = {
    "POST /functions/v1/send-notifications",
    "POST /functions/v1/process-referrals",
    "POST /functions/v1/payment-reconciliation",
}
"""Public at the gateway; the service's bearer is checked in code."""


def operations() -> Iterator[tuple[str, Json]]:
    for path, methods in document()["paths"].items():
        yield from ((f"{verb.upper()} {path}", operation) for verb, operation in methods.items())


ROUTES = [route for route, _ in operations()]


@pytest.fixture(scope="module")
def schemas() -> Json:
    return document()["components"]["schemas"]


def test_it_is_openapi() -> None:
    validate(document())


def test_it_has_every_route_of_the_template_and_no_other() -> None:
    template = {shape(route) for route, _ in routes(Templates(sam_template()))}

    assert {shape(route) for route in ROUTES} == template


def test_who_may_call_is_what_the_gateway_and_the_functions_ask() -> None:
    public = {shape(route) for route in PUBLIC_ROUTES - BY_SERVICE}
    for route, operation in operations():
        asked = {name for choice in operation["security"] for name in choice}
        if shape(route) in public:
            assert {} in operation["security"] or not asked, route
        else:
            assert asked == ({"service"} if route in BY_SERVICE else {"user"}), route
        assert ("401" in operation["responses"]) >= bool(asked), route


@pytest.mark.parametrize("route", ROUTES)
def test_every_operation_says_what_it_takes_and_answers_with_examples(route: str, schemas: Json) -> None:
    operation = dict(operations())[route]
    assert operation["summary"]
    assert operation["tags"]
    succeeded = [status for status in operation["responses"] if status[0] in "23"]
    assert succeeded
    for content in operation.get("requestBody", {}).get("content", {}).values():
        assert content["examples"]
        for name, example in content["examples"].items():
            assert faults(example["value"], content["schema"], schemas) == [], name
    for status in operation["responses"]:
        response = response_of(document(), operation, status) or {}
        assert wrong_examples(response, schemas) == [], status
        assert status[0] in "23" or response["content"], status


def test_everything_is_described(schemas: Json) -> None:
    for route, operation in operations():
        assert operation["description"], route
        assert all(parameter["description"] for parameter in operation.get("parameters", [])), route
        for status in operation["responses"]:
            response = response_of(document(), operation, status) or {}
            for code in codes(response):
                assert re.search(rf"^- `{code}`: \w.+[.`]$", response["description"], re.MULTILINE), f"{route} {code}"
    for name, schema in schemas.items():
        assert all(each["description"] for each in schema.get("properties", {}).values()), name


def test_what_has_no_description_fails() -> None:
    operation = {"tags": ["Games"], "parameters": [{"name": "colour", "in": "query"}]}
    with pytest.raises(SystemExit) as refused:
        descriptions.complete({"/games": {"get": operation}}, {"Game": {"properties": {"rules": {}, "id": {}}}})
    assert str(refused.value).splitlines()[1:] == [
        "GET /games", "GET /games, tag Games", "GET /games, parameter colour", "Game.rules"
    ]  # fmt: skip


def test_operations_are_named_after_their_handlers() -> None:
    ids = [operation["operationId"] for _, operation in operations()]
    assert [each for each in ids if "functions_v1" in each] == []
    assert {"get_event", "verify_payment", "admin_get_event"} <= set(ids)


def test_the_public_groups_come_first_and_the_administrators_last() -> None:
    names = [tag["name"] for tag in document()["tags"]]
    used = {tag for _, operation in operations() for tag in operation["tags"]}
    assert used == set(names)
    assert sorted(names, key=lambda name: name.startswith("Admin")) == names


def wrong_examples(response: Json, schemas: Json) -> list[str]:
    found: list[str] = []
    for kind, content in response.get("content", {}).items():
        examples = [each["value"] for each in content.get("examples", {}).values()]
        examples += [content["example"]] if "example" in content else []
        found += [] if examples else [f"{kind} has no example"]
        found += [fault for example in examples for fault in faults(example, content["schema"], schemas)]
    return found


def test_a_missing_or_a_wrong_example_is_found(schemas: Json) -> None:
    schema = {"$ref": "#/components/schemas/EventAnswer"}
    assert wrong_examples({"content": {"application/json": {"schema": schema}}}, schemas)
    assert wrong_examples({"content": {"application/json": {"schema": schema, "example": {"event": {}}}}}, schemas)


def unions_without_discriminator(part: Any) -> list[Json]:
    """Where one of several objects may stand and no property says which: generated types do not narrow there."""
    if isinstance(part, list):
        return [found for each in part for found in unions_without_discriminator(each)]
    if not isinstance(part, dict):
        return []
    objects = [each for each in part.get("anyOf", []) + part.get("oneOf", []) if "$ref" in each]
    own = [part] if len(objects) > 1 and "discriminator" not in part else []
    return own + unions_without_discriminator(list(part.values()))


def test_an_answer_of_several_forms_says_which_it_is(schemas: Json) -> None:
    answered = [operation["responses"] for _, operation in operations()]
    assert unions_without_discriminator([answered, document()["components"]["responses"], schemas]) == []
    forms = {"oneOf": [{"$ref": "#/components/schemas/Event"}, {"$ref": "#/components/schemas/Problem"}]}
    assert unions_without_discriminator({"event": forms}) == [forms]


def test_its_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert document()["info"]["version"] == project["version"]


def test_every_code_it_names_is_one_that_the_code_refuses_with() -> None:
    """A code that nothing raises any more would be a promise to nobody."""
    files = [file for folder in ("functions", "shared") for file in (ROOT / folder).rglob("*.py")]
    text = "\n".join(re.sub(r"answers\((?:[^()]|\n)*\)", "", file.read_text()) for file in files)
    for route, operation in operations():
        for status in operation["responses"]:
            for code in codes(response_of(document(), operation, status) or {}):
                assert f'"{code}"' in text, f"{route}: {status} {code}"


@pytest.mark.parametrize(
    ("status", "code", "is_known"), [(409, "event_full", True), (409, "not_a_code", False), (418, "event_full", False)]
)
def test_an_answer_that_is_not_documented_is_found(status: int, code: str, is_known: bool) -> None:
    found = breach("POST", "/functions/v1/registrations", status, "application/problem+json", {"code": code})

    assert (found == "") == is_known


def test_an_answer_of_another_shape_is_found() -> None:
    answer: Json = json.loads(
        json.dumps(response_of(document(), dict(operations())["GET /functions/v1/health"], "200"))
    )
    body = answer["content"]["application/json"]["example"]

    assert breach("GET", "/functions/v1/health", 200, "application/json", body) == ""
    assert "build" in breach("GET", "/functions/v1/health", 200, "application/json", body | {"build": 7})
    assert breach("GET", "/functions/v1/health", 200, "text/html", "<p>")
