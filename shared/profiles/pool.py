"""The user pool, where it is this platform's own."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from shared.config import settings
from shared.errors import Unavailable

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient


class PoolDown(Unavailable):
    """The pool cannot answer now, or refuses; nothing is known about what it did."""

    code = "identity_provider_unavailable"


@cache
def _client() -> "CognitoIdentityProviderClient":
    import boto3  # noqa: PLC0415 - paid once in the life of a user

    return boto3.client("cognito-idp")


@dataclass(frozen=True)
class PoolAccount:
    """A user of the pool, as it describes them."""

    user_id: UUID
    attributes: dict[str, str]
    has_second_factor: bool


def account_of(username: str, pool_id: str | None = None) -> PoolAccount:
    """By user name or verified address. Raises botocore's ClientError: UserNotFoundException for nobody."""
    answer = _client().admin_get_user(UserPoolId=pool_id or settings().user_pool_id, Username=username)
    attributes = {pair["Name"]: pair.get("Value", "") for pair in answer.get("UserAttributes", [])}
    factors = answer.get("UserMFASettingList", [])
    return PoolAccount(UUID(attributes["sub"]), attributes, "SOFTWARE_TOKEN_MFA" in factors)


def add_to_group(username: str, group: str) -> None:
    _client().admin_add_user_to_group(UserPoolId=settings().user_pool_id, Username=username, GroupName=group)


def attributes_of(username: str) -> dict[str, str]:
    return account_of(username).attributes


def delete_user(username: str) -> None:
    """Nobody of that name is left; raises PoolDown."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - comes with boto3

    try:
        _client().admin_delete_user(UserPoolId=settings().user_pool_id, Username=username)
    except _client().exceptions.UserNotFoundException:
        return
    except (BotoCoreError, ClientError) as error:
        raise PoolDown("The login cannot be deleted now.") from error
