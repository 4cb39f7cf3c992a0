"""A person's export, and what an erasure came to."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from shared.routing import Schema


class PersonalDataExport(Schema):
    """`data` has the rows of each table by the table's name, with its columns as they are named there."""

    success: bool = True
    exported_at: datetime
    truncated: Annotated[list[str], Field(examples=[["analytics_events"]])]
    data: Annotated[
        dict[str, list[dict[str, Any]]],
        Field(examples=[{"event_feedback": [{"rating": 5, "comments": "Clear and quick."}]}]),
    ]


class ErasureRequest(Schema):
    """`email` confirms it: the address of the account, as the profile has it."""

    email: Annotated[str, Field(min_length=3, max_length=320, pattern="@")]


class ErasureAnswer(Schema):
    """`login` is `deleting` while the identity provider has not answered yet, `external` where it is not ours."""

    success: bool = True
    erased_at: datetime
    login: Literal["deleted", "deleting", "external"]
