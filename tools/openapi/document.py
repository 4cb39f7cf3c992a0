"""The whole API in one document: every router's own, with what the template and the examples know of it."""

import importlib
import json
import tomllib
from copy import deepcopy
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from tools.openapi import ROOT, descriptions, examples, operations, schemas, webhook
from tools.openapi.operations import shape

SECURITY_SCHEMES = {
    "user": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Access token"},
    "service": {"type": "http", "scheme": "bearer", "description": "The service bearer"},
}


def document() -> dict[str, Any]:
    """Raises SystemExit that says what to add where something cannot be documented."""
    descriptions.read_attribute_docstrings()
    paths: dict[str, Any] = {}
    operations.adopt(deepcopy(webhook.PATHS), "razorpay_webhook", {}, paths)
    found: dict[str, Any] = {**webhook.SCHEMAS, "Problem": _problem(), "GatewayMessage": operations.GATEWAY_SCHEMA}
    for name in functions():
        handler = importlib.import_module(f"functions.{name}.handler")
        if hasattr(handler, "app"):
            part = json.loads(handler.app.get_openapi_json_schema())
            owner = "admin" if _is_administrators(name) else name  # clients need not know which function answers
            texts = descriptions.operation_texts(handler.app)
            operations.adopt(schemas.adopt(part, owner, found), name, texts, paths)
    public = public_routes()
    for path, methods in paths.items():
        for verb, operation in methods.items():
            operations.finish(path, verb, operation, public)
    _refuse_duplicates(paths)
    descriptions.complete(paths, found)
    examples.add(paths, found)
    responses = operations.share(paths)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Crash-course platform",
            "version": project["version"],
            "description": descriptions.TEXTS["info"].strip(),
            "contact": {"name": "Support of the platform"},
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "The server that answers with this document"}],
        "tags": descriptions.tags(),
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(found.items())),
            "responses": responses,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def functions() -> list[str]:
    """Folders with a handler; the administrators' last, so that theirs and not the public's schemas give way."""
    names = [path.parent.name for path in (ROOT / "functions").glob("*/handler.py")]
    return sorted(names, key=lambda name: (_is_administrators(name), name))


def _is_administrators(function: str) -> bool:
    return function.startswith("admin_")


def http_routes() -> list[dict[str, Any]]:
    """Properties of every route of the template."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    return [
        event["Properties"]
        for resource in template["Resources"].values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "HttpApi"
    ]


def public_routes() -> set[tuple[str, str]]:
    """The routes that API Gateway lets through without a token."""
    return {
        (route["Method"].upper(), shape(route["Path"]))
        for route in http_routes()
        if route.get("Auth", {}).get("Authorizer") == "NONE"
    }


def _problem() -> dict[str, Any]:
    from shared.routing import Problem  # noqa: PLC0415 - with the routers, after the path is set

    return Problem.model_json_schema(by_alias=True)


def _refuse_duplicates(paths: dict[str, Any]) -> None:
    """Clients name their methods after these."""
    ids = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    if duplicates := sorted({each for each in ids if ids.count(each) > 1}):
        raise SystemExit(f"two operations have one name, rename a handler: {', '.join(duplicates)}")
