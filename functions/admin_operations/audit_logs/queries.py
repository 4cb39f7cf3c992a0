"""The statement of reading the audit log."""

from psycopg.rows import class_row

from functions.admin_operations.audit_logs.models import AuditedChange, AuditLogFilters
from shared.db import Connection


def list_changes(conn: Connection, which: AuditLogFilters, *, before: int | None, limit: int) -> list[AuditedChange]:
    return (
        conn.cursor(row_factory=class_row(AuditedChange))
        .execute(
            """
            select position, admin_id, action, resource_type, resource_id, old_values, new_values,
                host(ip_address) as ip_address, user_agent, request_id, created_at, encode(hash, 'hex') as hash
            from public.admin_audit_logs
            where (%(before)s::bigint is null or position < %(before)s)
                and (%(admin_id)s::uuid is null or admin_id = %(admin_id)s)
                and (%(action)s::text is null or action = %(action)s)
                and (%(resource_type)s::text is null or resource_type = %(resource_type)s)
                and (%(resource_id)s::text is null or resource_id = %(resource_id)s)
                and (%(since)s::timestamptz is null or created_at >= %(since)s)
                and (%(until)s::timestamptz is null or created_at < %(until)s)
            order by position desc
            limit %(limit)s
            """,
            {**which.model_dump(by_alias=False), "before": before, "limit": limit},
        )
        .fetchall()
    )
