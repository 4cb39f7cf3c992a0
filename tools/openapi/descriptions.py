"""Descriptions: of operations from the docstrings of their handlers, of properties from the docstrings below them.

descriptions.toml has what means the same everywhere, and the texts that have no place in the code. Whatever has no
description fails.
"""

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tools.openapi import ROOT

Json = dict[str, Any]
TEXTS: Json = tomllib.loads(Path(__file__).with_name("descriptions.toml").read_text())


def read_attribute_docstrings() -> None:
    """Make models take descriptions from docstrings; call it before any of them is imported.

    Only here: pydantic reads the source of every class for it, which would slow the functions' start. Answers always
    contain their defaults, so they are required there.
    """
    from shared.routing import Schema  # noqa: PLC0415 - with the models, after the path is set

    Schema.model_config.update(use_attribute_docstrings=True, json_schema_serialization_defaults_required=True)


def operation_texts(app: Any) -> dict[tuple[str, str], str]:
    """The docstring of each handler of a router, by method and path."""
    found: dict[tuple[str, str], str] = {}
    for route in [*app._static_routes, *app._dynamic_routes]:
        text = inspect.getdoc(route.func) or ""
        found[route.method.lower(), route.openapi_path] = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
    return found


def complete(paths: Json, schemas: Json) -> None:
    """Fill in what means the same everywhere; raises SystemExit with everything that has no description."""
    missing = [*_describe_operations(paths), *_describe_properties(schemas)]
    if missing:
        raise SystemExit(
            "no description, write a docstring or a text in tools/openapi/descriptions.toml for:\n" + "\n".join(missing)
        )


def _describe_operations(paths: Json) -> Iterator[str]:
    for path, methods in paths.items():
        for verb, operation in methods.items():
            route = f"{verb.upper()} {path}"
            if not operation.get("description"):
                yield route
            yield from (f"{route}, tag {tag}" for tag in operation["tags"] if tag not in TEXTS["tags"])
            for parameter in operation.get("parameters", []):
                text = parameter.get("description") or TEXTS["parameters"].get(parameter["name"])
                if text:
                    parameter["description"] = text
                else:
                    yield f"{route}, parameter {parameter['name']}"


def _describe_properties(schemas: Json) -> Iterator[str]:
    for name, schema in schemas.items():
        for field, value in schema.get("properties", {}).items():
            texts = TEXTS["properties"]
            text = value.get("description") or texts.get(f"{name}.{field}") or texts.get(field)
            if text:
                value["description"] = text
            else:
                yield f"{name}.{field}"


def refusal(code: str, function: str) -> str:
    """What a code means: the sentence of the refusal itself, preferably the one of this function."""
    given: dict[str, str] = TEXTS["codes"]
    text = given.get(f"{function}.{code}") or given.get(code) or sentence(code, function)
    if text is None:
        raise SystemExit(f"no description of the code {code}: add one to tools/openapi/descriptions.toml")
    return text


def sentence(code: str, function: str) -> str | None:
    """What a client reads: the sentence of the refusal itself."""
    return _sentences(f"functions/{function}").get(code) or _sentences("shared").get(code)


@cache
def _sentences(folder: str) -> dict[str, str]:
    """The sentences of the refusals that a folder raises, by code."""
    found: dict[str, str] = {}
    for file in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                for keyword in node.keywords:
                    if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                        found.setdefault(str(keyword.value.value), str(node.args[0].value))
    return found


def tags() -> list[dict[str, str]]:
    """In the order of the file."""
    return [{"name": name, "description": text} for name, text in TEXTS["tags"].items()]


def admin_tag(path: str) -> str:
    """The tag of an administrators' route: `Admin: sales`."""
    return f"Admin: {TEXTS['admin'][re.sub(r'^/functions/v1/(admin/)?', '', path).partition('/')[0]]}"
