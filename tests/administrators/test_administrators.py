"""Who becomes an administrator, and whose tokens say so."""

from typing import Any

import pytest

from shared.invocations import InvocationFailed
from tests.administrators.conftest import UserPool
from tests.deployed import DeployedFunctions

EMAIL = "asha@example.com"


def appoint(deployed: DeployedFunctions, email: str = EMAIL) -> dict[str, Any]:
    return deployed.invoke("administrators", {"source": "operator", "email": email})


def token_groups(
    deployed: DeployedFunctions, pool: UserPool, email: str, *groups: str, pool_id: str | None = None
) -> list[str]:
    """What the trigger leaves of a user's groups."""
    user = pool.client.admin_get_user(UserPoolId=pool.id, Username=email)
    event = {
        "version": "2",
        "triggerSource": "TokenGeneration_Authentication",
        "userPoolId": pool_id or pool.id,
        "userName": user["Username"],
        "request": {
            "userAttributes": {each["Name"]: each["Value"] for each in user["UserAttributes"]},
            "groupConfiguration": {"groupsToOverride": list(groups), "iamRolesToOverride": [], "preferredRole": None},
        },
        "response": {"claimsAndScopeOverrideDetails": None},
    }
    details = deployed.invoke("profiles", event)["response"]["claimsAndScopeOverrideDetails"]
    return list(groups) if details is None else details["groupOverrideDetails"]["groupsToOverride"]


def test_an_appointed_user_is_in_the_group_and_in_the_database(
    deployed: DeployedFunctions, user_pool: UserPool
) -> None:
    user_id = user_pool.sign_up(EMAIL)
    assert appoint(deployed) == appoint(deployed) == {"userId": str(user_id), "secondFactor": False}
    assert user_pool.groups_of(EMAIL) == ["admin"]
    assert deployed.rows("select user_id from admins") == [{"user_id": user_id}]


def test_nobody_is_appointed_by_an_unknown_address(deployed: DeployedFunctions, user_pool: UserPool) -> None:
    with pytest.raises(InvocationFailed, match="UserNotFoundException"):
        appoint(deployed, "nobody@example.com")
    assert deployed.rows("select user_id from admins") == []


def test_a_token_carries_the_group_only_with_a_second_factor(deployed: DeployedFunctions, user_pool: UserPool) -> None:
    user_pool.sign_up(EMAIL)
    assert token_groups(deployed, user_pool, EMAIL, "admin", "editors") == ["editors"]
    user_pool.set_up_authenticator(EMAIL)
    assert token_groups(deployed, user_pool, EMAIL, "admin", "editors") == ["admin", "editors"]


def test_without_the_requirement_a_password_is_enough(deployed: DeployedFunctions, user_pool: UserPool) -> None:
    user_pool.sign_up(EMAIL)
    deployed.set(REQUIRE_ADMIN_MFA="no")
    assert token_groups(deployed, user_pool, EMAIL, "admin") == ["admin"]


def test_a_pool_that_cannot_answer_lets_no_administrator_in(deployed: DeployedFunctions, user_pool: UserPool) -> None:
    user_pool.sign_up(EMAIL)
    with pytest.raises(InvocationFailed):
        token_groups(deployed, user_pool, EMAIL, "admin", pool_id="ap-south-1_nowhere00")
    assert token_groups(deployed, user_pool, EMAIL, "editors", pool_id="ap-south-1_nowhere00") == ["editors"]
