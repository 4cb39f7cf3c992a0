"""What is certified, how it came to be, and a certificate as the database keeps it."""

import json
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID


@dataclass(frozen=True)
class CertificateContent:
    """What a certificate says, frozen when it is issued. Days are of the course's time zone."""

    number: str
    recipient: str
    course: str
    starts_on: date
    ends_on: date
    attended_minutes: int
    issued_on: date
    issuer: str

    def canonical(self) -> str:
        """The one text that stands for this content: sorted keys, no spaces, UTF-8 (as RFC 8785 has it)."""
        return canonical({"version": 1, **{name: _plain(value) for name, value in vars(self).items()}})

    @classmethod
    def read(cls, text: str) -> Self:
        """The content that `canonical` wrote; raises ValueError, KeyError or TypeError for anything else."""
        given: dict[str, Any] = json.loads(text)
        values = {field.name: given[field.name] for field in fields(cls)}
        for name in ("starts_on", "ends_on", "issued_on"):
            values[name] = date.fromisoformat(given[name])
        return cls(**values)


@dataclass(frozen=True)
class EligibilityFacts:
    """What decides whether a registration is certified, and what the certificate would say."""

    registration_id: UUID
    user_id: UUID
    event_id: UUID
    registration_status: str
    payment_status: str
    event_status: str
    minimum_attendance_minutes: int
    attended_minutes: int
    full_name: str
    event_title: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str


@dataclass(frozen=True)
class CertificateDraft:
    """A certificate with its number and token that is being printed; nothing was issued yet."""

    id: UUID
    registration_id: UUID
    user_id: UUID
    event_id: UUID
    certificate_number: str
    verification_token: str
    content: str
    pdf_key: str
    rule_version: int
    eligibility: dict[str, Any]
    issued_at: datetime


@dataclass(frozen=True)
class Certificate:
    """A row of `certificates`."""

    id: UUID
    chain_position: int
    registration_id: UUID
    user_id: UUID
    event_id: UUID
    certificate_number: str
    verification_token: str
    verification_token_hash: bytes
    content: str
    content_hash: bytes
    pdf_hash: bytes
    pdf_key: str
    pdf_url: str
    rule_version: int
    eligibility: dict[str, Any]
    previous_hash: bytes
    blockchain_hash: bytes
    issued_at: datetime
    revoked_at: datetime | None
    revoke_reason: str | None
    replaced_by: UUID | None


@dataclass(frozen=True)
class RevocationChange:
    """A row of `certificate_changes`: what a certificate's revocation columns became."""

    chain_position: int
    certificate_id: UUID
    revoked_at: datetime
    revoke_reason: str
    replaced_by: UUID | None
    previous_hash: bytes
    blockchain_hash: bytes


@dataclass(frozen=True)
class TreeHead:
    """A row of `certificate_tree_heads`: a signed statement of how the log was."""

    tree_size: int
    root_hash: bytes
    signed_at: datetime
    key_id: str
    signature: bytes
    object_key: str


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
