"""The audit log as administrators read it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime

from shared.routing import Schema


class AuditLogFilters(Schema):
    """`since` and `until` are of the change, `until` is not included."""

    admin_id: UUID | None = None
    action: str | None = None
    resource_type: str | None = None
    resource_id: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class AuditedChange(Schema):
    """One change by an administrator; personal values are masked."""

    position: int
    """Position in the log, from 1."""
    admin_id: UUID
    """The id of the administrator."""
    action: str
    """What was done, such as `event.publish`."""
    resource_type: str
    """What was changed, such as `event`."""
    resource_id: str
    """The id of what was changed."""
    old_values: dict[str, Any] | None
    """Values before the change; null for what is new."""
    new_values: dict[str, Any] | None
    """Values after the change; null for what was removed."""
    ip_address: str | None
    """Where the request came from; null when unknown."""
    user_agent: str | None
    """Browser of the request; null when unknown."""
    request_id: str | None
    """Id of the request; null when unknown."""
    created_at: datetime
    hash: str
    """SHA-256 over the row and the hash of the row before, in hexadecimal."""


class AuditedChangeList(Schema):
    success: bool = True
    audit_logs: list[AuditedChange]
    """The changes of this page."""
    next_cursor: str | None
