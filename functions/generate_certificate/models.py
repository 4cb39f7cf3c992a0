"""Certificates as their owner sees them, and as anybody who checks one does."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from shared.routing import Schema


class CertificateRequest(Schema):
    registration_id: UUID


class CertifiedEvent(Schema):
    id: UUID
    title: str
    category: str
    instructor: str
    starts_at: datetime
    ends_at: datetime


class ReplacementCertificate(Schema):
    """The certificate that stands in for a revoked one."""

    certificate_number: str
    verify_url: str


class IssuedCertificate(Schema):
    """`pdfUrl` works for a quarter of an hour; `verifyUrl` is for everybody and for good."""

    id: UUID
    registration_id: UUID
    certificate_number: str
    verification_token: str
    verify_url: str
    pdf_url: str
    badge_url: str
    recipient_name: str
    attended_minutes: int
    blockchain_hash: str
    issued_at: datetime
    status: Literal["valid", "revoked"]
    revoked_at: datetime | None
    revoke_reason: str | None
    replaced_by: ReplacementCertificate | None
    event: CertifiedEvent


class CertificateAnswer(Schema):
    success: bool = True
    certificate: IssuedCertificate


class CertificateList(Schema):
    success: bool = True
    certificates: list[IssuedCertificate]
    next_cursor: str | None


class CertifiedContent(Schema):
    """Everything that is certified, and nothing else about the student. Days are of the course's time zone."""

    certificate_number: str
    recipient_name: str
    course_title: str
    starts_on: date
    ends_on: date
    attended_minutes: int
    issued_on: date
    issuer: str
    revoked_at: datetime | None
    revoke_reason: str | None
    replaced_by: ReplacementCertificate | None
    pdf_url: str
    badge_url: str


class InclusionProof(Schema):
    """RFC 9162, 2.1.3: the hashes that lead from the leaf to the root of the tree head."""

    leaf_index: int
    hashes: list[str]


class IntegrityCheck(Schema):
    """Whether the record is what was issued, and what anybody needs to check that without us.

    `leaf` is the log's entry: SHA-256 over a zero byte and it is `leafHash`, which `inclusionProof` leads to the
    root of `treeHead`, signed with the key `keyId` of the published keys. Both are missing until the next daily head.
    `contentHash` is the SHA-256 of `content`, `pdfHash` of the PDF.
    """

    intact: bool
    faults: list[str]
    content: str
    content_hash: str
    pdf_hash: str
    leaf: str
    leaf_hash: str
    position: int
    previous_hash: str
    tree_head: dict[str, Any] | None
    inclusion_proof: InclusionProof | None


class Verification(Schema):
    """`valid` is true for a certificate that was not revoked and whose record is intact.

    Of a record that was changed nothing is shown as certified: `certificate` is null.
    """

    valid: bool
    status: Literal["valid", "revoked"]
    certificate: CertifiedContent | None
    integrity: IntegrityCheck


class UnknownCertificate(Schema):
    valid: Literal[False] = False


@dataclass(frozen=True)
class OwnedCertificate:
    """A certificate with its course and its replacement."""

    id: UUID
    registration_id: UUID
    event_id: UUID
    certificate_number: str
    verification_token: str
    content: str
    pdf_key: str
    blockchain_hash: bytes
    issued_at: datetime
    revoked_at: datetime | None
    revoke_reason: str | None
    replaced_by_number: str | None
    replaced_by_token: str | None
    event_title: str
    event_category: str
    event_instructor: str
    event_starts_at: datetime
    event_ends_at: datetime
