"""Signs of fraud are found by what they say, not below their count, and looking into one is written down."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.admin.admin_client import AdminClient
from tests.deployed import DeployedFunctions


def register(deployed: DeployedFunctions, event: UUID, device: str | None, user: UUID | None = None) -> UUID:
    user = user or deployed.profile()
    headers = {"x-device-id": device} if device else {}
    answer = deployed.request(
        "registrations", "POST", "registrations", user=user, body={"eventId": str(event)}, headers=headers
    )
    assert answer.status == 201
    return user


def refer(deployed: DeployedFunctions, referrer: UUID, referred: UUID) -> None:
    event = deployed.event()
    deployed.rows(
        "insert into referrals (referrer_id, referred_user_id, event_id, registration_id) values (%s, %s, %s, %s)",
        referrer, referred, event, deployed.registration(referred, event),
    )  # fmt: skip


def signals(client: AdminClient, **query: str) -> list[dict[str, Any]]:
    answer = client.request("GET", "fraud-signals", **query)
    assert answer.status == 200
    return answer.body["fraudSignals"]


def kinds(client: AdminClient) -> set[str]:
    return {each["kind"] for each in signals(client)}


def test_many_accounts_on_one_device_are_a_sign_and_two_are_none(client: AdminClient) -> None:
    event = client.deployed.event(price_amount=0)
    accounts = [register(client.deployed, event, "phone-1") for _ in range(2)]
    register(client.deployed, event, "phone-2")
    assert kinds(client) == set()
    accounts.append(register(client.deployed, event, "phone-1"))
    [signal] = signals(client)
    assert (signal["kind"], signal["events"], signal["addresses"]) == ("accounts_on_one_device", 3, ["203.0.113.7"])
    assert set(signal["accounts"]) == {str(each) for each in accounts} == {each["id"] for each in signal["people"]}
    assert "phone" not in str(client.deployed.rows("select device_hash::text from device_sightings"))


def test_without_an_id_of_its_own_a_device_is_its_address_and_browser(client: AdminClient) -> None:
    event = client.deployed.event(price_amount=0)
    for _ in range(3):
        register(client.deployed, event, None)
    assert kinds(client) == {"accounts_on_one_device"}


def test_many_accounts_from_one_address_within_an_hour_are_a_sign(client: AdminClient) -> None:
    event = client.deployed.event(price_amount=0)
    for number in range(5):
        assert kinds(client) == set()
        register(client.deployed, event, f"phone-{number}")
    client.deployed.rows("update device_sightings set seen_at = date_trunc('hour', now())")
    assert kinds(client) == {"accounts_from_one_address"}
    client.deployed.rows(
        "update device_sightings set seen_at = seen_at - interval '1 hour' where user_id = ("
        " select user_id from device_sightings limit 1)"
    )
    assert kinds(client) == set()


def test_who_refer_each_other_and_who_share_a_device_are_signs(client: AdminClient) -> None:
    deployed = client.deployed
    asha, ravi, mina = (deployed.profile() for _ in range(3))
    refer(deployed, asha, ravi)
    refer(deployed, ravi, mina)
    assert kinds(client) == set()
    refer(deployed, ravi, asha)
    [signal] = signals(client)
    assert (signal["kind"], set(signal["accounts"])) == ("mutual_referral", {str(asha), str(ravi)})
    event = deployed.event(price_amount=0)
    for user in (ravi, mina):
        register(deployed, event, "shared", user)
    assert set(signals(client, kind="referral_on_one_device")[0]["accounts"]) == {str(ravi), str(mina)}


def test_payments_that_fail_on_one_device_are_a_sign(client: AdminClient) -> None:
    deployed = client.deployed
    registration = deployed.registration(deployed.profile(), deployed.event())
    order = deployed.order(registration)
    deployed.rows(
        "insert into device_sightings (user_id, registration_id, action, device_hash, seen_at)"
        " select user_id, id, 'payment_opened', 'x', now() from registrations where id = %s",
        registration,
    )
    for number in range(5):
        assert kinds(client) == set()
        deployed.rows(
            "insert into payment_attempts (razorpay_payment_id, payment_transaction_id, status, amount, currency,"
            " failed_at, created_at) select %s, id, 'failed', amount, currency, now(), now()"
            " from payment_transactions where razorpay_order_id = %s",
            f"pay_{number}", order,
        )  # fmt: skip
    assert kinds(client) == {"failed_payments_on_one_device"}
    deployed.rows("update payment_attempts set failed_at = %s", datetime.now(UTC) - timedelta(days=8))
    assert kinds(client) == set()


def test_accounts_that_check_in_from_one_browser_are_a_sign(client: AdminClient) -> None:
    deployed = client.deployed
    event = deployed.event()
    for number in range(3):
        assert kinds(client) == set()
        user = deployed.profile()
        deployed.rows(
            "insert into session_attendance (registration_id, user_id, event_id, session_id, check_in_time, ip_address)"
            " select %s, %s, event_id, id, now() + make_interval(secs => %s), '203.0.113.9' from event_sessions"
            " where event_id = %s",
            deployed.confirmed(user, event), user, number, event,
        )  # fmt: skip
    assert kinds(client) == {"checkins_from_one_device"}
    deployed.rows("update session_attendance set check_in_time = check_in_time - interval '90 days 1 minute'")
    assert kinds(client) == set()


def test_a_sign_that_was_looked_into_shows_anew_when_an_account_joins(client: AdminClient) -> None:
    event = client.deployed.event(price_amount=0)
    for _ in range(3):
        register(client.deployed, event, "phone-1")
    [signal] = signals(client, reviewed="false")
    answer = client.request("POST", f"fraud-signals/{signal['id']}/review", {"note": " A family "})
    assert (answer.status, answer.body["fraudSignal"]["isReviewed"]) == (200, True)
    assert answer.body["fraudSignal"]["review"]["note"] == "A family"
    assert signals(client, reviewed="false") == []
    assert [each["id"] for each in signals(client, reviewed="true")] == [signal["id"]]
    register(client.deployed, event, "phone-1")
    assert [each["id"] for each in signals(client, reviewed="false")] == [signal["id"]]
    [row] = client.audit_rows()
    assert (row["action"], row["new_values"]["note"]) == ("fraud_signal.review", "A family")
    assert client.request("POST", f"fraud-signals/{uuid4()}/review", {"note": "x"}).status == 404


@pytest.mark.parametrize("action", ["payment", "verify-payment"])
def test_where_a_payment_comes_from_is_noted_for_ones_own_only(client: AdminClient, action: str) -> None:
    deployed = client.deployed
    registration = deployed.registration(deployed.profile(), deployed.event())
    owner = deployed.row("select user_id from registrations")["user_id"]
    body = {
        "razorpay_payment_id": "pay_00000000000000",
        "razorpay_order_id": "order_00000000000000",
        "razorpay_signature": "0" * 64,
    }
    for user, noted in ((deployed.profile(), 0), (owner, 1)):
        sent = body if action == "verify-payment" else None
        deployed.request("registrations", "POST", f"registrations/{registration}/{action}", user=user, body=sent)
        assert len(deployed.rows("select 1 from device_sightings")) == noted


def test_signs_come_in_pages(client: AdminClient) -> None:
    deployed = client.deployed
    for _ in range(3):
        one, other = deployed.profile(), deployed.profile()
        refer(deployed, one, other)
        refer(deployed, other, one)
    first = client.request("GET", "fraud-signals", limit="2").body
    rest = client.request("GET", "fraud-signals", limit="2", cursor=first["nextCursor"]).body
    assert len({each["id"] for each in first["fraudSignals"] + rest["fraudSignals"]}) == 3
    assert rest["nextCursor"] is None
