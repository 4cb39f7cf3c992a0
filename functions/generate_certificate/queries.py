"""The statements of showing and verifying certificates, and of finding those that are due."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from functions.generate_certificate.models import OwnedCertificate
from shared.certificates.models import Certificate, RevocationChange
from shared.certificates.queries import COLUMNS
from shared.db import Connection


def list_own(
    conn: Connection, user_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int, only: UUID | None = None
) -> list[OwnedCertificate]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(OwnedCertificate))
        .execute(
            """
            select c.id, c.registration_id, c.event_id, c.certificate_number, c.verification_token, c.content,
                c.pdf_key, c.blockchain_hash, c.issued_at, c.revoked_at, c.revoke_reason,
                r.certificate_number as replaced_by_number, r.verification_token as replaced_by_token,
                e.title as event_title, e.category as event_category, e.instructor as event_instructor,
                e.starts_at as event_starts_at, e.ends_at as event_ends_at
            from public.certificates c
            join public.events e on e.id = c.event_id
            left join public.certificates r on r.id = c.replaced_by
            where c.user_id = any((select private.own_ids())::uuid[]) and (%(only)s::uuid is null or c.id = %(only)s)
                and (%(after_time)s::timestamptz is null
                    or (c.issued_at, c.id) < (%(after_time)s::timestamptz, %(after_id)s::uuid))
            order by c.issued_at desc, c.id desc
            limit %(limit)s
            """,
            {"user": user_id, "only": only, "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def owns_registration(conn: Connection, registration_id: UUID, user_id: UUID) -> bool:
    cursor = conn.cursor(row_factory=scalar_row).execute(
        "select true from public.registrations where id = %(id)s and user_id = %(user)s",
        {"id": registration_id, "user": user_id},
    )
    return bool(cursor.fetchone())


def find_by_token(conn: Connection, token_hash: bytes) -> Certificate | None:
    return (
        conn.cursor(row_factory=class_row(Certificate))
        .execute(
            "select" + COLUMNS + "from public.certificates where verification_token_hash = %(hash)s",
            {"hash": token_hash},
        )
        .fetchone()
    )


def find_by_pdf(conn: Connection, pdf_hash: bytes) -> Certificate | None:
    return (
        conn.cursor(row_factory=class_row(Certificate))
        .execute("select" + COLUMNS + "from public.certificates where pdf_hash = %(hash)s", {"hash": pdf_hash})
        .fetchone()
    )


def hash_at(conn: Connection, position: int) -> bytes | None:
    """The hash of the chain's entry at a position."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select blockchain_hash from public.certificates where chain_position = %(position)s
        union all
        select blockchain_hash from public.certificate_changes where chain_position = %(position)s
        """,
        {"position": position},
    )
    return cursor.fetchone()


def last_change(conn: Connection, certificate_id: UUID) -> RevocationChange | None:
    return (
        conn.cursor(row_factory=class_row(RevocationChange))
        .execute(
            """
            select chain_position, certificate_id, revoked_at, revoke_reason, replaced_by, previous_hash,
                blockchain_hash
            from public.certificate_changes where certificate_id = %(id)s order by chain_position desc limit 1
            """,
            {"id": certificate_id},
        )
        .fetchone()
    )


def list_uncertified(conn: Connection, after: UUID | None, limit: int) -> list[UUID]:
    """Registrations of completed courses that may be due a certificate and never had one."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select r.id
        from public.registrations r
        join public.events e on e.id = r.event_id
        where e.status = 'completed' and r.status = 'confirmed' and r.payment_status in ('completed', 'free')
            and (%(after)s::uuid is null or r.id > %(after)s)
            and not exists (select 1 from public.certificates c where c.registration_id = r.id)
        order by r.id
        limit %(limit)s
        """,
        {"after": after, "limit": limit},
    )
    return cursor.fetchall()


def list_revoked(conn: Connection, first: int, last: int) -> list[int]:
    """Positions of the revoked certificates between two positions of the chain."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select chain_position from public.certificates
        where chain_position between %(first)s and %(last)s and revoked_at is not null
        """,
        {"first": first, "last": last},
    )
    return cursor.fetchall()
