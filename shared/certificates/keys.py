"""The Ed25519 keys that sign tree heads, made from the seed in Secrets Manager.

`previousSeed` keeps the heads verifiable that were signed before a rotation.
"""

import hashlib
from typing import TYPE_CHECKING

from shared.config import settings
from shared.secret_store import secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_PURPOSE = b"certificate tree heads v1 "


def sign(statement: bytes) -> tuple[str, bytes]:
    """The signature of the current key, and the key's id."""
    key = _private_keys()[0]
    return key_id(_raw(key)), key.sign(statement)


def is_signed(statement: bytes, signature: bytes, by: str) -> bool:
    """Whether one of our keys, the one with id `by`, signed this."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - 50 ms that only verifying pays

    for key in _private_keys():
        if key_id(_raw(key)) == by:
            try:
                key.public_key().verify(signature, statement)
            except InvalidSignature:
                return False
            return True
    return False


def public_keys() -> dict[str, bytes]:
    """Raw Ed25519 public keys by key id, the current one first."""
    return {key_id(raw): raw for raw in map(_raw, _private_keys())}


def key_id(public_key: bytes) -> str:
    return hashlib.sha256(public_key).hexdigest()[:16]


def _private_keys() -> list["Ed25519PrivateKey"]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    kept = secret(settings().certificate_secret_id)
    seeds = filter(None, (kept["seed"], kept.get("previousSeed")))
    return [Ed25519PrivateKey.from_private_bytes(hashlib.sha256(_PURPOSE + seed.encode()).digest()) for seed in seeds]


def _raw(key: "Ed25519PrivateKey") -> bytes:
    return key.public_key().public_bytes_raw()
