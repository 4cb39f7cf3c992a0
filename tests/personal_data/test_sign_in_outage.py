"""A database that cannot answer keeps nobody from signing in, and no confirmed person without a profile."""

import pytest

from shared.errors import Unavailable
from tests.deployed import DeployedFunctions, linked

ADDRESS = "asha@example.com"


def test_a_sign_in_works_without_the_database_and_a_confirmation_is_repeated(deployed: DeployedFunctions) -> None:
    user = deployed.profile(email=ADDRESS)
    said = {"email": "new@example.com", "email_verified": "true"}
    event = {"request": {"userAttributes": {"sub": str(user), **said}}}
    with linked(deployed) as link:
        link.refusing = True
        link.drop_all()
        signing_in = event | {"triggerSource": "TokenGeneration_Authentication"}
        assert deployed.invoke("profiles", signing_in) == signing_in
        with pytest.raises(Unavailable):
            deployed.invoke("profiles", event | {"triggerSource": "PostConfirmation_ConfirmSignUp"})
    assert deployed.row("select email from profiles") == {"email": ADDRESS}
