"""The OpenAPI document as a contract: what an answer has that the document does not say.

`Deployed.request` asks this of every answer that any test gets, so a refusal nobody wrote down is found where it is
tested.
"""

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs

from tools.openapi import DOCUMENT

Json = dict[str, Any]


@cache
def document() -> Json:
    return json.loads(DOCUMENT.read_text())


def breach(method: str, path: str, status: int, content_type: str, body: object) -> str:
    """What the document does not say of this answer, or the empty string; `path` begins with /functions/v1."""
    operation = _operation(method, path)
    if operation is None:
        return "" if status == 404 else f"no operation {method} {path}"
    response = response_of(document(), operation, str(status))
    if response is None:
        return f"{method} {path} answers {status}, which is not documented"
    kind = content_type.partition(";")[0]
    content = response.get("content", {})
    if kind not in content:
        return "" if not (content and body) else f"{method} {path} answers {status} as {kind or 'nothing'}"
    if kind == "application/problem+json":
        code = body["code"] if isinstance(body, dict) else ""
        return (
            "" if code in codes(response) else f"{method} {path} refuses {status} with {code}; see shared/refusals.py"
        )
    if kind == "application/json":
        found = next(_validator(json.dumps(content[kind]["schema"])).iter_errors(body), None)
        return f"{method} {path} answers {status} with {found.message} at {found.instance_path}" if found else ""
    return ""


def response_of(whole: Json, operation: Json, status: str) -> Json | None:
    response = operation["responses"].get(status)
    if response and "$ref" in response:
        return whole["components"]["responses"][response["$ref"].removeprefix("#/components/responses/")]
    return response


def codes(response: Json) -> set[str]:
    """What a refusal's `code` may be."""
    return set(response.get("content", {}).get("application/problem+json", {}).get("examples", {}))


def _operation(method: str, path: str) -> Json | None:
    for pattern, operations in _patterns():
        if pattern.fullmatch(path) and method.lower() in operations:
            return operations[method.lower()]
    return None


@cache
def _patterns() -> list[tuple[re.Pattern[str], Json]]:
    """The paths as patterns, those without parameters first."""
    paths = sorted(document()["paths"].items(), key=lambda item: item[0].count("{"))
    return [(re.compile(re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(path))), each) for path, each in paths]


@cache
def _validator(schema: str) -> Any:
    whole = {**json.loads(schema), "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(whole)
