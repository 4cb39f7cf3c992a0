"""Issuing, revoking and replacing certificates; every one of these is an entry of the chain.

A certificate is issued in three steps, so that no PDF is made inside a transaction and a crash anywhere leaves
neither a certificate without a PDF nor a second one:

1. `reserve` (a transaction): number, token, content and the key of the file are written down as a draft.
2. `shared.certificates.files.store`: the draft is printed and put to S3. The same draft gives the same bytes under the
   same key, so this can be repeated and done twice at once.
3. `append` (a transaction): the draft is taken away and the certificate, with the hash of its file, is appended to the
   chain. Only who takes the draft issues, so there is one.

What a crash leaves is a draft; the next request or the hourly job goes on from there, under the same number.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from shared import clock
from shared.certificates import chain, eligibility, queries, storage
from shared.certificates.certificate_numbers import certificate_number
from shared.certificates.models import (
    Certificate,
    CertificateContent,
    CertificateDraft,
    EligibilityFacts,
    RevocationChange,
)
from shared.config import settings
from shared.db import Connection
from shared.notifications import service as notifications
from shared.notifications.models import Notice

PATH = "/functions/v1/generate-certificate"
TOKEN_BYTES = 24

type Printed = tuple[CertificateDraft, bytes]
"""A draft whose file is stored, and the SHA-256 of the file."""


def verify_url(token: str) -> str:
    """The page on which anybody can check a certificate."""
    return f"{settings().public_base_url.rstrip('/')}{PATH}?token={token}"


def reserve(conn: Connection, due: Sequence[EligibilityFacts], now: datetime) -> list[CertificateDraft]:
    """A draft for each registration that has no certificate; an unfinished one is taken up, brought up to date."""
    ids = [facts.registration_id for facts in due]
    queries.lock_chain(conn)
    certified = {each.registration_id for each in queries.find_current(conn, ids)}
    unfinished = {draft.registration_id: draft for draft in queries.find_drafts(conn, ids)}
    drafts: list[CertificateDraft] = []
    fresh: list[EligibilityFacts] = []
    for facts in due:
        draft = unfinished.get(facts.registration_id)
        if facts.registration_id in certified:
            continue
        if draft and draft.content == _content(facts, draft.certificate_number, draft.issued_at):
            drafts.append(draft)
        else:
            fresh.append(facts)
    queries.take_drafts(
        conn, [unfinished[each.registration_id].pdf_key for each in fresh if each.registration_id in unfinished]
    )
    return drafts + _number(conn, fresh, now)


def append(conn: Connection, printed: Sequence[Printed]) -> list[Certificate]:
    """Issue what is printed, unless somebody else did or it is no longer due, and tell the students."""
    queries.lock_chain(conn)
    mine = queries.take_drafts(conn, [draft.pdf_key for draft, _ in printed])
    facts = {each.registration_id: each for each in queries.find_facts(conn, [d.registration_id for d, _ in printed])}
    due = [
        (draft, pdf_hash)
        for draft, pdf_hash in printed
        if draft.pdf_key in mine and eligibility.reason_not_due(facts[draft.registration_id]) is None
    ]
    return _append(conn, due)


def revoke(conn: Connection, certificate: Certificate, reason: str, now: datetime) -> bool:
    """Revoke a certificate and tell the student; False when it already is."""
    queries.lock_chain(conn)
    change = _next_change(conn, certificate.id, now, reason, replaced_by=None)
    if not queries.revoke(conn, change):
        return False
    queries.insert_change(conn, change)
    notice = Notice(
        user_id=certificate.user_id,
        template="certificate_revoked",
        key=f"certificate_revoked:{certificate.id}",
        data={
            "eventTitle": CertificateContent.read(certificate.content).course,
            "certificateNumber": certificate.certificate_number,
            "reason": reason,
        },
        priority="high",
    )
    notifications.enqueue(conn, [notice])
    return True


def reserve_replacement(
    conn: Connection, old: Certificate, recipient: str, time_zone: str, now: datetime
) -> CertificateDraft:
    """A draft that says what `old` says about another name; an unfinished replacement gives way to it."""
    queries.lock_chain(conn)
    queries.take_drafts(conn, [draft.pdf_key for draft in queries.find_drafts(conn, [old.registration_id])])
    year, serial = _next_serial(conn, now, time_zone)
    number = certificate_number(year, serial)
    content = eligibility.corrected(
        CertificateContent.read(old.content), number=number, recipient=recipient, issued_at=now, time_zone=time_zone
    )
    draft = _draft(old, content, number, now, old.eligibility | {"replaces": str(old.id)})
    queries.insert_drafts(conn, [(draft, year, serial)])
    return draft


def append_replacement(
    conn: Connection, old: Certificate, printed: Printed, reason: str, now: datetime
) -> Certificate | None:
    """Let the printed draft replace `old`, which is revoked for `reason` unless it already was; None if too late."""
    queries.lock_chain(conn)
    draft, _ = printed
    revoked_at, revoke_reason = (old.revoked_at, old.revoke_reason) if old.revoked_at else (now, reason)
    change = _next_change(conn, old.id, revoked_at, revoke_reason or reason, replaced_by=draft.id)
    if not queries.take_drafts(conn, [draft.pdf_key]) or not queries.revoke(conn, change):
        return None
    queries.insert_change(conn, change)
    return _append(conn, [printed])[0]


def _number(conn: Connection, due: Iterable[EligibilityFacts], now: datetime) -> list[CertificateDraft]:
    numbered: list[tuple[CertificateDraft, int, int]] = []
    taken: dict[int, int] = {}
    for facts in due:
        year, serial = _next_serial(conn, now, facts.time_zone, taken)
        number = certificate_number(year, serial)
        content = eligibility.content_of(facts, number, now, settings().certificate_issuer)
        numbered.append((_draft(facts, content, number, now, eligibility.evidence(facts)), year, serial))
    queries.insert_drafts(conn, numbered)
    return [draft for draft, _, _ in numbered]


def _next_serial(
    conn: Connection, now: datetime, time_zone: str, taken: dict[int, int] | None = None
) -> tuple[int, int]:
    """The next free number of the year it is in `time_zone`; `taken` carries the count from call to call."""
    year = clock.in_zone(now, time_zone).year
    taken = {} if taken is None else taken
    if year not in taken:
        taken[year] = queries.last_serial(conn, year)
    taken[year] += 1
    return year, taken[year]


def _draft(
    of: EligibilityFacts | Certificate, content: CertificateContent, number: str, now: datetime, facts: dict[str, Any]
) -> CertificateDraft:
    certificate_id = uuid4()
    return CertificateDraft(
        id=certificate_id,
        registration_id=of.registration_id,
        user_id=of.user_id,
        event_id=of.event_id,
        certificate_number=number,
        verification_token=secrets.token_urlsafe(TOKEN_BYTES),
        content=content.canonical(),
        pdf_key=storage.new_pdf_key(certificate_id),
        rule_version=eligibility.RULE_VERSION,
        eligibility=facts,
        issued_at=now,
    )


def _content(facts: EligibilityFacts, number: str, issued_at: datetime) -> str:
    return eligibility.content_of(facts, number, issued_at, settings().certificate_issuer).canonical()


def _append(conn: Connection, printed: Sequence[Printed]) -> list[Certificate]:
    position, previous = queries.last_entry(conn) or (0, chain.EMPTY)
    certificates: list[Certificate] = []
    for draft, pdf_hash in printed:
        position += 1
        certificates.append(_chained(draft, pdf_hash, position, previous))
        previous = certificates[-1].blockchain_hash
    queries.insert_certificates(conn, certificates)
    notifications.enqueue(conn, [_issued_notice(each) for each in certificates])
    return certificates


def _chained(draft: CertificateDraft, pdf_hash: bytes, position: int, previous: bytes) -> Certificate:
    row = Certificate(
        **vars(draft),
        chain_position=position,
        verification_token_hash=chain.sha256(draft.verification_token),
        content_hash=chain.sha256(draft.content),
        pdf_hash=pdf_hash,
        pdf_url=storage.pdf_url(draft.pdf_key),
        previous_hash=previous,
        blockchain_hash=b"",
        revoked_at=None,
        revoke_reason=None,
        replaced_by=None,
    )
    return replace(row, blockchain_hash=chain.leaf_hash(chain.certificate_leaf(row)))


def _next_change(
    conn: Connection, certificate_id: UUID, revoked_at: datetime, reason: str, *, replaced_by: UUID | None
) -> RevocationChange:
    position, previous = queries.last_entry(conn) or (0, chain.EMPTY)
    row = RevocationChange(position + 1, certificate_id, revoked_at, reason, replaced_by, previous, b"")
    return replace(row, blockchain_hash=chain.leaf_hash(chain.change_leaf(row)))


def _issued_notice(certificate: Certificate) -> Notice:
    return Notice(
        user_id=certificate.user_id,
        template="certificate_issued",
        key=f"certificate_issued:{certificate.id}",
        data={
            "eventTitle": CertificateContent.read(certificate.content).course,
            "certificateNumber": certificate.certificate_number,
            "verifyUrl": verify_url(certificate.verification_token),
        },
        priority="high",
    )
