"""A new number gets a code before anything else; the code is guessed five times at most, and stands nowhere."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from functions.personal_data.phone import service
from shared import db
from shared.actors import service_for
from shared.errors import Conflict, Invalid, TooManyRequests
from shared.profiles import phone_codes
from tests.deployed import Answer, DeployedFunctions

OLD, NEW = "+919876500001", "+919876500002"
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def send_code(deployed: DeployedFunctions, user: UUID, phone: str = NEW) -> Answer:
    return deployed.request("personal_data", "POST", "me/phone", user=user, body={"phone": phone})


def verify(deployed: DeployedFunctions, user: UUID, code: str) -> Answer:
    return deployed.request("personal_data", "POST", "me/phone/verify", user=user, body={"code": code})


def delivered(deployed: DeployedFunctions) -> list[tuple[str, str]]:
    """The SMS that have been sent: number and text."""
    deployed.invoke("send_notifications", {"source": "schedule", "job": "send-notifications"})
    sent: Any = sns_backends[DEFAULT_ACCOUNT_ID]["ap-south-1"].sms_messages
    texts = [(number, text) for number, text, *_ in sent.values()]
    sent.clear()
    return texts


def phone_of(deployed: DeployedFunctions, user: UUID) -> tuple[str | None, bool]:
    row = deployed.row("select phone, phone_verified_at is not null as proven from profiles where id = %s", user)
    return row["phone"], row["proven"]


def test_a_number_is_proven_by_the_code_sent_to_it_and_then_gets_everything(emptied: DeployedFunctions) -> None:
    user = emptied.profile(phone=OLD)
    answer = send_code(emptied, user)
    assert (answer.status, answer.body["phone"]) == (200, NEW)
    assert phone_of(emptied, user) == (OLD, False)
    [(number, text)] = delivered(emptied)
    assert number == NEW
    answer = verify(emptied, user, text[:6])
    assert answer.status == 200
    assert (answer.body["profile"]["phone"], answer.body["profile"]["phoneVerified"]) == (NEW, True)
    assert emptied.row("select field, old_value, new_value from profile_changes") == {
        "field": "phone", "old_value": OLD, "new_value": NEW,
    }  # fmt: skip
    offered(emptied, user)
    assert [number for number, _ in delivered(emptied)] == [NEW]


def test_a_number_that_nobody_has_proven_gets_nothing_but_its_code(emptied: DeployedFunctions) -> None:
    user = emptied.profile(phone=OLD)
    assert send_code(emptied, user).status == 200
    offered(emptied, user)
    assert [number for number, _ in delivered(emptied)] == [NEW]
    assert emptied.row("select last_error from notifications_queue where status = 'cancelled'") == {
        "last_error": "no phone number"
    }


def offered(deployed: DeployedFunctions, user: UUID) -> None:
    deployed.rows(
        "insert into notifications_queue (user_id, type, channel, template, dedupe_key, data)"
        " values (%s, 'sms', 'transactional', 'hold_expired', gen_random_uuid()::text, '{\"eventTitle\": \"Rust\"}')",
        user,
    )


def test_the_code_comes_although_sms_are_turned_off(emptied: DeployedFunctions) -> None:
    user = emptied.profile()
    emptied.rows("insert into notification_preferences (user_id, type, channel, enabled)"
                 " values (%s, 'sms', 'transactional', false)", user)  # fmt: skip
    send_code(emptied, user)
    assert [number for number, _ in delivered(emptied)] == [NEW]


def test_the_code_is_in_no_table(emptied: DeployedFunctions) -> None:
    user = emptied.profile()
    send_code(emptied, user)
    [(_, text)] = delivered(emptied)
    tables = [
        row["name"]
        for row in emptied.rows(
            "select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n"
            " on n.oid = c.relnamespace where n.nspname in ('public', 'private') and c.relkind in ('r', 'p')"
        )
    ]
    looks: list[Any] = [f"select t::text as row from {name} t" for name in tables]
    everything = json.dumps([emptied.rows(look) for look in looks])
    assert NEW in everything
    assert text[:6] not in everything


def test_another_persons_code_proves_nothing(emptied: DeployedFunctions) -> None:
    asha, birk = emptied.profile(), emptied.profile()
    send_code(emptied, asha)
    [(_, text)] = delivered(emptied)
    assert verify(emptied, birk, text[:6]).body["code"] == "code_expired"
    assert phone_of(emptied, birk) == (None, False)


def sent_at(user: UUID, phone: str, at: datetime) -> UUID:
    with db.transaction(service_for(user)) as conn:
        service.send_code(conn, user, phone, at)
        found = conn.execute("select id from phone_verifications order by created_at desc limit 1").fetchone()
    assert found
    return found[0]


def tried(user: UUID, code: str, at: datetime) -> int | None:
    with db.transaction(service_for(user)) as conn:
        return service.try_code(conn, user, code, at)


@pytest.fixture
def person(emptied: DeployedFunctions) -> UUID:
    emptied.set(DATABASE_SECRET_ID="database-worker")
    return emptied.profile()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_fifth_try_counts_and_the_sixth_does_not(person: UUID) -> None:
    code = phone_codes.code_of(sent_at(person, NEW, NOW))
    assert [tried(person, wrong(code), NOW) for _ in range(4)] == [4, 3, 2, 1]
    assert tried(person, code, NOW) is None
    code = phone_codes.code_of(sent_at(person, NEW, NOW + timedelta(minutes=1)))
    assert [tried(person, wrong(code), NOW + timedelta(minutes=2)) for _ in range(5)] == [4, 3, 2, 1, 0]
    with pytest.raises(Conflict) as refused:
        tried(person, code, NOW + timedelta(minutes=2))
    assert refused.value.code == "code_expired"


def test_tries_that_are_not_counted_are_found(person: UUID) -> None:
    """The negative control: an attempt that is rolled back with the refusal leaves the code open for ever."""
    code = phone_codes.code_of(sent_at(person, NEW, NOW))
    for _ in range(6):
        with pytest.raises(Invalid):
            refused_within_the_transaction(person, wrong(code))
    assert tried(person, code, NOW) is None


def refused_within_the_transaction(user: UUID, code: str) -> None:
    with db.transaction(service_for(user)) as conn:
        if service.try_code(conn, user, code, NOW) is not None:
            raise Invalid("This is not the code.")


def test_a_code_works_for_ten_minutes_and_once(person: UUID) -> None:
    code = phone_codes.code_of(sent_at(person, NEW, NOW))
    with pytest.raises(Conflict):
        tried(person, code, NOW + timedelta(minutes=10))
    assert tried(person, code, NOW + timedelta(minutes=9, seconds=59)) is None
    with pytest.raises(Conflict):
        tried(person, code, NOW + timedelta(minutes=9, seconds=59))


def test_a_newer_code_ends_the_older(person: UUID) -> None:
    older = phone_codes.code_of(sent_at(person, OLD, NOW))
    newer = phone_codes.code_of(sent_at(person, NEW, NOW + timedelta(seconds=1)))
    assert tried(person, older, NOW + timedelta(seconds=2)) == 4
    assert tried(person, newer, NOW + timedelta(seconds=2)) is None


def test_three_codes_an_hour_to_a_person_and_to_a_number(emptied: DeployedFunctions, person: UUID) -> None:
    for minute, phone in enumerate((NEW, OLD, NEW)):
        sent_at(person, phone, NOW + timedelta(minutes=minute))
    with pytest.raises(TooManyRequests) as refused:
        sent_at(person, OLD, NOW + timedelta(minutes=30))
    assert (refused.value.code, refused.value.headers) == ("too_many_codes", {"Retry-After": "1801"})
    sent_at(person, OLD, NOW + timedelta(minutes=60, seconds=1))
    others = [emptied.profile() for _ in range(2)]
    later = NOW + timedelta(days=1)
    for other in (*others, person):
        sent_at(other, NEW, later)
    with pytest.raises(TooManyRequests):
        sent_at(emptied.profile(), NEW, later)


def test_a_code_of_the_key_of_before_works(emptied: DeployedFunctions, person: UUID) -> None:
    code = phone_codes.code_of(sent_at(person, NEW, NOW))
    try:
        emptied.put_secret("link", {"key": "rotated", "previousKey": "link-key-of-the-tests"})
        assert tried(person, wrong(code), NOW) == 4
        emptied.put_secret("link", {"key": "rotated twice", "previousKey": "rotated"})
        assert tried(person, code, NOW) == 3
        emptied.put_secret("link", {"key": "rotated", "previousKey": "link-key-of-the-tests"})
        assert tried(person, code, NOW) is None
    finally:
        emptied.put_secret("link", {"key": "link-key-of-the-tests", "previousKey": ""})


def test_ten_codes_a_day(person: UUID) -> None:
    for hour in range(10):
        sent_at(person, NEW, NOW + timedelta(hours=hour))
    with pytest.raises(TooManyRequests) as refused:
        sent_at(person, OLD, NOW + timedelta(hours=12))
    assert refused.value.headers == {"Retry-After": str(12 * 3600 + 1)}
    sent_at(person, OLD, NOW + timedelta(hours=24, seconds=1))


def test_a_code_goes_to_the_countries_that_are_served(emptied: DeployedFunctions) -> None:
    user = emptied.profile()

    def asked() -> tuple[int, str | None]:
        answer = emptied.request("personal_data", "POST", "me/phone", user=user, body={"phone": "+14155550123"})
        return answer.status, answer.body.get("code")

    assert asked() == (422, "country_not_served")
    emptied.set(SMS_COUNTRIES="+91,+1")
    assert asked() == (200, None)
