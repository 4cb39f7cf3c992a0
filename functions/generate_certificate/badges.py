"""Open Badges 3.0: certificates as W3C Verifiable Credentials in JWTs, and the status list that revokes them.

https://www.imsglobal.org/spec/ob/v3p0 section 8.2 (JSON Web Token proof format, RS256) and
https://www.w3.org/TR/vc-bitstring-status-list. The RSA key is in KMS and never leaves it.
"""

import base64
import gzip
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from uuid import uuid5

from shared.certificates import service as certificates
from shared.certificates.models import Certificate, CertificateContent, canonical
from shared.config import settings

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
LIST_SIZE = 131_072
"""Bits of one status list: the least that the recommendation allows, so that one bit tells nobody who was asked for."""
LIST_VALID = timedelta(days=1)


def badge(row: Certificate) -> str:
    """The certificate as a signed credential; always the same for the same certificate."""
    content = CertificateContent.read(row.content)
    return _signed(_credential(row, content), row.issued_at)


def issuer(name: str) -> dict[str, Any]:
    """The issuer's profile, as it is at its own address and in every credential."""
    return {"id": _url("issuer"), "type": ["Profile"], "name": name, "url": settings().public_base_url}


def status_list(number: int, revoked: Iterable[int], now: datetime) -> str:
    """The signed status list of the chain's positions from `number` * LIST_SIZE on."""
    url = _url(f"status-lists/{number}")
    start = now.replace(minute=0, second=0, microsecond=0)
    credential = {
        "@context": [CREDENTIALS],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": _url("issuer"),
        "validFrom": _instant(start),
        "validUntil": _instant(start + LIST_VALID),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": _encoded(position % LIST_SIZE for position in revoked),
        },
    }
    return _signed(credential, start)


@cache
def public_key() -> dict[str, str]:
    """The key that badges are signed with, as a JWK (RFC 7517); `kid` is its address."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    key = load_der_public_key(_client().get_public_key(KeyId=settings().badge_key_id)["PublicKey"])
    if not isinstance(key, RSAPublicKey):
        raise TypeError("badges are signed with RSA")
    numbers = key.public_numbers()
    jwk = {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}
    thumbprint = base64url(hashlib.sha256(canonical(jwk).encode()).digest())
    return {**jwk, "alg": "RS256", "use": "sig", "kid": _url(f"keys/{thumbprint}")}


def _credential(row: Certificate, content: CertificateContent) -> dict[str, Any]:
    number, index = divmod(row.chain_position, LIST_SIZE)
    status_url = _url(f"status-lists/{number}")
    return {
        "@context": [CREDENTIALS, OPEN_BADGES],
        "id": f"urn:uuid:{row.id}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": content.course,
        "issuer": issuer(content.issuer),
        "validFrom": _instant(row.issued_at),
        "credentialSubject": {
            "id": f"urn:uuid:{uuid5(row.id, 'subject')}",
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "identityType": "name",
                    "identityHash": content.recipient,
                    "hashed": False,
                }
            ],
            "activityStartDate": f"{content.starts_on}T00:00:00Z",
            "activityEndDate": f"{content.ends_on}T00:00:00Z",
            "achievement": _achievement(row, content),
        },
        "credentialStatus": {
            "id": f"{status_url}#{index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(index),
            "statusListCredential": status_url,
        },
        "evidence": [
            {
                "id": certificates.verify_url(row.verification_token),
                "type": ["Evidence"],
                "name": f"Certificate {row.certificate_number}",
            }
        ],
    }


def _achievement(row: Certificate, content: CertificateContent) -> dict[str, Any]:
    return {
        "id": f"{settings().public_base_url.rstrip('/')}/functions/v1/events/{row.event_id}",
        "type": ["Achievement"],
        "achievementType": "CertificateOfCompletion",
        "name": content.course,
        "description": f"Completed the live course {content.course}.",
        "criteria": {"narrative": "Attended the live sessions of the course until it was completed."},
    }


def _signed(credential: dict[str, Any], valid_from: datetime) -> str:
    """The credential as a JWT: it is the payload, and the registered claims repeat it (section 8.2.4)."""
    named = credential["issuer"]
    claims = {
        "iss": named["id"] if isinstance(named, dict) else named,
        "jti": credential["id"],
        "sub": credential["credentialSubject"]["id"],
        "nbf": int(valid_from.timestamp()),
    }
    header = {"alg": "RS256", "typ": "JWT", "kid": public_key()["kid"]}
    text = ".".join(base64url(canonical(part).encode()) for part in (header, credential | claims))
    return f"{text}.{base64url(_signature(text))}"


@lru_cache(maxsize=64)
def _signature(text: str) -> bytes:
    digest = hashlib.sha256(text.encode()).digest()
    return _client().sign(
        KeyId=settings().badge_key_id,
        Message=digest,
        MessageType="DIGEST",
        SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256",
    )["Signature"]


@cache
def _client() -> "KMSClient":
    import boto3  # noqa: PLC0415 - only who asks for a badge pays

    return boto3.client("kms")


def _encoded(revoked: Iterable[int]) -> str:
    bits = bytearray(LIST_SIZE // 8)
    for index in revoked:
        bits[index // 8] |= 0x80 >> index % 8
    return "u" + base64url(gzip.compress(bytes(bits), mtime=0))


def _url(path: str) -> str:
    return f"{settings().public_base_url.rstrip('/')}{certificates.PATH}/{path}"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8))


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
