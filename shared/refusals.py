"""Answers in the OpenAPI document: which codes a route refuses with which status, and what others have standardised."""

from collections import defaultdict
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

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


def json_or_csv(model: type[BaseModel], **refused: int) -> dict[int, Any]:
    """`responses` of a route that answers with JSON or, for `format=csv`, with CSV."""
    content: dict[str, Any] = {"application/json": {"model": model}, "text/csv": {"schema": {"type": "string"}}}
    return {200: {"description": "OK", "content": content}, **answers(**refused)}


def published(content_type: str, *statuses: int) -> dict[int, Any]:
    """`responses` (200 unless said otherwise) of a route whose answer is a page, or of somebody else's standard."""
    kind = "object" if content_type == "application/json" else "string"
    content = {content_type: {"schema": {"type": kind}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses or (200,)}
