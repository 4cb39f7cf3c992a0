"""A person sees and corrects their profile; the address follows what the identity provider has verified."""

from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest

from shared.profiles.consent_queries import WORDING_VERSION
from tests.deployed import Answer, DeployedFunctions, access_token

ADDRESS = "asha@example.com"
OTHER_ISSUER = "https://supabase.example.com/auth/v1"


def ask(deployed: DeployedFunctions, user: UUID, method: str = "GET", body: Any = None, **claims: str) -> Answer:
    return deployed.request("personal_data", method, "me", claims=access_token(user, **claims), body=body)


def changes(deployed: DeployedFunctions) -> list[tuple[str, str | None, str | None, UUID | None]]:
    rows = deployed.rows(
        "select field, old_value, new_value, changed_by from profile_changes order by changed_at, field"
    )
    return [(row["field"], row["old_value"], row["new_value"], row["changed_by"]) for row in rows]


def test_a_person_sees_the_profile(emptied: DeployedFunctions) -> None:
    user = emptied.profile(email=ADDRESS, language="hi-IN", phone="+919876500001", referral_code="ASHA2026")
    answer = ask(emptied, user)
    assert answer.status == 200
    del answer.body["profile"]["createdAt"]
    assert answer.body["profile"] == {
        "id": str(user),
        "email": ADDRESS,
        "emailVerified": True,
        "name": "Asha Rao",
        "phone": "+919876500001",
        "phoneVerified": False,
        "language": "hi",
        "marketingConsent": False,
        "referralCode": "ASHA2026",
    }


def test_a_person_corrects_name_and_language_and_finds_both_in_the_export(emptied: DeployedFunctions) -> None:
    user, other = emptied.profile(email=ADDRESS), emptied.profile()
    answer = ask(emptied, user, "PATCH", {"name": "  Asha  Ra\u0301o ", "language": "hi"})
    assert (answer.status, answer.body["profile"]["name"], answer.body["profile"]["language"]) == (
        200,
        "Asha  Ráo",
        "hi",
    )
    assert ask(emptied, user, "PATCH", {"language": "hi"}).status == 200
    assert changes(emptied) == [("language", "en", "hi", user), ("name", "Asha Rao", "Asha  Ráo", user)]
    assert emptied.row("select full_name from profiles where id = %s", other) == {"full_name": "Asha Rao"}
    exported = emptied.request("personal_data", "GET", "me/export", user=user).body["data"]["profile_changes"]
    assert {row["field"] for row in exported} == {"name", "language"}
    assert emptied.request("personal_data", "GET", "me/export", user=other).body["data"]["profile_changes"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"name": " "},
        {"name": "x" * 201},
        {"name": "Asha\nRao"},
        {"name": "Asha \u202eoaR"},
        {"language": "fr"},
        {"email": "new@example.com"},
        {"phone": "+919876500001"},
        {"phoneVerified": True},
        {"referralCode": "MINE"},
    ],
    ids=str,
)
def test_nothing_else_can_be_changed(emptied: DeployedFunctions, body: dict[str, Any]) -> None:
    user = emptied.profile(email=ADDRESS)
    before = emptied.rows("select * from profiles")
    assert ask(emptied, user, "PATCH", body).status == 422
    assert emptied.rows("select * from profiles") == before
    assert changes(emptied) == []


def test_who_asks_first_gets_a_profile_from_the_pool(emptied: DeployedFunctions) -> None:
    pool = boto3.client("cognito-idp")
    pool_id = pool.create_user_pool(PoolName="students")["UserPool"].get("Id", "")
    attributes: Any = [
        {"Name": "email", "Value": ADDRESS}, {"Name": "email_verified", "Value": "true"},
        {"Name": "phone_number", "Value": "+919876500001"},
    ]  # fmt: skip
    pool.admin_create_user(UserPoolId=pool_id, Username=ADDRESS, UserAttributes=attributes)
    emptied.set(USER_POOL_ID=pool_id, TOKEN_ISSUER=f"https://cognito-idp.ap-south-1.amazonaws.com/{pool_id}")
    profile = ask(emptied, uuid4(), username=ADDRESS).body["profile"]
    assert (profile["email"], profile["emailVerified"]) == (ADDRESS, True)
    assert (profile["phone"], profile["phoneVerified"]) == ("+919876500001", False)


def new_token(
    deployed: DeployedFunctions, user: UUID, trigger: str = "TokenGeneration_RefreshTokens", **said: str
) -> Any:
    event = {"triggerSource": trigger, "request": {"userAttributes": {"sub": str(user), **said}}, "response": {}}
    assert deployed.invoke("profiles", event) == event
    return deployed.row("select email, email_verified, full_name from profiles where id = %s", user)


@pytest.mark.parametrize("trigger", ["TokenGeneration_Authentication", "TokenGeneration_RefreshTokens"])
def test_the_address_follows_the_pool_by_the_next_token(emptied: DeployedFunctions, trigger: str) -> None:
    user = emptied.profile(email=ADDRESS)
    followed = new_token(emptied, user, trigger, email="new@example.com", email_verified="true", name="Another Name")
    assert followed == {"email": "new@example.com", "email_verified": True, "full_name": "Asha Rao"}
    assert new_token(emptied, user, trigger, email="new@example.com", email_verified="true") == followed
    assert changes(emptied) == [("email", ADDRESS, "new@example.com", user)]


