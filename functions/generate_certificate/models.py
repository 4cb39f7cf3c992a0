"""Certificates as their owner sees them, and as anybody who checks one does."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, RootModel

from shared.routing import Schema


class CertificateRequest(Schema):
    registration_id: UUID


class CertifiedEvent(Schema):
    id: UUID
    title: str
    """Title of the course."""
    category: str
    instructor: str
    starts_at: datetime
    ends_at: datetime


class ReplacementCertificate(Schema):
    """The certificate that stands in for a revoked one."""

    certificate_number: str
    verify_url: str


class IssuedCertificate(Schema):
    """A certificate as its owner sees it."""

    id: UUID
    registration_id: UUID
    certificate_number: str
    verification_token: str
    """Token of `verifyUrl`; whoever has it can verify the certificate."""
    verify_url: str
    pdf_url: str
    badge_url: str
    recipient_name: str
    attended_minutes: int
    blockchain_hash: str
    """SHA-256 over the certificate and the hash of the one before, in hexadecimal."""
    issued_at: datetime
    status: Literal["valid", "revoked"]
    """`revoked` when it does not count any more."""
    revoked_at: datetime | None
    revoke_reason: str | None
    replaced_by: ReplacementCertificate | None
    event: CertifiedEvent


class CertificateAnswer(Schema):
    success: bool = True
    certificate: IssuedCertificate


class CertificateList(Schema):
    success: bool = True
    type: Literal["list"] = "list"
    """Tells it from a verification, which has the same route."""
    certificates: list[IssuedCertificate]
    next_cursor: str | None


class CertifiedContent(Schema):
    """Everything that is certified, and nothing else about the student."""

    certificate_number: str
    recipient_name: str
    course_title: str
    """Title of the course."""
    starts_on: date
    """First day, in the course's time zone."""
    ends_on: date
    """Last day, in the course's time zone."""
    attended_minutes: int
    issued_on: date
    """Day of issue, in the course's time zone."""
    issuer: str
    """Name of the issuer."""
    revoked_at: datetime | None
    revoke_reason: str | None
    replaced_by: ReplacementCertificate | None
    pdf_url: str
    badge_url: str


class InclusionProof(Schema):
    """RFC 9162, 2.1.3: the hashes that lead from the leaf to the root of the tree head."""

    leaf_index: int
    """Position of the leaf in the tree, from 0."""
    hashes: list[str]
    """Hashes from the leaf to the root, in hexadecimal."""


class IntegrityCheck(Schema):
    """Whether the record is what was issued, and what anybody needs to check that without the platform."""

    intact: bool
    """Whether the record is what was issued."""
    faults: list[str]
    """What differs, in words; empty for an intact record."""
    content: str
    """The certified content in canonical JSON (RFC 8785)."""
    content_hash: str
    """SHA-256 of `content`, in hexadecimal."""
    pdf_hash: str
    """SHA-256 of the PDF, in hexadecimal."""
    leaf: str
    """The entry of the log."""
    leaf_hash: str
    """SHA-256 over a zero byte and `leaf`, in hexadecimal."""
    position: int
    """Position in the chain of certificates, from 1."""
    previous_hash: str
    """`blockchainHash` of the record before, in hexadecimal."""
    tree_head: dict[str, Any] | None
    """The signed head that the proof leads to; null until the next daily head."""
    inclusion_proof: InclusionProof | None
    """The way from `leafHash` to the root of `treeHead`; null until the next daily head."""


class Verification(Schema):
    type: Literal["verification"] = "verification"
    """Tells it from the caller's list, which has the same route."""
    valid: bool
    """True for an intact certificate that was not revoked."""
    status: Literal["valid", "revoked"]
    """`revoked` when it does not count any more."""
    certificate: CertifiedContent | None
    """What is certified; null for a record that was changed."""
    integrity: IntegrityCheck
    """The result of the integrity check."""


class VerificationOrList(RootModel[Annotated[Verification | CertificateList, Field(discriminator="type")]]):
    """The certificate of the token, or the caller's list without one."""


class UnknownCertificate(Schema):
    valid: Literal[False] = False
    """False: no such certificate was issued here."""


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
