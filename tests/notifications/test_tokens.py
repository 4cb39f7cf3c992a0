"""Access tokens on a WebSocket's way in: what is forged is refused, and the issuer is asked rarely."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from shared import clock
from shared.errors import Unauthenticated, Unavailable
from shared.tokens import REFETCH_SECONDS, REFRESH_SECONDS, Keys, verify
from tests.notifications.notification_platform import Environment

ISSUER = "https://issuer.example.com/pool"
KEY = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
USER = uuid4()


class Issuer:
    """Serves keys by id; counts, and can be away."""

    def __init__(self, **keys: rsa.RSAPrivateKey) -> None:
        self.keys = keys
        self.fetched = 0
        self.away = False
        self.now = 0.0

    def fetch(self) -> bytes:
        self.fetched += 1
        if self.away:
            raise OSError("away")
        published = [
            {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}
            for kid, key in self.keys.items()
        ]
        return json.dumps({"keys": published}).encode()

    def cache(self) -> Keys:
        return Keys(self.fetch, lambda: self.now)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(clock.now().timestamp())
    given = {"iss": ISSUER, "sub": str(USER), "client_id": "app", "token_use": "access", "iat": now, "exp": now + 600}
    return {name: value for name, value in (given | changes).items() if value is not None}


def signed(payload: dict[str, Any] | None = None, *, key: Any = KEY, alg: str = "RS256", **header: Any) -> str:
    given = {"kid": "one"} | header
    return jwt.encode(payload or claims(), key, alg, headers={k: v for k, v in given.items() if v is not None})


def by_hand(header: dict[str, Any], payload: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(payload).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def public_pem() -> bytes:
    return KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def hmac_with_public_key() -> str:
    unsigned = by_hand({"alg": "HS256", "typ": "JWT", "kid": "one"}, claims()).rstrip(".")
    digest = hmac.digest(public_pem(), unsigned.encode(), hashlib.sha256)
    return f"{unsigned}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def tampered(position: int) -> str:
    header, payload, signature = signed().split(".")
    parts = [header, payload, signature]
    parts[position] = parts[position][:-6] + ("AAAAAA" if parts[position][-6:] != "AAAAAA" else "BBBBBB")
    return ".".join(parts)


def now() -> int:
    return int(clock.now().timestamp())


JWK = json.loads(RSAAlgorithm.to_jwk(OTHER.public_key()))
ALGORITHMS = ("none", "None", "NONE", "nOnE", "", "RS256", "HS256", "HS512", "ES256", "EdDSA")
FORGED: list[Callable[[], str]] = [
    lambda: "",
    lambda: ".",
    lambda: "..",
    lambda: "a.b.c",
    lambda: "null",
    lambda: "\x00",
    lambda: "é.é.é",
    lambda: signed() + ".",
    lambda: signed() + "x",
    lambda: signed().rsplit(".", 1)[0],
    lambda: signed().rsplit(".", 1)[0] + ".",
    lambda: tampered(0),
    lambda: tampered(1),
    lambda: tampered(2),
    *[lambda alg=alg: by_hand({"alg": alg, "kid": "one"}, claims()) for alg in ALGORITHMS],
    lambda: by_hand({"kid": "one"}, claims()),
    lambda: by_hand({"alg": ["RS256"], "kid": "one"}, claims()),
    hmac_with_public_key,
    lambda: signed(alg="RS384"),
    lambda: signed(alg="RS512"),
    lambda: signed(alg="PS256"),
    lambda: signed(key=OTHER),
    lambda: signed(key=OTHER, jwk=JWK),
    lambda: signed(key=OTHER, jku="https://evil.example.com/jwks.json"),
    lambda: signed(key=OTHER, x5u="https://evil.example.com/cert.pem"),
    lambda: signed(key=OTHER, x5c=["MIIB"]),
    lambda: signed(jwk=JWK),
    lambda: signed(jku="https://evil.example.com/jwks.json"),
    lambda: signed(crit=["exp"]),
    lambda: signed(crit=["b64"], b64=True),
    lambda: signed(kid=None),
    lambda: signed(kid="two"),
    lambda: signed(kid="../../one"),
    lambda: signed(kid="one\x00"),
    lambda: signed(kid="' or 1=1 --"),
    lambda: signed(kid=""),
    lambda: signed(claims(iss="https://issuer.example.com/other-pool")),
    lambda: signed(claims(iss="https://cognito-idp.eu-west-1.amazonaws.com/pool")),
    lambda: signed(claims(iss=ISSUER + "/")),
    lambda: signed(claims(iss=None)),
    lambda: signed(claims(token_use="id")),
    lambda: signed(claims(token_use="refresh")),
    lambda: signed(claims(token_use=None)),
    lambda: signed(claims(client_id="other")),
    lambda: signed(claims(client_id=None)),
    lambda: signed(claims(client_id=None, aud="app")),
    lambda: signed(claims(client_id=["app"])),
    lambda: signed(claims(aud="other")),
    lambda: signed(claims(exp=now() - 1)),
    lambda: signed(claims(exp=None)),
    lambda: signed(claims(exp="never")),
    lambda: signed(claims(exp=0)),
    lambda: signed(claims(nbf=now() + 60)),
    lambda: signed(claims(iat=now() + 3600)),
    lambda: signed(claims(sub=None)),
    lambda: signed(claims(sub="admin")),
    lambda: signed(claims(sub="")),
    lambda: signed(claims(sub=str(USER) + "'")),
    lambda: signed(claims(padding="x" * 16_384)),
    lambda: by_hand({"alg": "RS256", "kid": "one"}, {}, b"x" * 256),
    lambda: "[" * 5000 + "." + "[" * 5000 + ".",
]  # fmt: skip


@pytest.fixture
def own_pool(environment: Environment) -> Environment:
    environment.set(user_pool_id="pool", token_issuer=ISSUER, token_client_ids="app,web")
    return environment


def test_a_good_token_names_its_user_until_it_ends(own_pool: Environment) -> None:
    issuer = Issuer(one=KEY)
    payload = claims()
    caller = verify(signed(payload), issuer.cache())
    assert (caller.user_id, int(caller.expires_at.timestamp())) == (USER, payload["exp"])


def test_sixty_forgeries_are_all_refused(own_pool: Environment) -> None:
    assert len(FORGED) >= 60
    keys = Issuer(one=KEY).cache()
    for number, forge in enumerate(FORGED):
        with pytest.raises(Unauthenticated):
            pytest.fail(f"forgery {number} was accepted: {verify(forge(), keys)}")


def test_control_a_reader_that_only_decodes_would_accept_forgeries() -> None:
    accepted = 0
    for forge in FORGED:
        try:
            jwt.decode(forge(), options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, RecursionError):
            continue
        accepted += 1
    assert accepted > 20


def test_another_issuer_of_the_installation_is_known_by_its_audience(environment: Environment) -> None:
    keys = Issuer(one=KEY).cache()
    supabase = claims(aud=["app"], client_id=None, token_use=None)
    assert verify(signed(supabase), keys).user_id == USER
    with pytest.raises(Unauthenticated):
        verify(signed(claims(aud=["other"], client_id="app", token_use=None)), keys)


def test_a_thousand_unknown_keys_cost_one_fetch_in_five_minutes(own_pool: Environment) -> None:
    issuer = Issuer(one=KEY)
    keys = issuer.cache()
    for minute in range(5):
        issuer.now = minute * 60
        for n in range(200):
            with pytest.raises(Unauthenticated):
                verify(by_hand({"alg": "RS256", "kid": f"key {minute} {n}"}, claims()), keys)
    assert issuer.fetched == 1


def test_a_rotation_is_picked_up_by_one_fetch(own_pool: Environment) -> None:
    issuer = Issuer(one=KEY)
    keys = issuer.cache()
    verify(signed(), keys)
    issuer.keys["two"] = OTHER
    issuer.now = REFETCH_SECONDS
    assert verify(signed(kid="two", key=OTHER), keys).user_id == USER
    verify(signed(), keys)
    assert issuer.fetched == 2


def test_known_keys_verify_while_the_issuer_is_away_and_withdrawn_ones_end(own_pool: Environment) -> None:
    issuer = Issuer(one=KEY)
    keys = issuer.cache()
    verify(signed(), keys)
    issuer.away, issuer.now = True, REFRESH_SECONDS + 1.0
    verify(signed(), keys)
    issuer.away, issuer.now = False, issuer.now + 16
    del issuer.keys["one"]
    with pytest.raises(Unavailable):
        verify(signed(), keys)


def test_with_no_key_at_all_the_answer_is_try_again(own_pool: Environment) -> None:
    issuer = Issuer(one=KEY)
    issuer.away = True
    keys = issuer.cache()
    for _ in range(100):
        with pytest.raises(Unavailable):
            verify(signed(), keys)
    assert issuer.fetched == 1
