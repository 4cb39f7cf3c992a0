"""After an erasure nothing of the person is left but what the law and others' trust ask for, and all of that works."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest

from tests.deployed import POOL_ID, Answer, DeployedFunctions, access_token
from tests.personal_data.traces import CANARY, EMAIL, PHONE, leave_traces, remaining

# Reviewed: where something of an erased person may be found, and why.
KEPT = {
    "certificates": "what was certified stays as it was, so that it goes on to verify",
    "receipts": "section 36 of the CGST Act has the books kept for 72 months",
}


def erase(deployed: DeployedFunctions, user: UUID, email: str = EMAIL, **claims: str | None) -> Answer:
    return deployed.request(
        "personal_data", "POST", "me/erase", claims=access_token(user, **claims), body={"email": email}
    )


def person(deployed: DeployedFunctions, **columns: Any) -> UUID:
    known: dict[str, Any] = {"email": EMAIL, "full_name": f"{CANARY} Rao", "phone": PHONE}
    return deployed.profile(**(known | columns))


def of(deployed: DeployedFunctions, user: UUID) -> dict[str, Any]:
    return deployed.row("select * from profiles where id = %s", user)


def test_nothing_of_the_person_is_left_but_what_was_reviewed(emptied: DeployedFunctions) -> None:
    user = person(emptied)
    leave_traces(emptied, user)
    before = remaining(emptied)
    assert {"profiles", "session_attendance", "analytics_events", "in_app_notifications"} | KEPT.keys() <= before
    assert erase(emptied, user).status == 200
    assert remaining(emptied) == KEPT.keys()
    assert of(emptied, user)["erased_at"] is not None
    assert of(emptied, user)["billing_gstin"] is None


def test_one_step_left_out_is_found(emptied: DeployedFunctions) -> None:
    user = person(emptied)
    leave_traces(emptied, user)
    emptied.rows("create function private.keep() returns trigger language plpgsql as $$ begin return old; end $$")
    emptied.rows("create trigger keep before update on event_feedback for each row execute function private.keep()")
    try:
        erase(emptied, user)
        assert remaining(emptied) == KEPT.keys() | {"event_feedback"}
    finally:
        emptied.rows("drop function private.keep() cascade")


def test_other_peoples_rows_stay_as_they_are(emptied: DeployedFunctions) -> None:
    """Whoever looks like the person is not: another session, another address, another account."""
    user, other = person(emptied), emptied.profile(email="other@example.com", phone="+919876500002")
    leave_traces(emptied, user)
    emptied.rows(
        "insert into suppressed_addresses (type, address, reason) values ('email', 'other@example.com', 'bounce')"
    )
    emptied.rows(
        "insert into analytics_events (user_id, session_id, event_name, event_category, event_data)"
        " values (%s, 'elsewhere', 'page_view', 'engagement', '{\"a\": 1}')",
        other,
    )
    before = (of(emptied, other), emptied.rows("select * from analytics_events where user_id = %s", other))
    erase(emptied, user)
    assert (of(emptied, other), emptied.rows("select * from analytics_events where user_id = %s", other)) == before
    assert emptied.row("select address from suppressed_addresses")["address"] == "other@example.com"
    emptied.rows("delete from suppressed_addresses")


def test_the_money_and_the_certificates_stay(emptied: DeployedFunctions) -> None:
    user = person(emptied)
    leave_traces(emptied, user)
    kept = "select to_jsonb(t) as row from payment_transactions t union all select to_jsonb(c) from certificates c"
    before = emptied.rows(kept)
    assert len(before) == 2
    erase(emptied, user)
    assert emptied.rows(kept) == before


@pytest.mark.parametrize("status", ["upcoming", "ongoing"])
def test_a_paid_seat_ahead_stands_against_it(emptied: DeployedFunctions, status: str) -> None:
    user = person(emptied)
    registration = emptied.confirmed(user, emptied.event(status=status))
    before = of(emptied, user)
    answer = erase(emptied, user)
    assert (answer.status, answer.body["code"]) == (409, "paid_seat_ahead")
    assert of(emptied, user) == before
    emptied.rows("update registrations set status = 'cancelled' where id = %s", registration)
    assert erase(emptied, user).status == 200


def test_free_and_held_seats_and_places_in_queues_are_given_up_and_offered_on(emptied: DeployedFunctions) -> None:
    user, waiting = person(emptied), emptied.profile()
    free, held, full = (emptied.event(capacity=1) for _ in range(3))
    emptied.confirmed(user, free, payment_status="free")
    emptied.registration(user, held)
    for event in (free, held, full):
        emptied.rows("insert into event_waitlist (event_id, user_id) values (%s, %s)", event, waiting)
    emptied.rows(
        "insert into event_waitlist (event_id, user_id, status, notified_at, expires_at)"
        " values (%s, %s, 'notified', now(), now() + interval '1 hour')",
        full, user,
    )  # fmt: skip
    assert erase(emptied, user).status == 200
    assert {each["status"] for each in emptied.rows("select status from registrations where user_id = %s", user)} == {
        "cancelled"
    }
    assert emptied.rows("select status from event_waitlist where user_id = %s", user) == [{"status": "left"}]
    offered = emptied.rows("select status from event_waitlist where user_id = %s", waiting)
    assert offered == [{"status": "notified"}] * 3
    told = emptied.rows("select distinct user_id, status from notifications_queue order by status")
    assert told == [{"user_id": user, "status": "cancelled"}, {"user_id": waiting, "status": "pending"}]


def test_who_may_not_be_erased_is_told_why(emptied: DeployedFunctions) -> None:
    admin = person(emptied, email="admin@example.com", phone=None)
    emptied.rows("insert into admins (user_id) values (%s)", admin)
    for user, email, status, code in (
        (admin, "admin@example.com", 409, "administrator"),
        (person(emptied), "else@example.com", 422, "confirmation_mismatch"),
        (uuid4(), EMAIL, 409, "profile_missing"),
    ):
        answer = erase(emptied, user, email)
        assert (answer.status, answer.body["code"]) == (status, code)
    assert emptied.rows("select 1 from profiles where erased_at is not null") == []


def test_erased_once_is_erased_and_nothing_comes_back(emptied: DeployedFunctions) -> None:
    user = person(emptied)
    first = erase(emptied, user, EMAIL.upper())
    again = erase(emptied, user)
    assert (again.status, again.body["erasedAt"]) == (200, first.body["erasedAt"])
    registered = emptied.request(
        "registrations", "POST", "registrations",
        claims=access_token(user, email=EMAIL), body={"eventId": str(emptied.event(price_amount=0))},
    )  # fmt: skip
    assert (registered.status, registered.body["code"]) == (403, "account_erased")
    assert of(emptied, user)["email"].endswith("@erased.invalid")


@pytest.fixture
def pool(emptied: DeployedFunctions) -> Any:
    """A user pool with one user, and the platform that trusts it."""
    client: Any = boto3.client("cognito-idp")
    pool_id = client.create_user_pool(PoolName="users")["UserPool"]["Id"]
    client.admin_create_user(UserPoolId=pool_id, Username=EMAIL)
    issuer = f"https://cognito-idp.ap-south-1.amazonaws.com/{pool_id}"
    emptied.set(USER_POOL_ID=pool_id, TOKEN_ISSUER=issuer)
    yield client, pool_id
    emptied.set(USER_POOL_ID=POOL_ID)


def users(pool: Any) -> list[str]:
    client, pool_id = pool
    return [each["Username"] for each in client.list_users(UserPoolId=pool_id)["Users"]]


def test_the_login_goes_with_the_account(emptied: DeployedFunctions, pool: Any) -> None:
    [username] = users(pool)
    answer = erase(emptied, person(emptied), username=username)
    assert (answer.status, answer.body["login"]) == (200, "deleted")
    assert users(pool) == []
    assert emptied.row("select pool_username from erasures") == {"pool_username": None}


def test_a_login_that_could_not_be_deleted_is_by_the_next_run(emptied: DeployedFunctions, pool: Any) -> None:
    [username] = users(pool)
    emptied.set(USER_POOL_ID="ap-south-1_nowhere00", TOKEN_ISSUER="https://cognito-idp/ap-south-1_nowhere00")
    answer = erase(emptied, person(emptied), username=username)
    assert (answer.status, answer.body["login"]) == (200, "deleting")
    assert emptied.invoke("personal_data", {"source": "schedule"})["loginsLeft"] == 1
    emptied.set(USER_POOL_ID=pool[1])
    assert emptied.invoke("personal_data", {"source": "schedule"})["loginsLeft"] == 0
    assert users(pool) == []


def test_users_of_somebody_elses_pool_are_left_to_it(emptied: DeployedFunctions) -> None:
    emptied.set(TOKEN_ISSUER="https://project.supabase.co/auth/v1")
    answer = erase(emptied, person(emptied))
    assert (answer.status, answer.body["login"]) == (200, "external")


def test_where_people_came_from_is_forgotten_in_time(emptied: DeployedFunctions) -> None:
    user = person(emptied)
    leave_traces(emptied, user)
    old = datetime.now(UTC) - timedelta(days=91)
    emptied.rows("update session_attendance set check_in_time = %s", old)
    leave_traces(emptied, person(emptied, email="new@example.com"))
    assert emptied.invoke("personal_data", {"source": "schedule"})["devicesForgotten"] == 1
    known = emptied.rows("select user_agent is null as forgotten from session_attendance order by check_in_time")
    assert known == [{"forgotten": True}, {"forgotten": False}]
