"""Revokes and replaces certificates; an issued certificate is never changed."""

from datetime import datetime
from uuid import UUID

from functions.admin_certificates import queries
from functions.admin_certificates.models import Certificate, CertificateList
from shared.certificates import queries as certificate_queries
from shared.certificates import service as certificates
from shared.certificates.models import Certificate as CertificateRow
from shared.certificates.models import CertificateContent, CertificateDraft
from shared.db import Connection
from shared.errors import Conflict, Invalid, NotFound
from shared.paging import cursor_after, read_cursor
from shared.printing import scripts


def list_certificates(
    conn: Connection,
    *,
    event_id: UUID | None,
    user_id: UUID | None,
    number: str | None,
    cursor: str | None,
    limit: int,
) -> CertificateList:
    """A page of certificates, the newest first; raises Invalid for a foreign cursor."""
    found = queries.list_certificates(
        conn, event_id=event_id, user_id=user_id, number=number, after=read_cursor(cursor), limit=limit + 1
    )
    page, more = found[:limit], len(found) > limit
    return CertificateList(
        certificates=[to_answer(each) for each in page],
        next_cursor=cursor_after(page[-1].issued_at, page[-1].id) if more else None,
    )


def find_certificate(conn: Connection, certificate_id: UUID) -> CertificateRow:
    row = certificate_queries.find_certificate(conn, certificate_id)
    if row is None:
        raise NotFound("certificate")
    return row


def revoke(conn: Connection, certificate_id: UUID, reason: str, now: datetime) -> CertificateRow:
    """Raises NotFound and Conflict (`already_revoked`)."""
    if not certificates.revoke(conn, find_certificate(conn, certificate_id), reason, now):
        raise Conflict("This certificate is already revoked.", code="already_revoked")
    return find_certificate(conn, certificate_id)


def prepare_replacement(
    conn: Connection, certificate_id: UUID, recipient: str, now: datetime
) -> tuple[CertificateRow, CertificateDraft]:
    """Raises NotFound, Conflict (`already_replaced`) and Invalid for a name that cannot be printed."""
    old = find_certificate(conn, certificate_id)
    name = scripts.printable(recipient)
    if old.replaced_by is not None:
        raise Conflict("Another certificate already stands in for this one.", code="already_replaced")
    if not name or not scripts.can_print(name):
        raise Invalid("Certificates cannot show this name.", code="name_not_printable")
    time_zone = queries.find_time_zone(conn, old.event_id)
    return old, certificates.reserve_replacement(conn, old, name, time_zone, now)


def replace(
    conn: Connection, certificate_id: UUID, printed: certificates.Printed, reason: str, now: datetime
) -> tuple[CertificateRow, CertificateRow]:
    """The old certificate, revoked and pointing to the new one; and the new one. Raises Conflict (`reissue_lost`)."""
    new = certificates.append_replacement(conn, find_certificate(conn, certificate_id), printed, reason, now)
    if new is None:
        raise Conflict("Somebody else reissued this certificate meanwhile.", code="reissue_lost")
    return find_certificate(conn, certificate_id), new


def to_answer(row: CertificateRow) -> Certificate:
    content = CertificateContent.read(row.content)
    return Certificate(
        id=row.id,
        registration_id=row.registration_id,
        user_id=row.user_id,
        event_id=row.event_id,
        event_title=content.course,
        recipient_name=content.recipient,
        certificate_number=row.certificate_number,
        verify_url=certificates.verify_url(row.verification_token),
        chain_position=row.chain_position,
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
        revoke_reason=row.revoke_reason,
        replaced_by=row.replaced_by,
    )
