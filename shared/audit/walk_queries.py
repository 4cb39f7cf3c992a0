"""The statements of walking the audit log."""

from dataclasses import dataclass
from typing import LiteralString

from psycopg.rows import class_row

from shared.db import Connection

# As private.audit_row_hash has it (005_add_analytics.sql).
LINK: LiteralString = """
    select position, previous_hash, hash, jsonb_build_array(
        position, admin_id, action, resource_type, resource_id, old_values, new_values, host(ip_address), user_agent,
        request_id, extract(epoch from created_at)
    )::text as content
    from public.admin_audit_logs
"""


@dataclass(frozen=True)
class ChainLink:
    """A row of the log: what its hash is over, and the hashes it was written with."""

    position: int
    previous_hash: bytes
    hash: bytes
    content: str


def list_links(conn: Connection, after: int, limit: int) -> list[ChainLink]:
    return (
        conn.cursor(row_factory=class_row(ChainLink))
        .execute(
            LINK + "where position > %(after)s order by position limit %(limit)s", {"after": after, "limit": limit}
        )
        .fetchall()
    )


def last_link(conn: Connection) -> ChainLink | None:
    return conn.cursor(row_factory=class_row(ChainLink)).execute(LINK + "order by position desc limit 1").fetchone()
