"""Paying, told by the student's page, by the webhook or by both: one seat, one receipt."""

from itertools import permutations

import pytest

from tests.registrations.storefront import PAID, UNPAID, Storefront


def test_checkout_confirms_at_once_and_the_webhook_changes_nothing_more(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    payment = storefront.razorpay.pay(held.order_id)["id"]
    answer = held.verify(payment)
    assert (answer.status, answer.body["status"], answer.body["registration"]["status"]) == (
        200,
        "confirmed",
        "confirmed",
    )
    assert held.row == PAID
    storefront.deliver()
    assert held.row == PAID
    assert held.verify(payment).status == 200
    assert held.row == PAID


def test_the_webhook_confirms_and_checkout_changes_nothing_more(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    payment = storefront.razorpay.pay(held.order_id)["id"]
    assert set(storefront.deliver()) == {"processed"}
    assert held.row == PAID
    answer = held.verify(payment)
    assert (answer.status, answer.body["registration"]["status"]) == (200, "confirmed")
    assert held.row == PAID


@pytest.mark.parametrize("order", list(permutations(("checkout", "payment.captured", "order.paid"))))
def test_whoever_tells_first_the_end_is_the_same(storefront: Storefront, order: tuple[str, ...]) -> None:
    held = storefront.hold_seat()
    payment = storefront.razorpay.pay(held.order_id)["id"]
    waiting = {each.event: each for each in storefront.razorpay.take()}
    for who in order:
        if who == "checkout":
            assert held.verify(payment).status == 200
        else:
            told = waiting[who]
            storefront.deployed.request(
                "razorpay_webhook", "POST", "razorpay-webhook", headers=told.headers, body=told.body
            )
        assert held.row == PAID


def test_an_authorized_payment_is_captured(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    payment = storefront.razorpay.pay(held.order_id, capture=False)["id"]
    assert held.verify(payment).body["status"] == "confirmed"
    assert [each["status"] for each in storefront.razorpay.entities("payment")] == ["captured"]
    storefront.deliver()
    assert held.row == PAID


def test_a_capture_whose_answer_is_lost_is_known_from_the_payment(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    payment = storefront.razorpay.pay(held.order_id, capture=False)["id"]
    storefront.razorpay.break_api("lost_answer", method="POST")
    assert held.verify(payment).status == 503
    assert held.row == UNPAID
    assert held.verify(payment).body["status"] == "confirmed"
    assert held.row == PAID


@pytest.mark.parametrize("paid", [False, True])
def test_a_wrong_signature_is_refused_before_and_after_the_payment(storefront: Storefront, paid: bool) -> None:
    held = storefront.hold_seat()
    payment = storefront.razorpay.pay(held.order_id)["id"]
    if paid:
        storefront.deliver()
    before = held.row
    answer = held.verify(payment, razorpay_signature="0" * 64)
    assert (answer.status, answer.body["code"]) == (422, "invalid_signature")
    assert held.row == before


def test_an_order_of_another_registration_confirms_nothing(storefront: Storefront) -> None:
    held, other = storefront.hold_seat(), storefront.hold_seat()
    payment = storefront.razorpay.pay(other.order_id)["id"]
    fields = storefront.razorpay.checkout_fields(other.order_id, payment)
    answer = storefront.post(held.user, held.id, "verify-payment", fields)
    assert (answer.status, answer.body["code"]) == (422, "order_mismatch")
    assert held.row == UNPAID


def test_a_signed_payment_of_another_order_confirms_nothing(storefront: Storefront) -> None:
    held, other = storefront.hold_seat(), storefront.hold_seat()
    payment = storefront.razorpay.pay(other.order_id)["id"]
    answer = held.verify(payment)  # Razorpay would never sign this pair, a leaked key would
    assert (answer.status, answer.body["code"]) == (422, "order_mismatch")
    assert held.row == UNPAID


def test_a_payment_that_razorpay_does_not_know_confirms_nothing(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    answer = held.verify("pay_AAAAAAAAAAAAAA")
    assert (answer.status, answer.body["code"]) == (422, "unknown_payment")
    assert held.row == UNPAID


def test_a_failed_payment_confirms_nothing(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    payment = storefront.razorpay.fail(held.order_id)["id"]
    answer = held.verify(payment)
    assert (answer.status, answer.body["code"]) == (409, "payment_not_captured")
    assert held.row == UNPAID


def test_another_amount_is_held_for_a_person(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    payment = storefront.razorpay.pay(held.order_id, amount=100)["id"]
    answer = held.verify(payment)
    assert (answer.status, answer.body["code"]) == (409, "payment_held")
    assert held.row == UNPAID
    review = storefront.deployed.row("select review_reason from payment_transactions")
    assert review == {"review_reason": "amount_mismatch"}


def test_a_payment_authorized_late_is_captured_and_confirmed(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    storefront.razorpay.fail(held.order_id)
    storefront.deliver()
    assert held.row["payment_status"] == "failed"
    storefront.razorpay.late_authorise(held.order_id)
    storefront.deliver()
    assert held.row == PAID


@pytest.mark.parametrize("fault", ["rate_limit", "bad_gateway", "lost_answer"])
def test_with_razorpay_down_checkout_is_told_to_try_again(storefront: Storefront, fault: str) -> None:
    held = storefront.hold_seat()
    payment = storefront.razorpay.pay(held.order_id)["id"]
    storefront.razorpay.break_api(fault)  # pyright: ignore[reportArgumentType]
    assert held.verify(payment).status == 503
    assert held.verify(payment).status == 200
    assert held.row == PAID


def test_own_payments_are_listed_with_what_went_back(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    payment = storefront.razorpay.pay(held.order_id)["id"]
    storefront.razorpay.refund(payment, 900)
    storefront.deliver()
    listed = storefront.deployed.request("registrations", "GET", "payments", user=held.user).body["payments"]
    assert [(each["status"], each["refundedAmount"]) for each in listed] == [("success", 900)]
    assert (
        storefront.deployed.request("registrations", "GET", "payments", user=storefront.deployed.profile()).body[
            "payments"
        ]
        == []
    )
