"""Profiles come from the identity provider: at each sign-in of the user pool, or when a user first writes something."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared import db
from shared.actors import service_for
from shared.config import settings
from shared.errors import Forbidden
from shared.profiles import pool, queries
from shared.profiles.models import PoolUser


class ProfileMissing(Exception):
    """The user of a valid token has no profile row yet."""


def create_profile(user_id: UUID, claims: Mapping[str, Any]) -> None:
    """Write the profile of a token's user from what the issuer says.

    An issuer that puts the address into its tokens (Supabase Auth does) is believed, otherwise the pool is asked.
    Raises Forbidden when no address is known, and (`account_erased`) for an erased user, whom tokens outlive.
    """
    attributes = dict(claims) if claims.get("email") else pool.attributes_of(str(claims.get("username", user_id)))
    if not attributes.get("email"):
        raise Forbidden("The identity provider knows no email address of this user.")
    _write(user_id, attributes)


def follow_claims(user_id: UUID, claims: Mapping[str, Any]) -> None:
    """Bring the profile up to what the token says of the address, where the issuer puts it into its tokens.

    The stack's own pool says it to its trigger instead. Raises Forbidden (`account_erased`).
    """
    if claims.get("email"):
        _write(user_id, claims)


def described(attributes: Mapping[str, Any]) -> PoolUser:
    """A person by the issuer's claims or the pool's attributes.

    An issuer that has only verified addresses in its tokens and no claim that says so (Supabase Auth, where it asks for
    confirmation) is believed where the operator says so.
    """
    verified = {} if settings().uses_own_pool else {"email_verified": settings().token_emails_verified}
    return PoolUser.model_validate({**verified, **attributes})


def _write(user_id: UUID, attributes: Mapping[str, Any]) -> None:
    with db.transaction(service_for(user_id)) as conn:
        queries.upsert_profile(conn, user_id, described(attributes))
