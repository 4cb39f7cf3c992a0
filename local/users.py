"""The seeded users, who sign up at the user pool as anybody does, and their tokens."""

from typing import Any

import psycopg

from local.stack_file import Cognito, User

NAMES = {"student": "Asha Rao", "student2": "Vikram Iyer", "student3": "Meera Nair", "admin": "Rohan Mehta"}


def lengthen_tokens(client: Any, cognito: Cognito) -> None:
    """Let access tokens last a day, so that stack.json serves that long; the template says an hour."""
    described = client.describe_user_pool_client(UserPoolId=cognito.user_pool_id, ClientId=cognito.client_id)
    current: dict[str, Any] = described["UserPoolClient"]
    # Cognito resets what an update leaves out.
    kept = {name: current[name] for name in ("ExplicitAuthFlows", "RefreshTokenValidity", "IdTokenValidity")}
    units = {**current["TokenValidityUnits"], "AccessToken": "hours"}
    client.update_user_pool_client(
        UserPoolId=cognito.user_pool_id,
        ClientId=cognito.client_id,
        AccessTokenValidity=24,
        TokenValidityUnits=units,
        **kept,
    )


def ensure(client: Any, cognito: Cognito, password: str, owner_url: str) -> dict[str, User]:
    """Sign up who is missing, make the administrator one, and sign everybody in."""
    users = {name: _ensure_user(client, cognito, name, password) for name in NAMES}
    admin = {"UserPoolId": cognito.user_pool_id, "Username": users["admin"].email, "GroupName": "admin"}
    client.admin_add_user_to_group(**admin)
    with psycopg.connect(owner_url) as connection:
        connection.execute("insert into admins (user_id) values (%s) on conflict do nothing", (users["admin"].id,))
    return {name: user.model_copy(update={"token": sign_in(client, cognito, user)}) for name, user in users.items()}


def sign_in(client: Any, cognito: Cognito, user: User) -> str:
    """An access token."""
    signed_in = client.initiate_auth(
        ClientId=cognito.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user.email, "PASSWORD": user.password},
    )
    return signed_in["AuthenticationResult"]["AccessToken"]


def _ensure_user(client: Any, cognito: Cognito, name: str, password: str) -> User:
    email = f"{name}@example.com"
    known = {"UserPoolId": cognito.user_pool_id, "Username": email}
    try:
        attributes = client.admin_get_user(**known)["UserAttributes"]
        user_id = next(each["Value"] for each in attributes if each["Name"] == "sub")
    except client.exceptions.UserNotFoundException:
        user_id = client.sign_up(
            ClientId=cognito.client_id,
            Username=email,
            Password=password,
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "name", "Value": NAMES[name]}],
        )["UserSub"]
        # No code is entered that would verify the address.
        verified = [{"Name": "email_verified", "Value": "true"}]
        client.admin_update_user_attributes(**known, UserAttributes=verified)
        client.admin_confirm_sign_up(**known)
    return User(id=user_id, email=email, password=password, token="")
