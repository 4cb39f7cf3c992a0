"""A user pool with the group of administrators, beside the functions' database."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest

from tests.deployed import DeployedFunctions


@dataclass(frozen=True)
class UserPool:
    id: str
    client: Any

    def sign_up(self, email: str) -> UUID:
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        created = self.client.admin_create_user(UserPoolId=self.id, Username=email, UserAttributes=attributes)
        return UUID(next(each["Value"] for each in created["User"]["Attributes"] if each["Name"] == "sub"))

    def groups_of(self, email: str) -> list[str]:
        found = self.client.admin_list_groups_for_user(UserPoolId=self.id, Username=email)["Groups"]
        return [each["GroupName"] for each in found]

    def set_up_authenticator(self, email: str) -> None:
        password = f"Long-Enough-{uuid4()}"
        self.client.admin_set_user_password(UserPoolId=self.id, Username=email, Password=password, Permanent=True)
        app = self.client.create_user_pool_client(UserPoolId=self.id, ClientName="app")["UserPoolClient"]["ClientId"]
        signed_in = self.client.initiate_auth(
            ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": email, "PASSWORD": password}
        )
        token = signed_in["AuthenticationResult"]["AccessToken"]
        self.client.associate_software_token(AccessToken=token)
        self.client.verify_software_token(AccessToken=token, UserCode="123456")
        chosen = {"Enabled": True, "PreferredMfa": True}
        self.client.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings=chosen)


@pytest.fixture
def user_pool(deployed: DeployedFunctions) -> UserPool:
    client: Any = boto3.client("cognito-idp")
    pool_id = client.create_user_pool(PoolName="users", UsernameAttributes=["email"])["UserPool"]["Id"]
    client.create_group(UserPoolId=pool_id, GroupName="admin")
    deployed.set(USER_POOL_ID=pool_id, TOKEN_ISSUER=f"https://cognito-idp.ap-south-1.amazonaws.com/{pool_id}")
    return UserPool(pool_id, client)
