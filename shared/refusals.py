"""Refusals in the OpenAPI document: which codes a route answers with which status."""

from collections import defaultdict
from http import HTTPStatus
from typing import Any

from shared.problems import CONTENT_TYPE


def answers(*successes: int, **refused: int) -> dict[int, Any]:
    """`responses` of a route: its success statuses, and the status of each code it may refuse with."""
    codes: defaultdict[int, list[str]] = defaultdict(list)
    for code, status in refused.items():
        codes[status].append(f"`{code}`")
    documented: dict[int, Any] = {status: {"description": HTTPStatus(status).phrase} for status in successes}
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    for status, names in codes.items():
        documented[status] = {"description": ", ".join(names), "content": {CONTENT_TYPE: schema}}
    return documented
