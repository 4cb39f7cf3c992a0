"""The badge is an Open Badge 3.0 by the judgement of openbadgeslib, which has nothing of ours."""

import json
from base64 import urlsafe_b64decode
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from jwt.algorithms import RSAAlgorithm
from openbadgeslib.ob3.status import decode_encoded_list, set_indices  # pyright: ignore[reportMissingTypeStubs]
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier  # pyright: ignore[reportMissingTypeStubs]

from functions.generate_certificate import badges
from tests.certificates.certificate_platform import Platform

BASE = "https://api.example.com/functions/v1/generate-certificate"


def verifier(platform: Platform, token: str) -> OB3Verifier:
    """Trusting the key that the badge's header names, at its address."""
    header: dict[str, Any] = json.loads(badges_part(token, 0))
    assert header["alg"] == "RS256"
    published = platform.get(header["kid"].removeprefix(BASE))
    key: Any = RSAAlgorithm.from_jwk(published.raw)
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return OB3Verifier(pem, issuer_did=f"{BASE}/issuer")


def badges_part(token: str, place: int) -> bytes:
    part = token.split(".")[place]
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def fetch(platform: Platform) -> Any:
    def download(url: str) -> bytes:
        answer = platform.get(url.removeprefix(BASE))
        assert answer.status == 200, url
        return answer.raw.encode()

    return download


def test_a_badge_holds_by_an_independent_implementation(platform: Platform) -> None:
    mine = platform.certificate("आशा श्रीवास्तव")
    answer = platform.get("/badge", token=mine["verificationToken"])
    assert answer.headers["content-type"] == "application/vc+jwt"
    credential = verifier(platform, answer.raw).verify(answer.raw, check_status=True, download=fetch(platform))
    assert credential.issuer.id == f"{BASE}/issuer"
    assert credential.issuer.name == "Crash Course Academy"
    payload = json.loads(badges_part(answer.raw, 1))
    assert payload["credentialSubject"]["identifier"][0]["identityHash"] == "आशा श्रीवास्तव"
    assert payload["credentialSubject"]["achievement"]["achievementType"] == "CertificateOfCompletion"
    assert json.loads(platform.get("/issuer").raw) == payload["issuer"]
    assert platform.get("/badge", token=mine["verificationToken"]).raw == answer.raw


def test_a_changed_badge_does_not_hold(platform: Platform) -> None:
    mine = platform.certificate("Asha Rao")
    token = platform.get("/badge", token=mine["verificationToken"]).raw
    payload = badges_part(token, 1).replace(b"Asha Rao", b"Mallory!")
    forged = ".".join([token.split(".")[0], badges.base64url(payload), token.split(".")[2]])
    with pytest.raises(OB3VerificationError, match="Invalid signature"):
        verifier(platform, token).verify(forged)


def test_a_revoked_badge_is_on_the_status_list(platform: Platform) -> None:
    mine, other = platform.certificate("Asha Rao"), platform.certificate("Ben Das")
    tokens = [platform.get("/badge", token=each["verificationToken"]).raw for each in (mine, other)]
    platform.admin("POST", f"/{mine['id']}/revoke", body={"reason": "Issued by mistake"})
    with pytest.raises(OB3VerificationError, match="'revocation' is set"):
        verifier(platform, tokens[0]).verify(tokens[0], check_status=True, download=fetch(platform))
    assert verifier(platform, tokens[1]).verify(tokens[1], check_status=True, download=fetch(platform))
    listed = json.loads(badges_part(platform.get("/status-lists/0").raw, 1))
    bits = decode_encoded_list(listed["credentialSubject"]["encodedList"])
    assert len(bits) * 8 == badges.LIST_SIZE
    assert set_indices(bits) == {1}


def test_a_status_list_of_somebody_else_is_refused(platform: Platform) -> None:
    mine = platform.certificate()
    token = platform.get("/badge", token=mine["verificationToken"]).raw
    listed = platform.get("/status-lists/0").raw
    header, payload, _ = listed.split(".")
    forged = f"{header}.{payload}.{badges.base64url(bytes(256))}"

    def download(_: str) -> bytes:
        return forged.encode()

    with pytest.raises(OB3VerificationError, match="proof is invalid"):
        verifier(platform, token).verify(token, check_status=True, download=download)
