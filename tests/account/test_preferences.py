"""What people want to be told how, and how they say no without a login."""

from itertools import product
from uuid import UUID, uuid4

import pytest

from shared.notifications import unsubscribing
from shared.notifications.models import Notice, Type
from shared.profiles.consent_queries import WORDING_VERSION
from tests.notifications.notification_platform import Platform

DATA: dict[str, str | int | None] = {"eventTitle": "Deep Rust", "title": "News", "message": "A new course"}


def choice(kind: str, channel: str, *, enabled: bool) -> dict[str, object]:
    return {"type": kind, "channel": channel, "enabled": enabled}


def test_everything_is_wanted_until_said_otherwise_and_only_that_changes(platform: Platform) -> None:
    asha, birk = platform.person(), platform.person()
    status, answer = platform.account("GET", "notification-preferences", asha)
    ways = product(("email", "sms", "in_app"), ("transactional", "marketing", "alert"))
    assert (status, answer["preferences"]) == (200, [choice(*each, enabled=each[1] != "marketing") for each in ways])
    no_sms = {"preferences": [choice("sms", "alert", enabled=False)]}
    status, answer = platform.account("PUT", "notification-preferences", asha, body=no_sms)
    assert status == 200
    off = [each for each in answer["preferences"] if not each["enabled"] and each["channel"] != "marketing"]
    assert off == no_sms["preferences"]
    assert platform.account("GET", "notification-preferences", asha)[1] == answer
    others = platform.account("GET", "notification-preferences", birk)[1]["preferences"]
    assert all(each["enabled"] for each in others if each["channel"] != "marketing")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"preferences": []},
        {"preferences": [choice("pigeon", "marketing", enabled=False)]},
        {"preferences": [choice("sms", "gossip", enabled=False)]},
        {"preferences": [{"type": "sms", "channel": "marketing"}]},
        {"preferences": [{**choice("sms", "marketing", enabled=False), "userId": str(uuid4())}]},
        {"preferences": [choice("sms", "marketing", enabled=False)], "userId": str(uuid4())},
    ],
)
def test_a_body_that_does_not_fit_changes_nothing(platform: Platform, body: object) -> None:
    assert platform.account("PUT", "notification-preferences", platform.person(), body=body)[0] == 422
    assert platform.rows("select 1 from notification_preferences") == []


def test_a_body_that_is_no_json_and_a_user_without_a_profile_are_told_so(platform: Platform) -> None:
    assert platform.account("PUT", "notification-preferences", platform.person(), body="{")[0] == 400
    body = {"preferences": [choice("sms", "marketing", enabled=False)]}
    status, problem = platform.account("PUT", "notification-preferences", uuid4(), body=body)
    assert (status, problem["code"]) == (409, "profile_missing")
    assert platform.account("GET", "notification-preferences")[0] == 401


def test_what_is_not_wanted_is_cancelled_with_the_reason(platform: Platform) -> None:
    asha = platform.person()
    agree(platform, asha)
    body = {"preferences": [choice("email", "marketing", enabled=False)]}
    platform.account("PUT", "notification-preferences", asha, body=body)
    mail, inbox = platform.enqueue(Notice(asha, "broadcast", "1", DATA, channel="marketing"))
    paid = platform.enqueue(Notice(asha, "waitlist_joined", "2", DATA, types=("email",)))[0]
    platform.sweep()
    assert platform.queued(mail)["status"] == "cancelled"
    assert platform.queued(mail)["last_error"] == "turned off in preferences"
    assert [platform.queued(each)["status"] for each in (inbox, paid)] == ["sent", "sent"]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("update profiles set phone = null", "no phone number"),
        ("update profiles set erased_at = now()", "account erased"),
        (
            "insert into suppressed_addresses select 'sms', phone, 'opt_out' from profiles",
            "address suppressed: opt_out",
        ),
    ],
)
def test_who_cannot_or_must_not_be_reached_is_not(platform: Platform, statement: str, reason: str) -> None:
    [row] = platform.enqueue(Notice(platform.person(), "waitlist_joined", "1", DATA, types=("sms",)))
    platform.rows(statement)
    assert platform.sweep()["total"] == 0
    assert (platform.queued(row)["status"], platform.queued(row)["last_error"]) == ("cancelled", reason)
    assert platform.texts() == []


def agree(platform: Platform, user: UUID) -> None:
    platform.rows(
        "insert into marketing_consents (user_id, given, wording_version, source) values (%s, true, '1', 'profile')",
        user,
    )


