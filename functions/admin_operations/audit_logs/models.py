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
    """One change; personal values are masked. `hash` covers the row and the hash of the row before it."""

    position: int
    admin_id: UUID
    action: str
    resource_type: str
    resource_id: str
    old_values: dict[str, Any] | None
    new_values: dict[str, Any] | None
    ip_address: str | None
    user_agent: str | None
    request_id: str | None
    created_at: datetime
    hash: str


class AuditedChangeList(Schema):
    success: bool = True
    audit_logs: list[AuditedChange]
    next_cursor: str | None
