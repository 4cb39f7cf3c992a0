"""Links that unsubscribe one person from marketing mail: signed, because they work without a login, for good."""

import base64
import binascii
from uuid import UUID

from shared import signatures
from shared.config import settings
from shared.errors import NotFound

PATH = "/functions/v1/unsubscribe"
_PURPOSE = b"unsubscribe marketing email v1 "


def url(user_id: UUID) -> str:
    return f"{settings().public_base_url.rstrip('/')}{PATH}?token={token(user_id)}"


def token(user_id: UUID) -> str:
    """Never expires: a mail is read years later, and RFC 8058 has no way to ask again."""
    return _encode(user_id.bytes + signatures.sign(_PURPOSE, user_id.bytes))


def user_of(given: str) -> UUID:
    """The person a token stands for; raises NotFound for anything that is not one of ours."""
    try:
        raw = base64.urlsafe_b64decode(given.encode() + b"=" * (-len(given) % 4))
    except (ValueError, binascii.Error) as error:
        raise NotFound("link") from error
    person, signature = raw[:16], raw[16:]
    if len(person) != 16 or not signatures.is_genuine(_PURPOSE, person, signature) or _encode(raw) != given:
        raise NotFound("link")
    return UUID(bytes=person)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
