"""The statements of walking the whole chain."""

from psycopg.rows import class_row

from shared.certificates.models import Certificate, RevocationChange
from shared.certificates.queries import COLUMNS
from shared.db import Connection


def list_certificates(conn: Connection, after: int, upto: int) -> list[Certificate]:
    """Certificates with a position in (after, upto], in order."""
    return (
        conn.cursor(row_factory=class_row(Certificate))
        .execute(
            "select"
            + COLUMNS
            + """
            from public.certificates
            where chain_position > %(after)s and chain_position <= %(upto)s order by chain_position
            """,
            {"after": after, "upto": upto},
        )
        .fetchall()
    )


def list_changes(conn: Connection, after: int, upto: int) -> list[RevocationChange]:
    return (
        conn.cursor(row_factory=class_row(RevocationChange))
        .execute(
            """
            select chain_position, certificate_id, revoked_at, revoke_reason, replaced_by, previous_hash,
                blockchain_hash
            from public.certificate_changes
            where chain_position > %(after)s and chain_position <= %(upto)s order by chain_position
            """,
            {"after": after, "upto": upto},
        )
        .fetchall()
    )


def last_position(conn: Connection) -> int:
    found = conn.execute(
        """
        select greatest((select max(chain_position) from public.certificates),
            (select max(chain_position) from public.certificate_changes), 0)
        """
    ).fetchone()
    return int(found[0]) if found else 0
