"""A person's export, and what an erasure came to."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from shared.routing import Schema


class PersonalDataExport(Schema):
    success: bool = True
    exported_at: datetime
    """When the export was made."""
    truncated: Annotated[list[str], Field(examples=[["analytics_events"]])]
    """Tables with more than 5,000 rows, of which only the newest are here."""
    data: Annotated[
        dict[str, list[dict[str, Any]]],
        Field(examples=[{"event_feedback": [{"rating": 5, "comments": "Clear and quick."}]}]),
    ]
    """Rows by the name of their table, columns as they are named there."""


class ErasureRequest(Schema):
    email: Annotated[str, Field(min_length=3, max_length=320, pattern="@")]
    """The address of the account, to confirm that this account is meant."""


class ErasureAnswer(Schema):
    success: bool = True
    erased_at: datetime
    """When the account was erased."""
    login: Literal["deleted", "deleting", "external"]
    """`deleting` until the identity provider has answered, `external` where the login is not the platform's."""
