"""Signatures with the secret of signed links, for what must prove itself without a row in the database."""

import hashlib
import hmac

from shared.config import settings
from shared.secret_store import secret


def sign(purpose: bytes, message: bytes) -> bytes:
    """HMAC-SHA256. `purpose` is signed along with the message, so that a signature made for something else is none."""
    return _sign(purpose, message, _keys()[0])


def accepted_signatures(purpose: bytes, message: bytes) -> list[bytes]:
    """The signatures by the current key and by the one before it, whose links still work."""
    return [_sign(purpose, message, key) for key in _keys()]


def is_genuine(purpose: bytes, message: bytes, signature: bytes) -> bool:
    """Whether one of our keys signed the message; takes the same time for every guess."""
    return any([hmac.compare_digest(signature, each) for each in accepted_signatures(purpose, message)])  # noqa: C419


def _sign(purpose: bytes, message: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), purpose + message, hashlib.sha256)


def _keys() -> list[str]:
    """The key that signs, then the one before it."""
    kept = secret(settings().link_secret_id)
    return list(filter(None, (kept["key"], kept.get("previousKey"))))
