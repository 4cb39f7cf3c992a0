"""The user pool, where it is this platform's own."""

from functools import cache
from typing import TYPE_CHECKING

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


def attributes_of(username: str) -> dict[str, str]:
    answer = _client().admin_get_user(UserPoolId=settings().user_pool_id, Username=username)
    return {pair["Name"]: pair.get("Value", "") for pair in answer.get("UserAttributes", [])}


def delete_user(username: str) -> None:
    """Nobody of that name is left; raises PoolDown."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - comes with boto3

    try:
        _client().admin_delete_user(UserPoolId=settings().user_pool_id, Username=username)
    except _client().exceptions.UserNotFoundException:
        return
    except (BotoCoreError, ClientError) as error:
        raise PoolDown("The login cannot be deleted now.") from error
