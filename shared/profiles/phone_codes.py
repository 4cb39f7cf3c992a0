"""The code that proves a phone number: derived from its verification's id, so that no table holds it."""

import hmac
from uuid import UUID

from shared import signatures

TEMPLATE = "phone_code"
"""The notification that carries it: its data names the verification, never the code."""
_PURPOSE = b"phone code v1 "


def code_of(verification_id: UUID) -> str:
    """Six digits."""
    return _truncated(signatures.sign(_PURPOSE, verification_id.bytes))


def is_code(verification_id: UUID, given: str) -> bool:
    accepted = signatures.accepted_signatures(_PURPOSE, verification_id.bytes)
    return any([hmac.compare_digest(_truncated(each), given) for each in accepted])  # noqa: C419 - the same time for all


def _truncated(digest: bytes) -> str:
    """Dynamic truncation (RFC 4226, section 5.3)."""
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
