"""Issuing to one student on request, or to all that are due; and the certificates a student has."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from functions.generate_certificate import queries
from functions.generate_certificate.models import (
    CertificateList,
    CertifiedEvent,
    IssuedCertificate,
    OwnedCertificate,
    ReplacementCertificate,
)
from shared import db, metrics
from shared.actors import SERVICE, Actor, service_for
from shared.certificates import eligibility, files, storage
from shared.certificates import queries as certificate_queries
from shared.certificates import service as certificates
from shared.certificates.files import RenderFailure
from shared.certificates.models import CertificateContent, EligibilityFacts
from shared.db import Connection
from shared.errors import Conflict, NotFound
from shared.metrics import Metric
from shared.notifications.handoff import hand_off
from shared.paging import cursor_after, read_cursor

PAGE = 50


def issue(user_id: UUID, registration_id: UUID, now: datetime) -> bool:
    """Make sure that a registration of the user has its certificate; whether it was issued now.

    Raises NotFound, Conflict (`certificate_not_due`, with the reason) and Unavailable.
    """
    actor = service_for(user_id)
    with db.transaction(actor, read_only=True) as conn:
        if not queries.owns_registration(conn, registration_id, user_id):
            raise NotFound("registration")
        if certificate_queries.find_current(conn, [registration_id]):
            return False
        facts = certificate_queries.find_facts(conn, [registration_id])
    if reason := eligibility.reason_not_due(facts[0]):
        raise Conflict(f"{eligibility.SENTENCES[reason]} ({reason})", code="certificate_not_due")
    issued, failed = issue_all(actor, facts, now)
    if failed:
        raise failed[0].error
    return issued > 0


def issue_all(actor: Actor, due: Sequence[EligibilityFacts], now: datetime) -> tuple[int, list[RenderFailure]]:
    """Issue to registrations that are due; how many were issued, and what could not be printed. Raises Unavailable."""
    metrics.add(Metric.CERTIFICATES_ATTEMPTED, len(due))
    with db.transaction(actor) as conn:
        drafts = certificates.reserve(conn, due, now)
    printed, failed = files.store_all(drafts)
    with db.transaction(actor) as conn:
        issued = certificates.append(conn, printed)
        conn.measure(Metric.CERTIFICATES_GENERATED, len(due) - len(failed))
    hand_off(conn.enqueued)
    return len(issued), failed


def issue_due(now: datetime, has_time: Callable[[], bool]) -> tuple[int, list[RenderFailure]]:
    """Issue everything that is due while there is time; what remains is due in the next run as well."""
    total = 0
    unprinted: list[RenderFailure] = []
    after: UUID | None = None
    while has_time():
        with db.transaction(SERVICE, read_only=True) as conn:
            page = queries.list_uncertified(conn, after, PAGE)
            facts = certificate_queries.find_facts(conn, page)
        due = [each for each in facts if eligibility.reason_not_due(each) is None]
        if due:
            issued, failed = issue_all(SERVICE, due, now)
            total += issued
            unprinted += failed
        if len(page) < PAGE:
            break
        after = page[-1]
    return total, unprinted


def find_own(conn: Connection, user_id: UUID, registration_id: UUID) -> IssuedCertificate:
    """The certificate of a registration that stands now; raises NotFound."""
    current = certificate_queries.find_current(conn, [registration_id])
    found = queries.list_own(conn, user_id, after=None, limit=1, only=current[0].id) if current else []
    if not found:
        raise NotFound("certificate")
    return _shown(found[0])


def list_own(conn: Connection, user_id: UUID, *, cursor: str | None, limit: int) -> CertificateList:
    """A page of a user's certificates, the newest first; raises Invalid for a foreign cursor."""
    found = queries.list_own(conn, user_id, after=read_cursor(cursor), limit=limit + 1)
    page, more = found[:limit], len(found) > limit
    return CertificateList(
        certificates=[_shown(each) for each in page],
        next_cursor=cursor_after(page[-1].issued_at, page[-1].id) if more else None,
    )


def replacement(number: str | None, token: str | None) -> ReplacementCertificate | None:
    if number is None or token is None:
        return None
    return ReplacementCertificate(certificate_number=number, verify_url=certificates.verify_url(token))


def _shown(row: OwnedCertificate) -> IssuedCertificate:
    content = CertificateContent.read(row.content)
    verify_url = certificates.verify_url(row.verification_token)
    return IssuedCertificate(
        id=row.id,
        registration_id=row.registration_id,
        certificate_number=row.certificate_number,
        verification_token=row.verification_token,
        verify_url=verify_url,
        pdf_url=storage.link(row.pdf_key, row.certificate_number),
        badge_url=verify_url.replace("?token=", "/badge?token="),
        recipient_name=content.recipient,
        attended_minutes=content.attended_minutes,
        blockchain_hash=row.blockchain_hash.hex(),
        issued_at=row.issued_at,
        status="revoked" if row.revoked_at else "valid",
        revoked_at=row.revoked_at,
        revoke_reason=row.revoke_reason,
        replaced_by=replacement(row.replaced_by_number, row.replaced_by_token),
        event=CertifiedEvent(
            id=row.event_id,
            title=row.event_title,
            category=row.event_category,
            instructor=row.event_instructor,
            starts_at=row.event_starts_at,
            ends_at=row.event_ends_at,
        ),
    )
