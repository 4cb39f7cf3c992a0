"""The audit log: every change an administrator makes, in the transaction that makes it, chained by hash."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.audit import queries
from shared.auth import admin_caller
from shared.db import Connection

PERSONAL = frozenset(
    {"email", "name", "fullname", "username", "recipientname", "billingname", "phone", "phonenumber", "contact", "vpa"}
    | {"address", "ipaddress", "useragent"}
)
"""Fields, in small letters without underscores, that are recorded as changed, not as what they were."""
MASK = "***"


@dataclass(frozen=True)
class Administrator:
    """Who asks for a change and from where, as the request tells."""

    id: UUID
    ip_address: str | None
    user_agent: str | None
    request_id: str | None

    def record(
        self,
        conn: Connection,
        action: str,
        resource_type: str,
        resource_id: object,
        *,
        old: Mapping[str, Any] | None = None,
        new: Mapping[str, Any] | None = None,
    ) -> None:
        """Write down one change (`event.create`, `certificate.revoke`) with JSON values before and after."""
        queries.insert_audit_row(
            conn,
            admin_id=self.id,
            action=action,
            resource_type=resource_type,
            resource_id=str(resource_id),
            old_values=_masked(old),
            new_values=_masked(new),
            ip_address=self.ip_address,
            user_agent=self.user_agent,
            request_id=self.request_id,
        )


def administrator_of(event: Mapping[str, Any]) -> Administrator:
    """The administrator who makes this request; raises Unauthenticated or Forbidden."""
    context: Mapping[str, Any] = event.get("requestContext", {})
    http: Mapping[str, Any] = context.get("http", {})
    agent = http.get("userAgent")
    return Administrator(
        id=admin_caller(event),
        ip_address=http.get("sourceIp"),
        user_agent=str(agent)[:500] if agent else None,
        request_id=context.get("requestId"),
    )


def _masked(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else {name: _masked_field(name, value) for name, value in values.items()}


def _masked_field(name: str, value: Any) -> Any:
    """What may be kept of a field, however deep it lies; an empty one says nothing about a person."""
    if name.replace("_", "").lower() in PERSONAL and value:
        return MASK
    if isinstance(value, Mapping):
        return {str(inner): _masked_field(str(inner), each) for inner, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked_field("", each) for each in value]
    return value
