"""Who is calling: the user of a verified token, an administrator, or a service with the shared bearer."""

import hmac
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.config import settings
from shared.errors import Forbidden, Unauthenticated
from shared.secret_store import secret


def claims_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """The claims that API Gateway's JWT authorizer verified: signature, issuer, audience, expiry."""
    authorizer: Mapping[str, Any] = (event.get("requestContext") or {}).get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims")
    if not claims:
        raise Unauthenticated("A bearer token is needed.")
    return dict(claims)


def user_id_of(claims: Mapping[str, Any]) -> UUID:
    """The `sub` of an access token.

    A Cognito ID token passes the authorizer too, so `token_use` and `client_id` are checked here.
    Raises Unauthenticated.
    """
    configured = settings()
    if configured.uses_own_pool and (
        claims.get("token_use") != "access" or str(claims.get("client_id")) not in configured.client_ids
    ):
        raise Unauthenticated("An access token of this platform is needed.")
    try:
        return UUID(str(claims["sub"]))
    except (KeyError, ValueError) as error:
        raise Unauthenticated("The token names no user.") from error


def caller(event: Mapping[str, Any]) -> UUID:
    """The user who makes this request; raises Unauthenticated."""
    return user_id_of(claims_of(event))


def admin_caller(event: Mapping[str, Any]) -> UUID:
    """The administrator by token; the database asks its own table again. Raises Unauthenticated or Forbidden."""
    claims = claims_of(event)
    user_id = user_id_of(claims)
    if "admin" not in groups_of(claims):
        raise Forbidden("This needs an administrator.")
    return user_id


def groups_of(claims: Mapping[str, Any]) -> frozenset[str]:
    """Cognito's groups; the HTTP API hands a list over as the string `[a b]`. A name may have a comma."""
    groups = claims.get("cognito:groups", ())
    if isinstance(groups, str):
        groups = groups.removeprefix("[").removesuffix("]").split()
    return frozenset(str(group) for group in groups)


def require_service(event: Mapping[str, Any]) -> None:
    """Refuse whoever lacks the service bearer; the comparison takes the same time for every guess."""
    expected = secret(settings().service_role_secret_id)["key"]
    scheme, _, given = str((event.get("headers") or {}).get("authorization", "")).partition(" ")
    same = hmac.compare_digest(given.strip().encode(errors="surrogatepass"), expected.encode())
    if scheme.lower() != "bearer" or not expected or not same:
        raise Unauthenticated("The service bearer is needed.")
