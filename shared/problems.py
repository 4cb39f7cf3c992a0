"""RFC 9457 problem bodies, for the functions with and without a router."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from shared.config import hsts_seconds
from shared.errors import AppError

CONTENT_TYPE = "application/problem+json"
SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""The headers of every answer, unless a route gives its own: an answer is personal until its route says otherwise."""


def safe_headers() -> dict[str, str]:
    """Those, and for a browser that came by TLS how long it must come by nothing else."""
    seconds = hsts_seconds()
    return SAFE_HEADERS | ({"Strict-Transport-Security": f"max-age={seconds}"} if seconds else {})


def problem(
    status: int,
    code: str,
    detail: str,
    request_id: str,
    *,
    fields: list[dict[str, str]] | None = None,
    registration_id: UUID | None = None,
) -> str:
    """The body: `type` is about:blank as the code says it all, `errors` names the fields of a refused request."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "requestId": request_id,
    }
    named = {"registrationId": str(registration_id)} if registration_id else {}
    return json.dumps(body | named | ({"errors": fields} if fields else {}))


def problem_response(error: AppError, request_id: str) -> dict[str, Any]:
    """An AppError as API Gateway's HTTP API takes it (payload 2.0)."""
    return {
        "statusCode": error.status,
        "headers": safe_headers() | {"Content-Type": CONTENT_TYPE, **error.headers},
        "body": problem(error.status, error.code, error.detail, request_id, registration_id=error.registration_id),
    }


def json_response(status: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON answer as API Gateway's HTTP API takes it (payload 2.0)."""
    return {
        "statusCode": status,
        "headers": safe_headers() | {"Content-Type": "application/json"},
        "body": json.dumps(body),
    }