def marketing_status(platform: Platform, user: UUID, types: tuple[Type, ...] = ("email", "in_app")) -> list[str]:
    """What becomes of marketing, by kind of message."""
    rows = platform.enqueue(Notice(user, "broadcast", str(uuid4()), DATA, types=types, channel="marketing"))
    platform.sweep()
    return [platform.queued(row)["status"] for row in rows]


def consents(platform: Platform) -> list[tuple[bool, str, str]]:
    found = platform.rows("select given, source, wording_version from marketing_consents order by recorded_at")
    return [(row["given"], row["source"], row["wording_version"]) for row in found]


def test_nobody_gets_marketing_without_a_consent_whatever_was_chosen_before(platform: Platform) -> None:
    asha = platform.person()
    platform.rows("insert into notification_preferences values (%s, 'email', 'marketing', true)", asha)
    assert marketing_status(platform, asha) == ["cancelled", "cancelled"]
    agree(platform, asha)
    assert marketing_status(platform, asha) == ["sent", "sent"]


def test_without_the_rule_everybody_gets_marketing(platform: Platform) -> None:
    """The negative control."""
    platform.rows(
        "create or replace function private.agrees_to_marketing(person uuid) returns boolean"
        " language sql as 'select true'"
    )
    assert marketing_status(platform, platform.person()) == ["sent", "sent"]


def test_turning_marketing_on_is_a_consent_for_that_way_alone(platform: Platform) -> None:
    asha = platform.person()
    body = {"preferences": [choice("email", "marketing", enabled=True)]}
    answer = platform.account("PUT", "notification-preferences", asha, body=body)[1]
    on = [each for each in answer["preferences"] if each["channel"] == "marketing" and each["enabled"]]
    assert on == body["preferences"]
    assert consents(platform) == [(True, "preferences", WORDING_VERSION)]
    assert marketing_status(platform, asha) == ["sent", "cancelled"]


def test_unsubscribing_withdraws_the_consent(platform: Platform) -> None:
    asha = platform.person()
    agree(platform, asha)
    platform.account("POST", "unsubscribe", body="List-Unsubscribe=One-Click", token=unsubscribing.token(asha))
    assert consents(platform)[-1] == (False, "unsubscribe", WORDING_VERSION)
    assert marketing_status(platform, asha) == ["cancelled", "cancelled"]


def test_looking_at_the_unsubscribe_page_changes_nothing_and_posting_ends_marketing_mail(platform: Platform) -> None:
    asha = platform.person()
    token = unsubscribing.token(asha)
    status, page = platform.account("GET", "unsubscribe", token=token)
    assert (status, '<form method="post">' in page) == (200, True)
    assert platform.rows("select 1 from notification_preferences") == []
    for _ in range(2):
        status, page = platform.account("POST", "unsubscribe", body="List-Unsubscribe=One-Click", token=token)
        assert (status, "You are unsubscribed" in page) == (200, True)
    assert platform.rows("select user_id, type, channel, enabled from notification_preferences") == [
        {"user_id": asha, "type": "email", "channel": "marketing", "enabled": False}
    ]


def test_a_token_that_is_not_ours_unsubscribes_nobody(platform: Platform) -> None:
    asha, birk = platform.person(), platform.person()
    token = unsubscribing.token(asha)
    forged = [
        "",
        "x",
        "é",
        "%00",
        token[:-1],
        token + "A",
        token + "=",
        token[:-2] + ("AA" if token[-2:] != "AA" else "BB"),
        unsubscribing.token(birk)[:22] + token[22:],
        token.swapcase(),
        token * 3,
    ]
    for each in forged:
        for method in ("GET", "POST"):
            assert platform.account(method, "unsubscribe", token=each)[0] == 404
    assert platform.account("GET", "unsubscribe")[0] == 422
    assert platform.rows("select 1 from notification_preferences") == []


def test_a_token_outlives_one_rotation_of_the_key(platform: Platform) -> None:
    asha = platform.person()
    old = unsubscribing.token(asha)
    platform.put_secret("link", {"key": "newer", "previousKey": "link-key-of-the-tests"})
    assert unsubscribing.user_of(old) == asha
    assert unsubscribing.token(asha) != old
    platform.put_secret("link", {"key": "newest", "previousKey": "newer"})
    assert platform.account("GET", "unsubscribe", token=old)[0] == 404
