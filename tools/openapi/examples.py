"""Examples: requests from events/, which the functions really receive, and answers made of one consistent story.

A field's own example (`Field(examples=[...])`) or its model's (`json_schema_extra={"example": ...}`) comes first; a
name that means the same everywhere has its value in examples.json.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tools.openapi import PREFIX, ROOT
from tools.openapi.operations import shape

Json = dict[str, Any]
EXAMPLES: Json = json.loads(Path(__file__).with_name("examples.json").read_text())
"""Values by the name of their field, or by `Schema.field` where the same name means something else.

For what has no schema of ours: by its media type, or by its route.
"""
ANSWERS: Json = json.loads(Path(__file__).with_name("answers.json").read_text())
"""What is different in the answer of a route."""
FORMATS = {
    "uuid": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "date-time": "2026-12-12T10:00:00+05:30",
    "date": "2026-12-12",
    "uri": "https://api.example.com",
}
PLAIN: Json = {"boolean": True, "integer": 1, "number": 1, "null": None}
"""What needs no story; text does."""


class NoExample(Exception):
    """A field whose value cannot be guessed: give it an example."""


def add(paths: Json, schemas: Json) -> None:
    """Give every operation an example of its body and of each answer that has a schema."""
    for path, operations in paths.items():
        for verb, operation in operations.items():
            if body := operation.get("requestBody"):
                for content in body["content"].values():
                    _add_requests(content, list(_recorded(verb, path)), schemas)
            for response in operation["responses"].values():
                for kind, content in response.get("content", {}).items():
                    _add_answer(kind, content, f"{verb.upper()} {path}", schemas)


def _add_requests(content: Json, recorded: list[tuple[str, Any]], schemas: Json) -> None:
    valid = {name: {"value": body} for name, body in recorded if is_valid(body, content["schema"], schemas)}
    content["examples"] = valid or {"example": {"value": sample(content["schema"], schemas)}}


def _recorded(verb: str, path: str) -> Iterator[tuple[str, Any]]:
    """The bodies of events/ that go to this route, by the name of their file."""
    for file in sorted((ROOT / "events").glob("*/*.json")):
        event = json.loads(file.read_text())
        method, _, route = event.get("routeKey", "").partition(" ")
        if (method, shape(route)) == (verb.upper(), shape(path)) and event.get("body"):
            yield file.stem, json.loads(event["body"])


def _add_answer(kind: str, content: Json, route: str, schemas: Json) -> None:
    if "example" not in content and "examples" not in content:
        try:
            example = EXAMPLES.get(route) or sample(content["schema"], schemas, field=kind)
            content["example"] = merged(example, ANSWERS[route]) if _is_changed(kind, route) else example
        except NoExample as missing:
            raise SystemExit(
                f"{route} ({kind}): no example for {missing}; give the field Field(examples=[...]), "
                "or its name a value in tools/openapi/examples.json"
            ) from missing


def _is_changed(kind: str, route: str) -> bool:
    return kind == "application/json" and route in ANSWERS


def merged(value: Any, patch: Any) -> Any:
    """A merge patch as in RFC 7396, except that null stays: an answer has all its fields."""
    if not isinstance(value, dict) or not isinstance(patch, dict):
        return patch
    return value | {name: merged(value.get(name), each) for name, each in patch.items()}


def sample(schema: Json, schemas: Json, field: str = "", within: str = "") -> Any:
    """A value of this schema; raises NoExample with the field that has none."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(PREFIX)
        return sample(schemas[name], schemas, field, name)
    if known := list(_known(schema, field, within)):
        return known[0]
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return sample(choices[0], schemas, field, within)
    if schema.get("type") == "array":
        return [sample(schema["items"], schemas, field, within)]
    if schema.get("type") == "object":
        return {name: sample(each, schemas, name, within) for name, each in schema.get("properties", {}).items()}
    raise NoExample(f"{within}.{field}" if within else field)


def _known(schema: Json, field: str, within: str) -> Iterator[Any]:
    """What is given for a field, the most particular first."""
    yield from schema.get("examples", ())
    if "example" in schema:
        yield schema["example"]
    if f"{within}.{field}" in EXAMPLES:
        yield EXAMPLES[f"{within}.{field}"]
    if "const" in schema:
        yield schema["const"]
    if "enum" in schema:
        yield schema["enum"][0]
    if field in EXAMPLES:
        yield EXAMPLES[field]
    if schema.get("format") in FORMATS:
        yield FORMATS[schema["format"]]
    if schema.get("type") in PLAIN:
        yield schema.get("default", PLAIN[schema["type"]])


def faults(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[str]:
    """Where a value breaks its schema."""
    document = DRAFT202012.create_resource({"components": {"schemas": schemas}})
    registry: Registry[Any] = Registry().with_resource("document", document)
    rooted = json.loads(json.dumps(schema).replace('"#/', '"document#/'))
    checker = Draft202012Validator(rooted, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER)
    found: list[ValidationError] = list(checker.iter_errors(value))
    return [f"{error.json_path}: {error.message}" for error in found]


def is_valid(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> bool:
    return not faults(value, schema, schemas)
