"""Certificates as administrators see and change them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.plain_text import Line
from shared.routing import Schema

type Reason = Annotated[str, Field(min_length=3, max_length=500, pattern=r"\S")]


class RevokeCertificateRequest(Schema):
    reason: Reason
    """Told to the student and to everybody who verifies the certificate."""


class ReissueCertificateRequest(Schema):
    recipient_name: Annotated[Line, Field(min_length=1, max_length=200)]
    """Name on the new certificate."""
    reason: Reason = "Reissued with a corrected name"
    """Why the old certificate is revoked, if it is not yet."""


class Certificate(Schema):
    id: UUID
    registration_id: UUID
    user_id: UUID
    event_id: UUID
    event_title: str
    recipient_name: str
    certificate_number: str
    verify_url: str
    chain_position: int
    """Position in the chain of certificates, from 1."""
    issued_at: datetime
    revoked_at: datetime | None
    revoke_reason: str | None
    replaced_by: UUID | None
    """The id of the certificate that replaces a revoked one; null without one."""


class CertificateAnswer(Schema):
    success: bool = True
    certificate: Certificate


class CertificateList(Schema):
    success: bool = True
    certificates: list[Certificate]
    next_cursor: str | None
