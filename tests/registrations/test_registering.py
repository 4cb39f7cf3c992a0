"""POST registrations: a seat is taken once, and only while there is one for sale."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import boto3
import pytest

from tests.deployed import access_token
from tests.registrations.storefront import UNPAID, Storefront


def test_a_free_course_is_confirmed_at_once(storefront: Storefront) -> None:
    user = storefront.deployed.profile()
    answer = storefront.register(user, storefront.deployed.event(price_amount=0))
    assert answer.status == 201
    registration = answer.body["registration"]
    assert (registration["status"], registration["paymentStatus"], answer.body["order"]) == ("confirmed", "free", None)
    told = storefront.deployed.rows("select id, template from notifications_queue")
    assert {row["template"] for row in told} == {"registration_confirmed"}
    assert sorted(storefront.deployed.handed_off()) == sorted(row["id"] for row in told)
    assert storefront.razorpay.requests() == []


def test_a_paid_course_holds_the_seat_and_opens_an_order(storefront: Storefront) -> None:
    user = storefront.deployed.profile()
    event = storefront.deployed.event(capacity=1)
    answer = storefront.register(user, event)
    registration, order = answer.body["registration"], answer.body["order"]
    assert (answer.status, registration["status"], registration["paymentStatus"]) == (201, "pending", "pending")
    assert (order["amount"], order["currency"], order["keyId"]) == (49_900, "INR", storefront.razorpay.key_id)
    (created,) = storefront.razorpay.entities("order")
    assert (created["id"], created["receipt"]) == (order["id"], registration["id"].replace("-", ""))
    seen = storefront.deployed.request("events", "GET", f"events/{event}")
    assert seen.body["event"]["seatsLeft"] == 0


def test_the_last_seat_taken_leaves_the_waitlist(storefront: Storefront) -> None:
    event = storefront.deployed.event(capacity=1)
    storefront.register(storefront.deployed.profile(), event)
    answer = storefront.register(storefront.deployed.profile(), event)
    assert (answer.status, answer.body["code"]) == (409, "event_full")


@pytest.mark.parametrize("price", [0, 49_900])
def test_nobody_registers_twice(storefront: Storefront, price: int) -> None:
    user, event = storefront.deployed.profile(), storefront.deployed.event(price_amount=price)
    storefront.register(user, event)
    answer = storefront.register(user, event)
    assert (answer.status, answer.body["code"]) == (409, "already_registered")
    assert storefront.deployed.row("select count(*) as n from registrations") == {"n": 1}


@pytest.mark.parametrize(
    "event",
    [
        {"status": "completed"},
        {"status": "cancelled"},
        {"sales_end_at": datetime.now(UTC) - timedelta(seconds=1)},
        {"starts_at": datetime.now(UTC) - timedelta(hours=1)},
    ],
)
def test_nothing_is_sold_after_the_sales(storefront: Storefront, event: dict[str, object]) -> None:
    answer = storefront.register(storefront.deployed.profile(), storefront.deployed.event(**event))
    assert (answer.status, answer.body["code"]) == (409, "sales_closed")


def test_a_draft_and_an_unknown_course_are_the_same_404(storefront: Storefront) -> None:
    user = storefront.deployed.profile()
    answers = [storefront.register(user, event) for event in (storefront.deployed.event(status="draft"), uuid4())]
    assert [answer.status for answer in answers] == [404, 404]
    assert answers[0].body | {"requestId": ""} == answers[1].body | {"requestId": ""}


def test_a_referral_is_attributed_to_whoever_has_the_code(storefront: Storefront) -> None:
    referrer = storefront.deployed.profile(referral_code="FRIEND2026")
    user, event = storefront.deployed.profile(), storefront.deployed.event()
    assert storefront.register(user, event, referralCode="friend2026").status == 201
    row = storefront.deployed.row("select referrer_id, referred_user_id, event_id, status from referrals")
    assert row == {"referrer_id": referrer, "referred_user_id": user, "event_id": event, "status": "pending"}


@pytest.mark.parametrize(
    "me",
    [
        {"referral_code": "MYSELF2026"},
        {"email": "asha.rao+two@gmail.com"},
        {"email": "Asha.Rao@googlemail.com"},
        {"phone": "+919876543210"},
    ],
)
def test_nobody_refers_themselves_under_another_spelling(storefront: Storefront, me: dict[str, Any]) -> None:
    if "referral_code" not in me:
        storefront.deployed.profile(referral_code="MYSELF2026", email="asharao@gmail.com", phone="+919876543210")
    user = storefront.deployed.profile(**me)
    answer = storefront.register(user, storefront.deployed.event(), referralCode="MYSELF2026")
    assert (answer.status, answer.body["code"]) == (422, "self_referral")
    assert storefront.deployed.rows("select 1 from registrations") == []


def test_an_unknown_referral_code_takes_no_seat(storefront: Storefront) -> None:
    answer = storefront.register(storefront.deployed.profile(), storefront.deployed.event(), referralCode="NOBODY2026")
    assert (answer.status, answer.body["code"]) == (422, "unknown_referral_code")
    assert storefront.deployed.rows("select 1 from registrations") == []


def test_with_razorpay_down_the_seat_is_held_and_the_order_follows(storefront: Storefront) -> None:
    user = storefront.deployed.profile()
    storefront.razorpay.break_api("bad_gateway")
    answer = storefront.register(user, storefront.deployed.event())
    assert (answer.status, answer.body["order"]) == (201, None)
    registration = answer.body["registration"]["id"]
    storefront.razorpay.break_api("rate_limit")
    busy = storefront.post(user, registration, "payment")
    assert (busy.status, busy.body["code"], busy.headers["retry-after"]) == (503, "payment_provider_unavailable", "2")
    paid = storefront.post(user, registration, "payment")
    assert (paid.status, paid.body["order"]["amount"]) == (200, 49_900)


@pytest.mark.parametrize("fault", ["lost_answer", "bad_gateway", "server_error", "cool_down", "rate_limit"])
def test_an_order_whose_answer_was_lost_is_opened_again(storefront: Storefront, fault: str) -> None:
    user = storefront.deployed.profile()
    storefront.razorpay.break_api(fault)  # pyright: ignore[reportArgumentType]
    answer = storefront.register(user, storefront.deployed.event())
    assert (answer.status, answer.body["order"]) == (201, None)
    order = storefront.post(user, answer.body["registration"]["id"], "payment").body["order"]["id"]
    stored = storefront.deployed.row("select razorpay_order_id as id, status from payment_transactions")
    assert stored == {"id": order, "status": "initiated"}


def test_wrong_keys_at_razorpay_lose_no_seat(storefront: Storefront) -> None:
    keys = {"keyId": "rzp_test_WRONG", "keySecret": "wrong"}
    storefront.deployed.put_secret("razorpay", keys)
    answer = storefront.register(storefront.deployed.profile(), storefront.deployed.event())
    assert (answer.status, answer.body["order"]) == (201, None)
    assert storefront.deployed.row("select status from registrations") == {"status": "pending"}


def test_another_attempt_to_pay_uses_the_open_order(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    storefront.razorpay.fail(held.order_id)
    storefront.deliver()
    again = storefront.post(held.user, held.id, "payment")
    assert (again.status, again.body["order"]["id"]) == (200, held.order_id)
    assert len(storefront.razorpay.entities("order")) == 1


def test_there_is_nothing_to_pay_for_a_seat_that_is_paid_or_gone(storefront: Storefront) -> None:
    deployed = storefront.deployed
    user = deployed.profile()
    for registration in (
        deployed.confirmed(user, deployed.event(), payment_status="free"),
        deployed.registration(user, deployed.event(), status="expired", hold_expires_at=None),
        deployed.registration(user, deployed.event(), status="cancelled", hold_expires_at=None),
    ):
        answer = storefront.post(user, registration, "payment")
        assert (answer.status, answer.body["code"]) == (409, "nothing_to_pay")


def test_a_user_without_a_profile_gets_it_from_the_pool_on_the_first_registration(storefront: Storefront) -> None:
    pool = boto3.client("cognito-idp")
    pool_id = pool.create_user_pool(PoolName="students")["UserPool"].get("Id", "")
    user = pool.admin_create_user(
        UserPoolId=pool_id, Username="new@example.com", UserAttributes=[{"Name": "email", "Value": "new@example.com"}]
    )["User"]
    subject = next(pair.get("Value", "") for pair in user.get("Attributes", []) if pair["Name"] == "sub")
    issuer = f"https://cognito-idp.ap-south-1.amazonaws.com/{pool_id}"
    storefront.deployed.set(USER_POOL_ID=pool_id, TOKEN_ISSUER=issuer)
    claims = access_token(uuid4(), sub=subject, username="new@example.com")
    body = {"eventId": str(storefront.deployed.event())}
    answer = storefront.deployed.request("registrations", "POST", "registrations", claims=claims, body=body)
    assert answer.status == 201
    assert storefront.deployed.row("select id::text, email from profiles") == {
        "id": subject,
        "email": "new@example.com",
    }


def test_one_order_is_kept_of_two_that_were_opened_at_once(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    statement = "update payment_transactions set razorpay_order_id = 'order_' || right(razorpay_order_id, 14)"
    storefront.deployed.rows(statement)
    assert storefront.post(held.user, held.id, "payment").body["order"]["id"] == held.order_id
    assert held.row == UNPAID
