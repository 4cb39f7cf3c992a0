"""Writes the OpenAPI 3.1 document of all functions from their routers: `python -m tools.openapi [--check]`."""

import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "functions" / "status" / "openapi.json"
SERVICE_TAG = "Jobs"
"""The tag of routes that take the service bearer."""
REFERENCE = re.compile(r'"#/components/schemas/([^"]+)"')
PROBLEM = {"$ref": "#/components/schemas/Problem"}

WEBHOOK = {
    "post": {
        "tags": ["Webhooks"],
        "operationId": "receive_razorpay_webhook",
        "summary": "Razorpay's deliveries",
        "description": "Signed over the raw body. Every delivery is kept, each effect happens once.",
        "parameters": [
            {
                "name": "X-Razorpay-Signature",
                "in": "header",
                "required": True,
                "description": "Lower-case hex HMAC-SHA256 of the raw body with the webhook secret",
                "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            },
            {
                "name": "X-Razorpay-Event-Id",
                "in": "header",
                "description": "The same for every redelivery of an event",
                "schema": {"type": "string"},
            },
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}, "example": {"event": "payment.captured"}}},
        },
        "responses": {
            "200": {
                "description": "Kept; a redelivery is answered `duplicate`",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WebhookAnswer"}}},
            },
            "400": {
                "description": "Signed, but not JSON",
                "content": {"application/problem+json": {"schema": PROBLEM}},
            },
            "401": {
                "description": "The signature is missing or wrong",
                "content": {"application/problem+json": {"schema": PROBLEM}},
            },
        },
    }
}
WEBHOOK_ANSWER = {
    "type": "object",
    "required": ["status", "eventId"],
    "additionalProperties": False,
    "properties": {
        "status": {"enum": ["processed", "duplicate", "ignored"], "type": "string"},
        "eventId": {"type": "string", "description": "Razorpay's event id, or the SHA-256 of the body"},
    },
}


def document() -> dict[str, Any]:
    """The whole API: every router's own document under one roof."""
    public = _public_routes()
    paths: dict[str, Any] = {"/functions/v1/razorpay-webhook": WEBHOOK}
    schemas: dict[str, Any] = {"WebhookAnswer": WEBHOOK_ANSWER, "Problem": _problem_schema()}
    for name in sorted(folder.name for folder in (ROOT / "functions").iterdir() if (folder / "handler.py").exists()):
        handler = importlib.import_module(f"functions.{name}.handler")
        if hasattr(handler, "app"):
            part = json.loads(handler.app.get_openapi_json_schema())
            _adopt(part, name, paths, schemas)
    for path, operations in paths.items():
        for verb, operation in operations.items():
            _finish(operation, is_public=(verb.upper(), _shape(path)) in public)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Crash-course platform",
            "version": "1.0.0",
            "description": "JSON in camelCase, times in ISO 8601 with an offset, money in minor units with a currency. "
            "Every refusal is an RFC 9457 problem with a machine-readable `code`.",
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "user": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Access token"},
                "service": {"type": "http", "scheme": "bearer", "description": "The service bearer"},
            },
        },
    }


def _adopt(part: dict[str, Any], function: str, paths: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Take a router's paths and schemas; a schema whose name means something else already gets the function's name."""
    found: dict[str, Any] = part.get("components", {}).get("schemas", {})
    found.pop("HTTPValidationError", None)
    found.pop("ValidationError", None)
    taken = _taken(found, schemas)
    prefix = "".join(word.capitalize() for word in function.split("_"))
    names = {name: f"{prefix}{name}" if name in taken else name for name in found}
    text = re.sub(
        REFERENCE,
        lambda match: f'"#/components/schemas/{names.get(match[1], match[1])}"',
        json.dumps({"paths": part["paths"], "schemas": {names[name]: schema for name, schema in found.items()}}),
    )
    renamed = json.loads(text)
    schemas.update(renamed["schemas"])
    for path, operations in renamed["paths"].items():
        paths.setdefault(path, {}).update(operations)


def _taken(found: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """The names that mean something else already: by their own text, or by that of a schema they refer to."""
    taken = {name for name, schema in found.items() if name in schemas and schemas[name] != schema}
    refers = {
        name: set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(each))) for name, each in found.items()
    }
    while more := {name for name in refers.keys() & schemas.keys() - taken if refers[name] & taken}:
        taken |= more
    return taken


def _finish(operation: dict[str, Any], *, is_public: bool) -> None:
    responses: dict[str, Any] = operation["responses"]
    responses.pop("422", None)
    responses.setdefault(
        "default",
        {"description": "A refusal; `code` says which", "content": {"application/problem+json": {"schema": PROBLEM}}},
    )
    who = "service" if SERVICE_TAG in operation.get("tags", ()) else "user"
    operation["security"] = [] if is_public and who == "user" else [{who: []}]


def _shape(path: str) -> str:
    """A path without the names of its parameters, which template and router may call differently."""
    return re.sub(r"\{[^}]+\}", "{}", path)


def _problem_schema() -> dict[str, Any]:
    from shared.http import Problem  # noqa: PLC0415 - with the routers, after the path is set

    return Problem.model_json_schema(by_alias=True)


def _public_routes() -> set[tuple[str, str]]:
    """The routes that API Gateway lets through without a token."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    events = [
        event["Properties"]
        for resource in template["Resources"].values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "HttpApi"
    ]
    return {
        (event["Method"].upper(), _shape(event["Path"]))
        for event in events
        if event.get("Auth", {}).get("Authorizer") == "NONE"
    }


if __name__ == "__main__":
    text = json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
    if "--check" in sys.argv:
        if not DOCUMENT.exists() or DOCUMENT.read_text() != text:
            sys.exit("openapi.json is stale: run `make openapi` and commit it")
    else:
        DOCUMENT.write_text(text)
        print(f"wrote {DOCUMENT.relative_to(ROOT)}")
