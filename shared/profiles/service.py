"""Profiles come from the user pool: when a sign-up is confirmed, or when an unknown user first writes something."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared import db
from shared.actors import service_for
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
    with db.transaction(service_for(user_id)) as conn:
        if not queries.upsert_profile(conn, user_id, PoolUser.model_validate(attributes)):
            raise Forbidden("This account was erased.", code="account_erased")
