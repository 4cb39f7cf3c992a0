"""ETags, and changes that are based on one: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1."""

import hashlib
from collections.abc import Collection
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Header
from pydantic import BaseModel

from shared.errors import ChangedMeanwhile

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=200, description="The ETag that the change is based on; a stale one is a 412"),
]


def etag_of(resource: BaseModel, *, ignoring: Collection[str] = ()) -> str:
    """A strong ETag of a resource, without the fields that others change all the time."""
    content = resource.model_dump_json(by_alias=False, exclude=set(ignoring))
    return f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'


def require_match(if_match: str | None, etag: str) -> None:
    """Raises ChangedMeanwhile where the request names another state than the current one; without a header, nothing."""
    if if_match is not None and if_match.strip() != "*" and etag not in [each.strip() for each in if_match.split(",")]:
        raise ChangedMeanwhile
