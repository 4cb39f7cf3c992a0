"""The routers' schemas under one roof: names that mean one thing each, and no names for mere values."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tools.openapi import PREFIX

Schemas = dict[str, Any]
OF_FRAMEWORK = {"HTTPValidationError", "ValidationError", "ResponseValidationError"}


def adopt(part: dict[str, Any], function: str, schemas: Schemas) -> dict[str, Any]:
    """A router's paths, their schemas added to `schemas`.

    A name that means something else already gets the function's name before it, and that of the folder if need be.
    """
    found = {
        name: schema
        for name, schema in part.get("components", {}).get("schemas", {}).items()
        if name not in OF_FRAMEWORK
    }
    values = {name: schema for name, schema in found.items() if not _is_object(schema)}
    paths, found = _inlined([part["paths"], {name: _untitled(each) for name, each in found.items()}], values)
    found = {name: schema for name, schema in found.items() if name not in values}
    names = _own_names(found, function, schemas)
    for name, schema in _renamed(found, names).items():
        schemas[names[name]] = schema
    return _renamed(paths, names)


def _is_object(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object"


def _untitled(schema: Schemas) -> Schemas:
    """Without pydantic's titles, which repeat the names: generators take them for names of classes."""
    given: Schemas = schema.get("properties", {})
    properties = {name: {key: each for key, each in value.items() if key != "title"} for name, value in given.items()}
    rest = {key: value for key, value in schema.items() if key != "title"}
    return rest | ({"properties": properties} if properties else {})


def _inlined(parts: Any, values: Schemas) -> Any:
    """With what a reference to a mere value (an amount, a status) stands for in its place."""
    if isinstance(parts, list):
        return [_inlined(part, values) for part in parts]
    if not isinstance(parts, dict):
        return parts
    name = str(parts.get("$ref", "")).removeprefix(PREFIX)
    if name in values:
        value = {key: each for key, each in values[name].items() if key != "title"}
        return _inlined(value | {key: each for key, each in parts.items() if key != "$ref"}, values)
    return {key: _inlined(part, values) for key, part in parts.items()}


def _own_names(found: Schemas, function: str, schemas: Schemas) -> dict[str, str]:
    """A name for each schema: what differs from others of its name once it is renamed, is renamed further."""
    steps = dict.fromkeys(found, 0)
    while True:
        names = {name: _candidates(name, function)[step] for name, step in steps.items()}
        renamed = _renamed(found, names)
        taken = [
            name
            for name, own in names.items()
            if schemas.get(own, renamed[name]) != renamed[name]
            or any(names[other] == own and other < name for other in names)
        ]
        if not taken:
            return names
        for name in taken:
            steps[name] += 1


def _candidates(name: str, function: str) -> tuple[str, str, str]:
    """`Refund`, `AdminRefund`, `AdminRefundsRefund`; the router spells out the module of what it has twice.

    What differs between request and answer is `BillingDetails-Input` and `-Output` in pydantic.
    """
    *modules, short = name.removesuffix("-Output").replace("-Input", "Input").split("__")
    folders = [module for module in modules if module not in {"functions", "shared", "models", function}]
    own, folder = (_pascal(words) for words in (function, "_".join(folders)))
    return short, f"{own}{short}", f"{own}{folder}{short}"


def _pascal(words: str) -> str:
    return "".join(word.capitalize() for word in words.split("_"))


def _renamed(parts: Any, names: Mapping[str, str]) -> Any:
    text = re.sub(
        f'"{re.escape(PREFIX)}([^"]+)"',
        lambda match: f'"{PREFIX}{names.get(match[1], match[1])}"',
        json.dumps(parts),
    )
    return json.loads(text)
