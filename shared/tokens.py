"""Verifies access tokens where no authorizer of API Gateway does: on a WebSocket's way in, and on public routes.

RS256 only, keys only from the configured issuer's JWKS, whatever the token's header suggests (RFC 8725).
"""

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared import auth, clock
from shared.config import settings
from shared.errors import Unauthenticated, Unavailable
from shared.log import logger

if TYPE_CHECKING:
    from jwt import PyJWK

MAX_TOKEN_LENGTH = 8192
REFETCH_SECONDS = 300
"""An unknown key is looked up at most this often: a rotation shows once, forged key ids cost nothing."""
AFTER_FAILURE_SECONDS = 15
REFRESH_SECONDS = 3600
"""After which a key that the issuer has withdrawn is no longer accepted."""
HEADER_FIELDS = frozenset({"alg", "kid", "typ"})
"""Others would name a key (jwk, jku, x5u, x5c) or change what is verified (crit, b64)."""


@dataclass(frozen=True)
class Caller:
    """Whose token it is, and until when it says so."""

    user_id: UUID
    expires_at: datetime


class Keys:
    """The issuer's signing keys by key id, kept while the issuer is unreachable."""

    def __init__(self, fetch: Callable[[], bytes], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at = self._next_try = -float("inf")

    def get(self, kid: str) -> "PyJWK":
        """Raises Unauthenticated for a key the issuer does not have, Unavailable when it cannot be asked."""
        now = self._monotonic()
        is_old = now - self._fetched_at >= REFRESH_SECONDS
        away = (kid not in self._keys or is_old) and now >= self._next_try and not self._refresh(now)
        if kid in self._keys:
            return self._keys[kid]
        if away or not self._keys:
            raise Unavailable("The issuer's keys cannot be read now.")
        raise Unauthenticated("The token is not valid.")

    def _refresh(self, now: float) -> bool:
        try:
            self._keys = _signing_keys(self._fetch())
        except (OSError, ValueError) as error:
            logger.error("jwks_unavailable", error=type(error).__name__)
            self._next_try = now + AFTER_FAILURE_SECONDS
            return False
        self._fetched_at, self._next_try = now, now + REFETCH_SECONDS
        return True


def bearer_of(event: Mapping[str, Any]) -> str | None:
    """A request's bearer token, None without Authorization header; raises Unauthenticated for another scheme."""
    header = (event.get("headers") or {}).get("authorization")
    if header is None:
        return None
    scheme, _, token = str(header).partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("A bearer token is needed.")
    return token.strip()


def verify(token: str, keys: Keys | None = None) -> Caller:
    """The user of a valid access token; raises Unauthenticated, or Unavailable without the issuer's keys."""
    import jwt  # noqa: PLC0415 - 120 ms with cryptography, for the few who verify

    try:
        if len(token) > MAX_TOKEN_LENGTH:
            raise Unauthenticated("The token is not valid.")
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        if header.get("alg") != "RS256" or not isinstance(kid, str) or not header.keys() <= HEADER_FIELDS:
            raise Unauthenticated("The token is not valid.")
        claims: dict[str, Any] = jwt.decode(
            token,
            (keys or _keys()).get(kid),
            algorithms=["RS256"],
            issuer=settings().token_issuer,
            options={"require": ["exp", "iss", "sub"], "verify_aud": False},
        )
    except (jwt.PyJWTError, ValueError, RecursionError, OverflowError) as error:
        raise Unauthenticated("The token is not valid.") from error
    if not _is_for_us(claims):
        raise Unauthenticated("The token is not for this platform.")
    return Caller(auth.user_id_of(claims), clock.from_unix(int(claims["exp"])))


def _is_for_us(claims: dict[str, Any]) -> bool:
    """As API Gateway decides: `aud`, or `client_id` where there is none (Cognito's access tokens)."""
    client = claims.get("client_id", "")
    audience = claims.get("aud") or client
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(client, str) or not isinstance(named, list):
        return False
    return not settings().client_ids.isdisjoint(str(each) for each in named)


def _signing_keys(document: bytes) -> "dict[str, PyJWK]":
    from jwt import PyJWK, PyJWTError  # noqa: PLC0415

    published: list[dict[str, Any]] = json.loads(document)["keys"]
    keys: dict[str, PyJWK] = {}
    for key in published:
        if key.get("kty") == "RSA" and key.get("use", "sig") == "sig" and "kid" in key:
            try:
                keys[str(key["kid"])] = PyJWK.from_dict(key, algorithm="RS256")
            except PyJWTError as error:
                raise ValueError("a published key cannot be read") from error
    return keys


@cache
def _keys() -> Keys:
    return Keys(_download)


def _download() -> bytes:
    url = settings().token_jwks_url  # set by the operator
    with urllib.request.urlopen(url, timeout=3) as answer:  # noqa: S310
        return answer.read(256 * 1024)
