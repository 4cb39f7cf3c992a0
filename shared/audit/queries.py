"""The statement of the audit log; the database chains the hashes."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from shared.db import Connection


def insert_audit_row(
    conn: Connection,
    *,
    admin_id: UUID,
    action: str,
    resource_type: str,
    resource_id: str,
    old_values: dict[str, Any] | None,
    new_values: dict[str, Any] | None,
    ip_address: str | None,
    user_agent: str | None,
    request_id: str | None,
) -> None:
    conn.execute(
        """
        insert into public.admin_audit_logs (admin_id, action, resource_type, resource_id, old_values, new_values,
            ip_address, user_agent, request_id)
        values (%(admin)s, %(action)s, %(type)s, %(id)s, %(old)s, %(new)s, %(ip)s::inet, %(agent)s, %(request)s)
        """,
        {
            "admin": admin_id,
            "action": action,
            "type": resource_type,
            "id": resource_id,
            "old": Jsonb(old_values) if old_values is not None else None,
            "new": Jsonb(new_values) if new_values is not None else None,
            "ip": ip_address,
            "agent": user_agent,
            "request": request_id,
        },
    )
