"""What is told to whom: a notice fans out into one queued notification for each way of telling it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

Type = Literal["email", "sms", "in_app"]
Channel = Literal["transactional", "marketing", "alert"]
Priority = Literal["low", "medium", "high", "urgent"]


@dataclass(frozen=True)
class Notice:
    """One thing told to one person.

    `template` names the texts, `data` fills them (JSON values only), `key` identifies the effect it tells about:
    the same key, recipient and type is queued once, whatever is repeated.
    """

    user_id: UUID
    template: str
    key: str
    data: dict[str, str | int | None] = field(default_factory=dict[str, str | int | None])
    types: tuple[Type, ...] = ("email", "in_app")
    channel: Channel = "transactional"
    priority: Priority = "medium"
    scheduled_for: datetime | None = None
