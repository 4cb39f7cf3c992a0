"""The statements of issuing and revoking certificates."""

from collections.abc import Iterable, Sequence
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from shared.certificates.models import Certificate, CertificateDraft, EligibilityFacts, RevocationChange
from shared.db import Connection

COLUMNS: LiteralString = """
    id, chain_position, registration_id, user_id, event_id, certificate_number, verification_token,
    verification_token_hash, content, content_hash, pdf_hash, pdf_key, pdf_url, rule_version, eligibility,
    previous_hash, blockchain_hash, issued_at, revoked_at, revoke_reason, replaced_by
"""


def lock_chain(conn: Connection) -> None:
    """Until this transaction ends nobody else takes a number or appends to the chain."""
    conn.execute("select from private.exclusive_locks where name = 'certificates' for update")


def find_facts(conn: Connection, registration_ids: Sequence[UUID]) -> list[EligibilityFacts]:
    """What decides about these registrations; stays are merged and clipped to their sessions, in whole minutes."""
    return (
        conn.cursor(row_factory=class_row(EligibilityFacts))
        .execute(
            """
            select r.id as registration_id, r.user_id, r.event_id, r.status as registration_status, r.payment_status,
                e.status as event_status, e.minimum_attendance_minutes,
                private.attended_minutes(r.id, 'infinity') as attended_minutes,
                p.full_name, e.title as event_title, e.starts_at, e.ends_at, e.time_zone
            from public.registrations r
            join public.events e on e.id = r.event_id
            join public.profiles p on p.id = r.user_id
            where r.id = any(%(ids)s)
            order by r.id
            """,
            {"ids": list(registration_ids)},
        )
        .fetchall()
    )


def find_current(conn: Connection, registration_ids: Sequence[UUID]) -> list[Certificate]:
    """The certificates of these registrations that nothing has replaced, revoked ones too."""
    return (
        conn.cursor(row_factory=class_row(Certificate))
        .execute(
            "select"
            + COLUMNS
            + "from public.certificates where registration_id = any(%(ids)s) and replaced_by is null",
            {"ids": list(registration_ids)},
        )
        .fetchall()
    )


def find_certificate(conn: Connection, certificate_id: UUID) -> Certificate | None:
    return (
        conn.cursor(row_factory=class_row(Certificate))
        .execute("select" + COLUMNS + "from public.certificates where id = %(id)s", {"id": certificate_id})
        .fetchone()
    )


def find_drafts(conn: Connection, registration_ids: Sequence[UUID]) -> list[CertificateDraft]:
    return (
        conn.cursor(row_factory=class_row(CertificateDraft))
        .execute(
            """
            select id, registration_id, user_id, event_id, certificate_number, verification_token, content, pdf_key,
                rule_version, eligibility, issued_at
            from public.certificate_drafts where registration_id = any(%(ids)s)
            """,
            {"ids": list(registration_ids)},
        )
        .fetchall()
    )


def last_serial(conn: Connection, year: int) -> int:
    """The highest serial of a year that is taken; ask under the lock."""
    found = (
        conn.cursor(row_factory=scalar_row)
        .execute(
            """
            select greatest(
                (select max(number_serial) from public.certificates where number_year = %(year)s),
                (select max(number_serial) from public.certificate_drafts where number_year = %(year)s), 0)
            """,
            {"year": year},
        )
        .fetchone()
    )
    return int(found or 0)


def insert_drafts(conn: Connection, drafts: Iterable[tuple[CertificateDraft, int, int]]) -> None:
    """Keep drafts, each with the year and serial of its number."""
    rows = [
        {**vars(draft), "eligibility": Jsonb(draft.eligibility), "year": year, "serial": serial}
        for draft, year, serial in drafts
    ]
    conn.cursor().executemany(
        """
        insert into public.certificate_drafts (registration_id, id, user_id, event_id, number_year, number_serial,
            certificate_number, verification_token, content, pdf_key, rule_version, eligibility, issued_at)
        values (%(registration_id)s, %(id)s, %(user_id)s, %(event_id)s, %(year)s, %(serial)s,
            %(certificate_number)s, %(verification_token)s, %(content)s, %(pdf_key)s, %(rule_version)s,
            %(eligibility)s, %(issued_at)s)
        """,
        rows,
    )


def take_drafts(conn: Connection, pdf_keys: Sequence[str]) -> set[str]:
    """Delete the drafts with these files; returns the keys of those that were still there, which is once."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        "delete from public.certificate_drafts where pdf_key = any(%(keys)s) returning pdf_key",
        {"keys": list(pdf_keys)},
    )
    return set(cursor.fetchall())


def last_entry(conn: Connection) -> tuple[int, bytes] | None:
    """Position and hash of the end of the chain; ask under the lock."""
    return conn.execute(
        """
        (select chain_position, blockchain_hash from public.certificates order by chain_position desc limit 1)
        union all
        (select chain_position, blockchain_hash from public.certificate_changes order by chain_position desc limit 1)
        order by chain_position desc limit 1
        """
    ).fetchone()  # pyright: ignore[reportReturnType] - both are not null


def insert_certificates(conn: Connection, certificates: Iterable[Certificate]) -> None:
    conn.cursor().executemany(
        """
        insert into public.certificates (id, chain_position, registration_id, user_id, event_id, certificate_number,
            verification_token, content, content_hash, pdf_hash, pdf_key, pdf_url, rule_version, eligibility,
            previous_hash, blockchain_hash, issued_at)
        values (%(id)s, %(chain_position)s, %(registration_id)s, %(user_id)s, %(event_id)s, %(certificate_number)s,
            %(verification_token)s, %(content)s, %(content_hash)s, %(pdf_hash)s, %(pdf_key)s, %(pdf_url)s,
            %(rule_version)s, %(eligibility)s, %(previous_hash)s, %(blockchain_hash)s, %(issued_at)s)
        """,
        [{**vars(each), "eligibility": Jsonb(each.eligibility)} for each in certificates],
    )


def revoke(conn: Connection, change: RevocationChange) -> bool:
    """Revoke a certificate, or let a revoked one be replaced; whether there was anything to change."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        update public.certificates set revoked_at = %(at)s, revoke_reason = %(reason)s, replaced_by = %(replaced_by)s
        where id = %(id)s and replaced_by is null and (revoked_at is null or %(replaced_by)s::uuid is not null)
        returning true
        """,
        {
            "id": change.certificate_id,
            "at": change.revoked_at,
            "reason": change.revoke_reason,
            "replaced_by": change.replaced_by,
        },
    )
    return bool(cursor.fetchone())


def insert_change(conn: Connection, change: RevocationChange) -> None:
    conn.execute(
        """
        insert into public.certificate_changes (chain_position, certificate_id, revoked_at, revoke_reason,
            replaced_by, previous_hash, blockchain_hash)
        values (%(chain_position)s, %(certificate_id)s, %(revoked_at)s, %(revoke_reason)s, %(replaced_by)s,
            %(previous_hash)s, %(blockchain_hash)s)
        """,
        vars(change),
    )
