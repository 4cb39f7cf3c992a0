"""Links that unsubscribe one person from marketing mail: signed, because they work without a login, for good."""

import base64
import binascii
import hashlib
import hmac
from uuid import UUID

from shared.config import settings
from shared.errors import NotFound
from shared.secret_store import secret

PATH = "/functions/v1/unsubscribe"
_PURPOSE = b"unsubscribe marketing email v1 "
"""Signed along with the person, so that no signature of ours made for something else is one."""


def url(user_id: UUID) -> str:
    return f"{settings().public_base_url.rstrip('/')}{PATH}?token={token(user_id)}"


def token(user_id: UUID) -> str:
    """Never expires: a mail is read years later, and RFC 8058 has no way to ask again."""
    return _encode(user_id.bytes + _signature(user_id.bytes, _keys()[0]))


def user_of(given: str) -> UUID:
    """The person a token stands for; raises NotFound for anything that is not one of ours."""
    try:
        raw = base64.urlsafe_b64decode(given.encode() + b"=" * (-len(given) % 4))
    except (ValueError, binascii.Error) as error:
        raise NotFound("link") from error
    person, signature = raw[:16], raw[16:]
    genuine = [hmac.compare_digest(signature, _signature(person, key)) for key in _keys()]
    if len(person) != 16 or not any(genuine) or _encode(raw) != given:
        raise NotFound("link")
    return UUID(bytes=person)


def _signature(person: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), _PURPOSE + person, hashlib.sha256)


def _keys() -> list[str]:
    """The key that signs, then the one before it, whose links still work."""
    kept = secret(settings().link_secret_id)
    return list(filter(None, (kept["key"], kept.get("previousKey"))))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