@pytest.mark.parametrize("said", [{"email_verified": "false"}, {}], ids=str)
def test_an_address_that_is_not_verified_is_not_followed(emptied: DeployedFunctions, said: dict[str, str]) -> None:
    user = emptied.profile(email=ADDRESS)
    known = {"email": ADDRESS, "email_verified": True, "full_name": "Asha Rao"}
    assert new_token(emptied, user, email="mallory@example.com", **said) == known
    assert changes(emptied) == []


def test_a_person_whose_address_is_not_verified_gets_no_mail_until_it_is(emptied: DeployedFunctions) -> None:
    boto3.client("sesv2").create_email_identity(EmailIdentity="courses@example.com")
    user = uuid4()
    unverified = new_token(emptied, user, "PostConfirmation_ConfirmSignUp", email=ADDRESS, name="Asha")
    assert unverified == {"email": ADDRESS, "email_verified": False, "full_name": "Asha"}
    assert mailed(emptied, user, "one") == ("cancelled", "address not verified")
    assert new_token(emptied, user, email=ADDRESS, email_verified="true")["email_verified"] is True
    assert mailed(emptied, user, "two")[0] == "sent"


def mailed(deployed: DeployedFunctions, user: UUID, key: str) -> tuple[str, str | None]:
    deployed.rows(
        "insert into notifications_queue (user_id, type, channel, template, dedupe_key, data)"
        " values (%s, 'email', 'transactional', 'hold_expired', %s, '{\"eventTitle\": \"Rust\"}')",
        user, key,
    )  # fmt: skip
    deployed.invoke("send_notifications", {"source": "schedule", "job": "send-notifications"})
    row = deployed.row("select status, last_error from notifications_queue where dedupe_key = %s", key)
    return row["status"], row["last_error"]


@pytest.mark.parametrize(
    ("claims", "trusting", "expected"),
    [
        ({"email_verified": "true"}, "no", "new@example.com"),
        ({"email_verified": "false"}, "no", ADDRESS),
        ({}, "no", ADDRESS),
        ({}, "yes", "new@example.com"),
        ({"email_verified": "false"}, "yes", ADDRESS),
        ({"user_metadata": "map[email_verified:true]"}, "no", ADDRESS),
    ],
    ids=str,
)
def test_another_issuers_verified_claim_is_followed(
    emptied: DeployedFunctions, claims: dict[str, str], trusting: str, expected: str
) -> None:
    """What a person can write into a token themselves (Supabase's user_metadata) verifies nothing."""
    emptied.set(TOKEN_ISSUER=OTHER_ISSUER, USER_POOL_ID="", TOKEN_EMAILS_VERIFIED=trusting)
    user = emptied.profile(email=ADDRESS)
    profile = ask(emptied, user, email="new@example.com", **claims).body["profile"]
    assert (profile["email"], profile["emailVerified"]) == (expected, True)


def test_registering_follows_another_issuer_too(emptied: DeployedFunctions) -> None:
    emptied.set(TOKEN_ISSUER=OTHER_ISSUER, USER_POOL_ID="")
    user, body = emptied.profile(email=ADDRESS), {"eventId": str(emptied.event(price_amount=0))}
    claims = access_token(user, email="new@example.com", email_verified="true")
    assert emptied.request("registrations", "POST", "registrations", claims=claims, body=body).status == 201
    assert emptied.row("select email from profiles where id = %s", user) == {"email": "new@example.com"}


def test_an_erased_person_has_no_profile_and_none_comes_back(emptied: DeployedFunctions) -> None:
    user = emptied.profile(email=ADDRESS)
    assert ask(emptied, user, "PATCH", {"name": "Asha Kumari"}).status == 200
    assert emptied.request("personal_data", "POST", "me/erase", user=user, body={"email": ADDRESS}).status == 200
    assert new_token(emptied, user, email=ADDRESS, email_verified="true")["email"].endswith("@erased.invalid")
    for method, body in (("GET", None), ("PATCH", {"name": "Asha Rao"})):
        answer = ask(emptied, user, method, body, email=ADDRESS, email_verified="true")
        assert (answer.status, answer.body["code"]) == (403, "account_erased")
    assert changes(emptied) == [("name", None, None, user)]


def test_a_person_agrees_to_marketing_and_withdraws_it_and_finds_both_in_the_export(emptied: DeployedFunctions) -> None:
    user = emptied.profile()

    def change(given: bool) -> bool:
        answer = emptied.request("personal_data", "PATCH", "me", user=user, body={"marketingConsent": given})
        assert answer.status == 200, answer
        return answer.body["profile"]["marketingConsent"]

    assert emptied.request("personal_data", "GET", "me", user=user).body["profile"]["marketingConsent"] is False
    assert [change(given) for given in (True, True, False)] == [True, True, False]
    exported = emptied.request("personal_data", "GET", "me/export", user=user).body["data"]["marketing_consents"]
    assert [(row["given"], row["source"], row["wording_version"]) for row in exported] == [
        (False, "profile", WORDING_VERSION),
        (True, "profile", WORDING_VERSION),
    ]
