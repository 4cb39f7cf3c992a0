"""What every operation says beyond its router: its name, who may call it, and how it can be refused."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

from tools.openapi import PREFIX, PROBLEM, descriptions

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
    "description": "What API Gateway itself refuses with, before or instead of a function: 401 without a valid token, "
    "404 for an unknown path, 429 when throttled, 503 when a function fails to start or takes over 30 seconds. It has "
    "no `code`; go by the status.",
    "required": ["message"],
    "additionalProperties": False,
    "properties": {"message": {"type": "string", "description": "The status in words, such as `Unauthorized`."}},
}
BY_GATEWAY = {401: "without a valid access token", 503: "when the function cannot answer in time"}
"""Statuses that both API Gateway and the functions answer with."""


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
"""The sentences of the refusals that many routes share, as clients get them."""


def shape(path: str) -> str:
    """A path without the names of its parameters, which template and router may call differently."""
    return re.sub(r"\{[^}]+\}", "{}", path)


def adopt(
    part: dict[str, Any], function: str, texts: Mapping[tuple[str, str], str], paths: dict[str, dict[str, Any]]
) -> None:
    """Add a router's operations to `paths`, path parameters in camelCase like all others; `texts` describes them."""
    for path, methods in part.items():
        for verb, operation in methods.items():
            route = path.replace("{", "<").replace("}", ">")
            if text := texts.get((verb, route)) or texts.get((verb, path)):
                operation["description"] = text
            operation["operationId"] = _name(operation, path, verb)
            operation["x-function"] = function
            for parameter in operation.get("parameters", []):
                parameter["name"] = _camel(parameter["name"]) if parameter["in"] == "path" else parameter["name"]
                parameter["schema"] = _never_null(parameter["schema"])
        paths.setdefault(re.sub(r"\{(\w+)\}", lambda name: f"{{{_camel(name[1])}}}", path), {}).update(methods)


def _never_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is left out; there is no null in a URL."""
    choices = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "title"}}
    if not choices:
        return rest
    return choices[0] | rest if len(choices) == 1 else {"anyOf": choices} | rest


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda letter: letter[1].upper(), name)


def finish(path: str, verb: str, operation: dict[str, Any], public: Collection[tuple[str, str]]) -> None:
    """Complete an operation in place; `public` holds the routes that API Gateway lets through without a token."""
    is_public = (verb.upper(), shape(path)) in public
    operation["security"] = _security(path, verb, operation, is_public=is_public)
    _refuse(operation, operation.pop("x-function"), has_authorizer=not is_public)
    if ADMIN_TAG in operation["tags"]:
        operation["tags"] = [descriptions.admin_tag(path)]


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


def _refuse(operation: dict[str, Any], function: str, *, has_authorizer: bool) -> None:
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
        _document(responses.setdefault(status, {"description": ""}), int(status), names, function)
    for status in ([401] if has_authorizer else []) + [503]:
        _add_gateway(responses[str(status)], status)
    responses["429"] = {
        "description": "API Gateway: more requests than it takes; try again a second later",
        "content": {"application/json": {"schema": GATEWAY_MESSAGE, "example": {"message": "Too Many Requests"}}},
    }
    operation["responses"] = dict(sorted(responses.items()))


def _add_gateway(response: dict[str, Any], status: int) -> None:
    """Add API Gateway's own answer unless the function's own has its place."""
    response["content"].setdefault(
        "application/json", {"schema": GATEWAY_MESSAGE, "example": {"message": HTTPStatus(status).phrase}}
    )
    response["description"] += f"\n- API Gateway, {BY_GATEWAY[status]}: no `code`"


def share(paths: dict[str, Any]) -> dict[str, Any]:
    """Components for the refusals that many operations have in common, which then refer to them."""
    shared: dict[str, Any] = {}
    for operation in (each for methods in paths.values() for each in methods.values()):
        for status, response in operation["responses"].items():
            if name := _common_name(status, response):
                if shared.setdefault(name, response) != response:
                    raise SystemExit(f"the common answer {name} differs between routes")
                operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    return dict(sorted(shared.items()))


def _common_name(status: str, response: dict[str, Any]) -> str | None:
    """`Unauthenticated`, `NotFound`: for what is refused with one code alone."""
    if status == "429":
        return "TooManyRequests"
    content = response.get("content", {})
    codes = list(content.get(PROBLEM_JSON, {}).get("examples", ()))
    others = content.keys() - {PROBLEM_JSON}
    by_gateway = content.get("application/json", {}).get("schema") == GATEWAY_MESSAGE
    if len(codes) != 1 or codes[0] not in DETAILS or (others and not by_gateway):
        return None
    name = "".join(word.capitalize() for word in codes[0].split("_"))
    return f"{name}ByGateway" if by_gateway else name


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


def _document(response: dict[str, Any], status: int, codes: list[str], function: str) -> None:
    said = "" if re.search(r"`\w+`", response["description"]) else response["description"]
    lines = [f"- `{code}`: {descriptions.refusal(code, function)}" for code in codes]
    response["description"] = "\n".join([*([f"{said}\n"] if said else []), *lines])
    content = response.setdefault("content", {})
    content[PROBLEM_JSON] = {
        "schema": PROBLEM,
        "examples": {code: {"value": problem(status, code, function)} for code in codes},
    }


def problem(status: int, code: str, function: str) -> dict[str, Any]:
    """A refusal as a client gets it."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": descriptions.sentence(code, function) or DETAILS.get(code) or descriptions.refusal(code, function),
        "code": code,
        "requestId": "Rp7mZjK4BcwEPQg=",
    }
    if (status, code) == (422, "invalid"):
        body["errors"] = [{"field": "limit", "message": "Input should be less than or equal to 100"}]
    return body
