"""What every operation says beyond its router: its name, who may call it, and how it can be refused."""

import re
from collections import defaultdict
from collections.abc import Collection
from http import HTTPStatus
from typing import Any

from tools.openapi import PREFIX, PROBLEM

SERVICE_TAG = "Jobs"
"""The tag of routes that take the service bearer."""
ADMIN_TAG = "Admin"
WEBHOOK_TAG = "Webhooks"
USER_OPTIONAL = {("GET", "/functions/v1/generate-certificate"), ("POST", "/functions/v1/analytics-events")}
"""Public routes that answer a user with more than they answer nobody."""
PROBLEM_JSON = "application/problem+json"
GATEWAY_MESSAGE = {"$ref": f"{PREFIX}GatewayMessage"}
GATEWAY_SCHEMA = {
    "type": "object",
    "description": "What API Gateway itself refuses with, before a function is asked.",
    "required": ["message"],
    "additionalProperties": False,
    "properties": {"message": {"type": "string"}},
}
DETAILS = {
    "unauthenticated": "A bearer token is needed.",
    "forbidden": "This needs an administrator.",
    "not_json": "The body is not JSON.",
    "body_too_large": "The body is over 1 MB.",
    "invalid": "Some fields are missing, unknown or of the wrong type.",
    "not_found": "No such event.",
    "internal_error": "Something went wrong on our side.",
    "unavailable": "The database cannot be reached now.",
}
"""The sentences of the refusals that many routes share; others are their code in words."""
PARAMETERS = {
    "limit": "How many at most",
    "cursor": "`nextCursor` of the page before, for the next one",
}


def shape(path: str) -> str:
    """A path without the names of its parameters, which template and router may call differently."""
    return re.sub(r"\{[^}]+\}", "{}", path)


def finish(path: str, verb: str, operation: dict[str, Any], public: Collection[tuple[str, str]]) -> None:
    """Complete an operation in place; `public` holds the routes that API Gateway lets through without a token."""
    is_public = (verb.upper(), shape(path)) in public
    operation["operationId"] = _name(operation, path, verb)
    operation["security"] = _security(path, verb, operation, is_public=is_public)
    for parameter in operation.get("parameters", []):
        parameter.setdefault("description", PARAMETERS.get(parameter["name"], ""))
        if not parameter["description"]:
            del parameter["description"]
    _refuse(operation, has_authorizer=not is_public)


def _name(operation: dict[str, Any], path: str, verb: str) -> str:
    """The handler's name; Powertools appends path and verb."""
    name = operation["operationId"].removesuffix(re.sub(r"\W", "_", f"{path}_{verb}"))
    return f"admin_{name}" if ADMIN_TAG in operation["tags"] else name


def _security(path: str, verb: str, operation: dict[str, Any], *, is_public: bool) -> list[dict[str, list[str]]]:
    if SERVICE_TAG in operation["tags"]:
        return [{"service": []}]
    if not is_public:
        return [{"user": []}]
    return [{"user": []}, {}] if (verb.upper(), path) in USER_OPTIONAL else []


def _refuse(operation: dict[str, Any], *, has_authorizer: bool) -> None:
    """Write the refusals that follow from what an operation takes beside those that its route names."""
    responses: dict[str, Any] = operation["responses"]
    responses.pop("422", None) if "HTTPValidationError" in str(responses.get("422")) else None
    codes: defaultdict[str, list[str]] = defaultdict(list)
    for status, response in responses.items():
        if status[0] in "45":
            codes[status] += re.findall(r"`(\w+)`", response["description"])
    for status, code in _common(operation):
        if code not in codes[status]:
            codes[status].append(code)
    for status, names in ((status, names) for status, names in sorted(codes.items()) if names):
        _document(responses.setdefault(status, {"description": ""}), int(status), names)
    if has_authorizer:
        responses["401"]["content"]["application/json"] = {"schema": GATEWAY_MESSAGE, "example": _gateway(401)}
    responses["429"] = {
        "description": "More requests than API Gateway takes",
        "content": {"application/json": {"schema": GATEWAY_MESSAGE, "example": {"message": "Too Many Requests"}}},
    }
    operation["responses"] = dict(sorted(responses.items()))


def share(paths: dict[str, Any]) -> dict[str, Any]:
    """Components for the refusals that many operations have in common, which then refer to them."""
    shared: dict[str, Any] = {}
    for operation in (each for methods in paths.values() for each in methods.values()):
        for status, response in operation["responses"].items():
            if name := _common_name(status, response):
                shared[name] = response
                operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    return dict(sorted(shared.items()))


def _common_name(status: str, response: dict[str, Any]) -> str | None:
    """`Unauthenticated`, `NotFound`: for what is refused with one code alone."""
    if status == "429":
        return "TooManyRequests"
    codes = re.fullmatch(r"`(\w+)`", response["description"])
    if status[0] not in "45" or codes is None or codes[1] not in DETAILS:
        return None
    name = "".join(word.capitalize() for word in codes[1].split("_"))
    return f"{name}ByGateway" if len(response["content"]) > 1 else name


def _gateway(status: int) -> dict[str, str]:
    return {"message": HTTPStatus(status).phrase}


def _common(operation: dict[str, Any]) -> list[tuple[str, str]]:
    tags, security = operation["tags"], operation["security"]
    found = [("500", "internal_error"), ("503", "unavailable")]
    if security:
        found.append(("401", "unauthenticated"))
    if ADMIN_TAG in tags:
        found.append(("403", "forbidden"))
    elif security:
        found.append(("403", "account_erased"))
    if "requestBody" in operation:
        found += [("400", "not_json"), ("413", "body_too_large")]
    if WEBHOOK_TAG not in tags and ("requestBody" in operation or operation.get("parameters")):
        found.append(("422", "invalid"))
    return found


def _document(response: dict[str, Any], status: int, codes: list[str]) -> None:
    if not re.search(r"`\w+`", response["description"]):
        said = response["description"]
        response["description"] = ", ".join([*([said] if said else []), *(f"`{code}`" for code in codes)])
    else:
        missing = [code for code in codes if f"`{code}`" not in response["description"]]
        response["description"] = ", ".join([response["description"], *(f"`{code}`" for code in missing)])
    content = response.setdefault("content", {})
    content[PROBLEM_JSON] = {"schema": PROBLEM, "examples": {code: {"value": problem(status, code)} for code in codes}}


def problem(status: int, code: str) -> dict[str, Any]:
    """A refusal as a client gets it."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": DETAILS.get(code, f"{code.replace('_', ' ').capitalize()}."),
        "code": code,
        "requestId": "Rp7mZjK4BcwEPQg=",
    }
    if (status, code) == (422, "invalid"):
        body["errors"] = [{"field": "limit", "message": "Input should be less than or equal to 100"}]
    return body
