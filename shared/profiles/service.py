"""Profiles come from the user pool: when a sign-up is confirmed, or when an unknown user first writes something."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared import db
from shared.actors import service_for
from shared.config import settings
from shared.errors import Forbidden
from shared.profiles import queries
from shared.profiles.models import PoolUser

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient


class ProfileMissing(Exception):
    """The user of a valid token has no profile row yet."""


@cache
def _client() -> "CognitoIdentityProviderClient":
    import boto3  # noqa: PLC0415 - paid once in the life of a user

    return boto3.client("cognito-idp")


def create_profile(user_id: UUID, claims: Mapping[str, Any]) -> None:
    """Write the profile of a token's user from what the issuer says; raises Forbidden when it says no address.

    An issuer that puts the address into its tokens (Supabase Auth does) is believed, otherwise the pool is asked.
    """
    attributes = dict(claims) if claims.get("email") else _pool_attributes(str(claims.get("username", user_id)))
    if not attributes.get("email"):
        raise Forbidden("The identity provider knows no email address of this user.")
    with db.transaction(service_for(user_id)) as conn:
        queries.upsert_profile(conn, user_id, PoolUser.model_validate(attributes))


def _pool_attributes(username: str) -> dict[str, str]:
    answer = _client().admin_get_user(UserPoolId=settings().user_pool_id, Username=username)
    return {pair["Name"]: pair.get("Value", "") for pair in answer.get("UserAttributes", [])}
