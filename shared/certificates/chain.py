"""The chain that every certificate and every change of one is in: each entry names the hash of the one before it.

An entry's hash is the leaf hash of RFC 6962 (2.1), so that the chain is also the leaves of the Merkle tree.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from shared.certificates.models import RevocationChange, canonical

EMPTY = b""
"""What the first entry names as the one before it."""


class IssuedColumns(Protocol):
    """The columns of a certificate that never change."""

    @property
    def id(self) -> UUID: ...
    @property
    def chain_position(self) -> int: ...
    @property
    def registration_id(self) -> UUID: ...
    @property
    def user_id(self) -> UUID: ...
    @property
    def event_id(self) -> UUID: ...
    @property
    def certificate_number(self) -> str: ...
    @property
    def verification_token(self) -> str: ...
    @property
    def content(self) -> str: ...
    @property
    def pdf_hash(self) -> bytes: ...
    @property
    def pdf_key(self) -> str: ...
    @property
    def pdf_url(self) -> str: ...
    @property
    def rule_version(self) -> int: ...
    @property
    def eligibility(self) -> Mapping[str, Any]: ...
    @property
    def previous_hash(self) -> bytes: ...
    @property
    def issued_at(self) -> datetime: ...


def sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def leaf_hash(leaf: str) -> bytes:
    return hashlib.sha256(b"\x00" + leaf.encode()).digest()


def certificate_leaf(row: IssuedColumns) -> str:
    """The entry of a certificate. It can be published: what is private is in it as one hash over random ids."""
    private = {
        "id": str(row.id),
        "registrationId": str(row.registration_id),
        "userId": str(row.user_id),
        "eventId": str(row.event_id),
        "tokenHash": sha256(row.verification_token).hex(),
        "pdfKey": row.pdf_key,
        "pdfUrl": row.pdf_url,
        "ruleVersion": row.rule_version,
        "eligibility": row.eligibility,
        "issuedAt": _instant(row.issued_at),
    }
    return canonical(
        {
            "kind": "certificate",
            "position": row.chain_position,
            "previousHash": row.previous_hash.hex(),
            "number": row.certificate_number,
            "contentHash": sha256(row.content).hex(),
            "pdfHash": row.pdf_hash.hex(),
            "recordHash": sha256(canonical(private)).hex(),
        }
    )


def change_leaf(row: RevocationChange) -> str:
    """The entry of a revocation or replacement."""
    return canonical(
        {
            "kind": "change",
            "position": row.chain_position,
            "previousHash": row.previous_hash.hex(),
            "certificateId": str(row.certificate_id),
            "revokedAt": _instant(row.revoked_at),
            "revokeReason": row.revoke_reason,
            "replacedBy": str(row.replaced_by) if row.replaced_by else None,
        }
    )


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
