"""Checking a certificate for anybody: what it certifies, whether it stands, and whether its record is untouched."""

import hashlib

from functions.generate_certificate import queries
from functions.generate_certificate.models import CertifiedContent, InclusionProof, IntegrityCheck, Verification
from functions.generate_certificate.service import replacement
from shared.certificates import chain, checks, heads, tree, tree_queries
from shared.certificates import queries as certificate_queries
from shared.certificates import service as certificates
from shared.certificates.models import Certificate, CertificateContent, TreeHead
from shared.db import Connection

LONGEST_TOKEN = 200


def by_token(conn: Connection, token: str) -> Certificate | None:
    """The certificate of a token; whatever was asked for costs one look-up of a hash."""
    token_hash = hashlib.sha256(token[:LONGEST_TOKEN].encode(errors="replace")).digest()
    return queries.find_by_token(conn, token_hash)


def verify(conn: Connection, row: Certificate) -> Verification:
    integrity = _integrity(conn, row)
    return Verification(
        valid=integrity.intact and row.revoked_at is None,
        status="revoked" if row.revoked_at else "valid",
        certificate=_certified(conn, row) if integrity.intact else None,
        integrity=integrity,
    )


def _certified(conn: Connection, row: Certificate) -> CertifiedContent:
    content = CertificateContent.read(row.content)
    newer = certificate_queries.find_certificate(conn, row.replaced_by) if row.replaced_by else None
    url = certificates.verify_url(row.verification_token)
    return CertifiedContent(
        certificate_number=row.certificate_number,
        recipient_name=content.recipient,
        course_title=content.course,
        starts_on=content.starts_on,
        ends_on=content.ends_on,
        attended_minutes=content.attended_minutes,
        issued_on=content.issued_on,
        issuer=content.issuer,
        revoked_at=row.revoked_at,
        revoke_reason=row.revoke_reason,
        replaced_by=replacement(newer.certificate_number, newer.verification_token) if newer else None,
        pdf_url=url.replace("?token=", "/pdf?token="),
        badge_url=url.replace("?token=", "/badge?token="),
    )


def _integrity(conn: Connection, row: Certificate) -> IntegrityCheck:
    head = tree_queries.latest_head(conn)
    covered = head is not None and row.chain_position <= head.tree_size
    path = heads.inclusion_proof(conn, row.chain_position - 1, head.tree_size) if head and covered else None
    faults = [*checks.certificate_faults(row), *_faults_around(conn, row)]
    if head and path is not None:
        faults += _tree_faults(row, head, path)
    return IntegrityCheck(
        intact=not faults,
        faults=faults,
        content=row.content,
        content_hash=row.content_hash.hex(),
        pdf_hash=row.pdf_hash.hex(),
        leaf=chain.certificate_leaf(row),
        leaf_hash=row.blockchain_hash.hex(),
        position=row.chain_position,
        previous_hash=row.previous_hash.hex(),
        tree_head=heads.published(head) if head and covered else None,
        inclusion_proof=None
        if path is None
        else InclusionProof(leaf_index=row.chain_position - 1, hashes=[each.hex() for each in path]),
    )


def _faults_around(conn: Connection, row: Certificate) -> list[str]:
    faults: list[str] = []
    before = queries.hash_at(conn, row.chain_position - 1) if row.chain_position > 1 else chain.EMPTY
    if before != row.previous_hash:
        faults.append("the entry before it is another one")
    last = queries.last_change(conn, row.id)
    if not checks.is_as_logged(row, last):
        faults.append("its revocation is not what the log says")
    return faults + (list(checks.change_faults(last)) if last else [])


def _tree_faults(row: Certificate, head: TreeHead, path: list[bytes]) -> list[str]:
    faults: list[str] = []
    if not heads.is_ours(head):
        faults.append("the tree head is not signed by us")
    if not tree.is_included(row.blockchain_hash, row.chain_position - 1, head.tree_size, path, head.root_hash):
        faults.append("the signed tree does not hold it")
    return faults
