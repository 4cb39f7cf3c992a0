"""The HTTP edge of a function: routing and validation by Powertools, refusals as RFC 9457 problems."""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestUnsupportedContentType, RequestValidationError
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.errors import AppError, NotJson, TooLarge
from shared.log import log_failure
from shared.problems import CONTENT_TYPE, problem, problem_response, safe_headers

MAX_BODY_BYTES = 1024 * 1024
MAX_REPORTED_FIELDS = 50
MAX_WORDS = 200
"""What a refusal says of a body is bounded: Lambda answers at most 6 MB."""


ANY_PATH = ".*"
"""The rule of Powertools' own route for a path that nobody has."""
_TRACKING = re.compile(r"utm_[a-z]+|fbclid|gclid|msclkid|igshid|mc_[ce]id")


class Schema(BaseModel):
    """A body in camelCase; unknown fields are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
        defer_build=True,
    )


class Problem(Schema):
    """What every refusal looks like (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[dict[str, str]] | None = None
    registration_id: UUID | None = None


class Router(APIGatewayHttpResolver):
    """Powertools' HTTP resolver that answers every failure with a problem body."""

    def __init__(self, authorize: Callable[[Mapping[str, Any]], object] | None = None) -> None:
        """`authorize` refuses callers before anything of their request is judged; it raises an AppError."""
        super().__init__(enable_validation=True, json_body_deserializer=_read_json)
        self._authorize = authorize
        self.use([_check_parameters])
        self.exception_handler(AppError)(self._refused)
        self.exception_handler(RequestValidationError)(self._invalid)
        self.exception_handler(RequestUnsupportedContentType)(self._not_json)
        self.exception_handler(Exception)(self._failed)
        self.not_found(self._no_route)

    def serve(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answer one API Gateway request (payload 2.0)."""
        try:
            if self._authorize is not None:
                self._authorize(event)
            event = {**event, "headers": _single_part(event), "body": _text_of(event), "isBase64Encoded": False}
        except AppError as refusal:
            return problem_response(refusal, _request_id(event))
        answer = self.resolve(event, context)
        answer["headers"] = safe_headers() | answer.get("headers", {})
        return answer

    def _refused(self, error: AppError) -> Response[str]:
        if error.status >= 500:
            log_failure(error)
        return self._problem(
            error.status, error.code, error.detail, headers=error.headers, registration_id=error.registration_id
        )

    def _invalid(self, error: RequestValidationError) -> Response[str]:
        problems = error.errors()
        if any(found["type"] == "json_invalid" for found in problems):
            return self._problem(400, NotJson.code, "The body is not JSON.")
        body = self._sent_body()
        fields = [
            {
                "field": _name_as_sent(found["loc"], body)[:MAX_WORDS],
                "message": str(found["msg"])[:MAX_WORDS],
            }
            for found in problems[:MAX_REPORTED_FIELDS]
        ]
        return self._problem(422, "invalid", "Some fields are missing, unknown or of the wrong type.", fields=fields)

    def _sent_body(self) -> Any:
        """The body as it was sent; None where it is no JSON object."""
        try:
            return self.current_event.json_body
        except (ValueError, RequestValidationError):
            return None

    def _not_json(self, _: RequestUnsupportedContentType) -> Response[str]:
        return self._problem(400, NotJson.code, "The body is not JSON.")

    def _failed(self, error: Exception) -> Response[str]:
        log_failure(error)
        return self._problem(500, "internal_error", "Something went wrong on our side.")

    def _no_route(self, _: NotFoundError) -> Response[str]:
        return self._problem(404, "not_found", "No such path.")

    def _problem(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        fields: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
        registration_id: UUID | None = None,
    ) -> Response[str]:
        request_id = _request_id(self.current_event.raw_event)
        body = problem(status, code, detail, request_id, fields=fields, registration_id=registration_id)
        return Response(status_code=status, content_type=CONTENT_TYPE, body=body, headers=dict(headers or {}))


def _check_parameters(app: Any, next_middleware: Callable[[Any], Response[Any]]) -> Response[Any]:
    """Refuse unknown parameters: a filter that is not one would be answered with everything.

    What mail clients and networks add is let through; text that PostgreSQL cannot hold (NUL, half a character) is not,
    but in a token, which is never stored: a malformed one must look like an unknown one.
    """
    route = app.context["_route"]
    event = app.current_event.raw_event
    given: Mapping[str, str] = event.get("queryStringParameters") or {}
    problems: list[dict[str, Any]] = []
    if given and route.rule.pattern != ANY_PATH:
        known = {name for parameter in route.dependant.query_params for name in _names(parameter)}
        unknown = sorted(name for name in given.keys() - known if not _TRACKING.fullmatch(name))
        problems += [
            {"type": "extra_forbidden", "loc": ("query", name), "msg": "Unknown parameter"} for name in unknown
        ]
    for place, parameters in (("query", given), ("path", app.context.get("_route_args") or {})):
        problems += [
            {"type": "string_unicode", "loc": (place, name), "msg": "Input should be text without NUL characters"}
            for name, value in parameters.items()
            if name != "token" and not _is_storable(str(value))
        ]
    if problems:
        raise RequestValidationError(problems)
    return next_middleware(app)


def _is_storable(text: str) -> bool:
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False


def _names(parameter: Any) -> list[str]:
    """What a client calls a query parameter, or the fields of a model of them."""
    fields: Mapping[str, Any] = getattr(parameter.field_info.annotation, "model_fields", {})
    return [field.alias or name for name, field in fields.items()] or [parameter.alias]


def _name_as_sent(location: Sequence[str | int], body: Any) -> str:
    """A field by the names that the client used: without the part of the request, models and alternatives of ours."""
    place, *path = location or ("body",)
    if place == "path":
        return ".".join(to_camel(str(part)) for part in path)
    if place != "body":
        return ".".join(str(part) for part in path)
    named: list[str] = []
    for number, part in enumerate(path, 1):
        sent: dict[Any, Any] = (
            dict(enumerate(body)) if isinstance(body, list) else body if isinstance(body, dict) else {}
        )
        if part in sent:
            body = sent[part]
            named.append(str(part))
        elif isinstance(body, dict) and number == len(path) and re.fullmatch(r"[a-z]\w*", str(part)):
            named.append(str(part))  # missing
    return ".".join(named) or "body"


def _single_part(event: dict[str, Any]) -> dict[str, str]:
    """The headers, with a form as plain text: no route reads forms, and Powertools fails on one without a boundary."""
    headers: dict[str, str] = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if headers.get("content-type", "").strip().lower().startswith(("multipart/", "application/x-www-form-urlencoded")):
        headers["content-type"] = "text/plain"
    return headers


def _text_of(event: dict[str, Any]) -> str | None:
    """The body as text; raises TooLarge, and NotJson for what is no text."""
    body = event.get("body")
    if not body:
        return None
    try:
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        if len(raw) > MAX_BODY_BYTES:
            raise TooLarge("The body is over 1 MB.")
        return raw.decode()
    except ValueError as error:
        raise NotJson("The body is not JSON.") from error


def _read_json(text: str) -> Any:
    """A JSON document; whatever Python or PostgreSQL cannot hold of it (NaN, NUL, half a character) is none."""
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        if not all(map(_is_storable, _strings(document))):
            raise ValueError("not text")
    except (ValueError, RecursionError) as error:
        raise json.JSONDecodeError("not JSON", "", 0) from error
    if isinstance(document, list):  # Powertools would take its first element for the body
        raise RequestValidationError([{"type": "dict_type", "loc": ("body",), "msg": "Input should be an object"}])
    return document


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _strings(document: object) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for name, value in document.items():
            yield from _strings(name)
            yield from _strings(value)
    elif isinstance(document, list):
        for value in document:
            yield from _strings(value)


def _request_id(event: dict[str, Any]) -> str:
    return str(event.get("requestContext", {}).get("requestId", ""))


def created[Body: BaseModel](body: Body) -> Response[Body]:
    """201 with a body, for what did not exist before."""
    return Response(status_code=201, content_type="application/json", body=body)
