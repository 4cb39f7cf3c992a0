"""The least valid JSON for a schema of openapi.json: what is required, in its first form."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any
from uuid import uuid4

from hypothesis import Phase, find, settings
from hypothesis import strategies as st

from tests.access.routes import Route, document

# What no schema says: one of two names, of whom there is nobody.
FURTHER: dict[str, dict[str, Any]] = {"SeatGrantRequest": {"email": "nobody@example.com"}}
_days = count(1)


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema behind a reference, with what has to be said besides it."""
    while "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        schema = {**document()["components"]["schemas"][name], "x-further": FURTHER.get(name, {})}
    return schema


def example(schema: dict[str, Any]) -> Any:
    schema = resolved(schema)
    if "const" in schema or "enum" in schema:
        return schema.get("const", next(iter(schema.get("enum", ())), None))
    for one in schema.get("anyOf", schema.get("oneOf", ())):
        return example(one)
    match schema.get("type"):
        case "object":
            named: Mapping[str, Any] = schema.get("properties", {})
            given = {name: example(named[name]) for name in schema.get("required", ())}
            return given | schema.get("x-further", {})
        case "array":
            return [example(schema["items"]) for _ in range(schema.get("minItems", 0))]
        case "string":
            return text(schema)
        case "integer" | "number":
            return int(max(schema.get("minimum", 0), schema.get("exclusiveMinimum", -1) + 1))
        case "boolean":
            return False
        case _:
            return None


def text(schema: dict[str, Any]) -> str:
    if schema.get("format") == "uuid":
        return str(uuid4())
    if schema.get("format") == "date-time":
        return (datetime.now(UTC) + timedelta(days=next(_days))).isoformat()
    if schema.get("format") == "date":
        return (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    return matching(schema.get("pattern", "^[a-z]+$"), schema.get("minLength", 1), schema.get("maxLength", 1000))


@cache
def matching(pattern: str, least: int, most: int) -> str:
    """The simplest text that fits, always the same one."""
    fitting = st.from_regex(pattern).filter(lambda found: least <= len(found) <= most and found.strip() == found)
    # What Hypothesis tries first is the simplest. Only what that is too short for must be shrunk, for up to seconds.
    phases = [Phase.generate] if least <= 1 else [Phase.generate, Phase.shrink]
    return find(fitting, lambda _: True, settings=settings(derandomize=True, database=None, phases=phases))


def body_of(route: Route) -> Any:
    return example(route.body) if route.body else None


def query_of(route: Route) -> dict[str, str]:
    required = [each for each in route.parameters("query") if each.get("required")]
    days = {"startDate": text({"format": "date"}), "endDate": text({"format": "date"})}  # a pair that is parsed by hand
    return {each["name"]: days.get(each["name"]) or str(example(each["schema"])) for each in required}


def headers_of(route: Route) -> dict[str, str]:
    return {each["name"]: str(example(each["schema"])) for each in route.parameters("header") if each.get("required")}
