"""Administrators find people, and give what a lost login owned to the person's new one."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from functions.admin_sales.users import queries
from shared import clock
from tests.admin.admin_client import AdminClient
from tests.deployed import Answer, DeployedFunctions
from tests.schema.world import certificate


def found(client: AdminClient, q: str | None = None, **query: str) -> list[str]:
    answer = client.request("GET", "users", **({"q": q} if q is not None else {}), **query)
    assert answer.status == 200
    return [user["id"] for user in answer.body["users"]]


def test_people_are_found_by_address_name_number_and_id(client: AdminClient) -> None:
    profile = client.deployed.profile
    asha = str(profile(email="as.ha+courses@gmail.com", full_name="Asha Rao", phone="+919876500001"))
    meera = str(profile(email="meera@example.com", full_name="मीरा नायर"))
    percent = str(profile(email="a%b@example.com", full_name="O'Brien %"))
    assert set(found(client)) == {asha, meera, percent, str(client.admin)}
    for text in ("ASHA@gmail.com", "as.ha+c", "asha rao", "Rao ash", "+919876500001", asha, f" {asha} "):
        expected = [asha] if text != "Rao ash" else [asha, str(client.admin)]
        assert set(found(client, text)) == set(expected) | ({str(client.admin)} if text == "asha rao" else set()), text
    assert found(client, "मीरा") == [meera]
    assert found(client, "meera@ex") == [meera]
    assert found(client, "a%b@") == [percent]
    assert found(client, "%") == []
    assert found(client, "o'brien:*|!(") == [percent]
    assert found(client, str(uuid4())) == []


def test_people_come_in_pages(client: AdminClient) -> None:
    everybody = {str(client.deployed.profile()) for _ in range(4)} | {str(client.admin)}
    first = client.request("GET", "users", limit="3")
    rest = client.request("GET", "users", limit="3", cursor=first.body["nextCursor"])
    assert {user["id"] for user in (*first.body["users"], *rest.body["users"])} == everybody
    assert rest.body["nextCursor"] is None


def owning(deployed: DeployedFunctions, user: UUID) -> dict[str, UUID]:
    """A paid and certified seat with what surrounds it, and a referral of somebody else."""
    event = deployed.event(status="completed")
    registration = deployed.confirmed(user, event)
    deployed.paid_order(registration)
    owned = {"registration_id": registration, "user_id": user, "event_id": event}
    serial = deployed.row("select count(*)::int + 1 as next from certificates")["next"]
    deployed._insert("certificates", certificate(serial, dict(owned)))  # pyright: ignore[reportPrivateUsage]
    friend = deployed.profile()
    deployed.rows(
        "insert into referrals (referrer_id, referred_user_id, event_id, registration_id) values (%s, %s, %s, %s)",
        user, friend, event, deployed.confirmed(friend, event),
    )  # fmt: skip
    deployed.rows("insert into event_feedback (registration_id, user_id, event_id, rating) values (%s, %s, %s, 5)",
                  registration, user, event)  # fmt: skip
    deployed.rows("insert into in_app_notifications (user_id, title, message) values (%s, 'Hello', 'Hello')", user)
    deployed.rows(
        "insert into notifications_queue (user_id, type, channel, template, dedupe_key, data)"
        " values (%s, 'email', 'transactional', 'x', gen_random_uuid()::text, %s)",
        user, Jsonb({}),
    )  # fmt: skip
    return {"event": event, "registration": registration}


def merge(client: AdminClient, lost: UUID, new: UUID, **more: Any) -> Answer:
    return client.request("POST", f"users/{new}/merge", {"fromUserId": str(lost), **more})


MOVED = {"registrations": 1, "payment_transactions": 1, "referrals_made": 1, "event_feedback": 1,
         "in_app_notifications": 1, "notifications_queue": 1}  # fmt: skip


def test_a_dry_run_tells_what_moves_and_changes_nothing(client: AdminClient) -> None:
    lost, new = client.deployed.profile(), client.deployed.profile()
    owning(client.deployed, lost)
    before = client.deployed.rows("select r::text from registrations r")
    answer = merge(client, lost, new)
    assert (answer.status, answer.body["dryRun"], answer.body["moved"], answer.body["conflicts"]) == (
        200,
        True,
        MOVED,
        [],
    )
    assert client.deployed.rows("select r::text from registrations r") == before
    assert client.audit_rows() == []
    assert client.deployed.rows("select 1 from account_merges") == []


def test_what_a_lost_login_owned_is_the_new_ones(client: AdminClient) -> None:
    deployed = client.deployed
    lost, new, other = deployed.profile(referral_code="LOST2026"), deployed.profile(), deployed.profile()
    owned = owning(deployed, lost)
    answer = merge(client, lost, new, dryRun=False)
    assert (answer.status, answer.body["moved"]) == (200, MOVED)
    assert [row["id"] for row in own(deployed, new, "registrations")["registrations"]] == [str(owned["registration"])]
    assert len(own(deployed, new, "payments")["payments"]) == 1
    assert len(own(deployed, new, "notifications")["notifications"]) == 1
    for stranger in (lost, other):
        assert own(deployed, stranger, "registrations")["registrations"] == []
    assert deployed.request("personal_data", "GET", "me/export", user=other).body["data"]["certificates"] == []
    [exported] = deployed.request("personal_data", "GET", "me/export", user=new).body["data"]["certificates"]
    assert exported["user_id"] == str(lost)
    [row] = client.audit_rows()
    assert (row["action"], row["resource_id"]) == ("user.merge", str(new))
    assert row["new_values"] == {"fromUserId": str(lost), **MOVED}
    detail = client.request("GET", f"users/{new}").body["user"]
    assert detail["mergedFrom"] == [str(lost)]
    assert [len(detail[part]) for part in ("seats", "payments", "certificates")] == [1, 1, 1]
    assert client.request("GET", f"users/{lost}").body["user"]["mergedInto"] == str(new)
    friend, body = deployed.profile(), {"eventId": str(deployed.event()), "referralCode": "LOST2026"}
    assert deployed.request("registrations", "POST", "registrations", user=friend, body=body).status == 201
    assert deployed.row("select referrer_id from referrals where referred_user_id = %s", friend)["referrer_id"] == new


def own(deployed: DeployedFunctions, user: UUID, path: str) -> Any:
    function = "account" if path == "notifications" else "registrations"
    return deployed.request(function, "GET", path, user=user).body


def test_reports_follow_a_moved_referral(client: AdminClient) -> None:
    deployed = client.deployed
    lost, new = deployed.profile(), deployed.profile()
    owning(deployed, lost)
    deployed.rows("update referrals set status = 'completed', completed_at = now(), revocable_until = now()")
    assert merge(client, lost, new, dryRun=False).status == 200
    deployed.invoke("refresh_reports", {"source": "schedule"})
    today = clock.in_zone(datetime.now(UTC), "Asia/Kolkata").date().isoformat()
    query = {"type": "referrals", "startDate": today, "endDate": today}
    report = client.deployed.request(
        "analytics_report", "GET", "analytics-report", user=client.admin, groups=["admin"], query=query
    ).body
    assert [each["userId"] for each in report["leaderboard"]] == [str(new)]


def test_an_account_that_is_merged_on_takes_along_what_was_merged_into_it(client: AdminClient) -> None:
    deployed = client.deployed
    first, second, third = (deployed.profile() for _ in range(3))
    owning(deployed, first)
    assert merge(client, first, second, dryRun=False).status == 200
    assert merge(client, second, third, dryRun=False).status == 200
    detail = client.request("GET", f"users/{third}").body["user"]
    assert set(detail["mergedFrom"]) == {str(first), str(second)}
    assert len(detail["certificates"]) == 1


def test_erasing_the_person_erases_the_merged_account_too(client: AdminClient) -> None:
    deployed = client.deployed
    lost, new = deployed.profile(email="lost@example.com"), deployed.profile(email="new@example.com")
    owning(deployed, lost)
    assert merge(client, lost, new, dryRun=False).status == 200
    body = {"email": "new@example.com"}
    assert deployed.request("personal_data", "POST", "me/erase", user=new, body=body).status == 200
    rows = deployed.rows("select full_name, email from profiles where id = any(%s)", [lost, new])
    assert {row["full_name"] for row in rows} == {""}
    assert all(row["email"].endswith("@erased.invalid") for row in rows)


def two_seats(deployed: DeployedFunctions, lost: UUID, new: UUID) -> None:
    event = deployed.event()
    deployed.confirmed(lost, event)
    deployed.registration(new, event)


def seat_and_waitlist(deployed: DeployedFunctions, lost: UUID, new: UUID) -> None:
    event = deployed.event()
    deployed.confirmed(new, event)
    deployed.rows("insert into event_waitlist (event_id, user_id) values (%s, %s)", event, lost)


def two_waitlist_places(deployed: DeployedFunctions, lost: UUID, new: UUID) -> None:
    event = deployed.event()
    for user in (lost, new):
        deployed.rows("insert into event_waitlist (event_id, user_id) values (%s, %s)", event, user)


def self_referral(deployed: DeployedFunctions, lost: UUID, new: UUID) -> None:
    event = deployed.event()
    deployed.rows(
        "insert into referrals (referrer_id, referred_user_id, event_id, registration_id) values (%s, %s, %s, %s)",
        new, lost, event, deployed.confirmed(lost, event),
    )  # fmt: skip


def rewarded_twice(deployed: DeployedFunctions, lost: UUID, new: UUID) -> None:
    event = deployed.event()
    for user in (lost, new):
        deployed.rows(
            "insert into referral_rewards (referrer_id, event_id, kind) values (%s, %s, 'credit')", user, event
        )


def referred_twice(deployed: DeployedFunctions, lost: UUID, new: UUID) -> None:
    event = deployed.event()
    for user, status in ((lost, "confirmed"), (new, "cancelled")):
        seat = deployed.confirmed(user, event, status=status)
        deployed.rows(
            "insert into referrals (referrer_id, referred_user_id, event_id, registration_id) values (%s, %s, %s, %s)",
            deployed.profile(), user, event, seat,
        )  # fmt: skip


CONFLICTS = (two_seats, seat_and_waitlist, two_waitlist_places, self_referral, rewarded_twice, referred_twice)


@pytest.mark.parametrize("arrange", CONFLICTS, ids=lambda each: each.__name__)
def test_a_merge_that_would_break_a_rule_is_refused_and_named_by_the_dry_run(
    client: AdminClient, arrange: Callable[[DeployedFunctions, UUID, UUID], None]
) -> None:
    lost, new = client.deployed.profile(), client.deployed.profile()
    arrange(client.deployed, lost, new)
    assert [each["code"] for each in merge(client, lost, new).body["conflicts"]] == [arrange.__name__]
    before = client.deployed.rows("select r::text from registrations r")
    answer = merge(client, lost, new, dryRun=False)
    assert (answer.status, answer.body["code"]) == (409, "merge_conflict")
    assert client.deployed.rows("select r::text from registrations r") == before
    assert client.audit_rows() == []


@pytest.mark.parametrize("arrange", [two_seats, two_waitlist_places, self_referral], ids=lambda each: each.__name__)
def test_without_the_check_the_database_refuses(
    client: AdminClient, arrange: Callable[[DeployedFunctions, UUID, UUID], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the rules themselves hold, with an answer that helps nobody."""

    def no_conflicts(*_: object) -> list[Any]:
        return []

    lost, new = client.deployed.profile(), client.deployed.profile()
    arrange(client.deployed, lost, new)
    monkeypatch.setattr(queries, "list_conflicts", no_conflicts)
    assert merge(client, lost, new, dryRun=False).status == 500
    assert client.deployed.rows("select 1 from account_merges") == []


def test_who_cannot_be_merged(client: AdminClient) -> None:
    deployed = client.deployed
    one, two = deployed.profile(), deployed.profile()
    erased = deployed.profile(erased_at=datetime.now(UTC))
    for lost, new, status, code in (
        (one, one, 422, "same_account"),
        (uuid4(), one, 404, "not_found"),
        (one, uuid4(), 404, "not_found"),
        (client.admin, one, 409, "administrator"),
        (one, client.admin, 409, "administrator"),
        (erased, one, 409, "account_erased"),
        (one, erased, 409, "account_erased"),
    ):
        answer = merge(client, lost, new, dryRun=False)
        assert (answer.status, answer.body["code"]) == (status, code)
    assert merge(client, one, two, dryRun=False).status == 200
    assert merge(client, one, two, dryRun=False).body["code"] == "already_merged"
