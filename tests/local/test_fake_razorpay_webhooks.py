"""Webhooks: signatures, retries, secrets, and everything that can happen to a delivery."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local.razorpay.outbox import RETRY_LADDER
from local.razorpay.payloads import sign
from local.razorpay.receiver import Receiver
from local.razorpay.server import FakeRazorpay


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


@pytest.fixture
def held(receiver: Receiver) -> Iterator[FakeRazorpay]:
    with FakeRazorpay(webhook_url=receiver.url, hold=True, seed=1) as fake:
        yield fake


def pay(fake: FakeRazorpay) -> dict[str, Any]:
    return fake.pay(fake.open_order(50_000, notes={"registration": "x"})["id"])


def test_a_payment_sends_its_three_signed_events_by_itself(receiver: Receiver) -> None:
    with FakeRazorpay(webhook_url=receiver.url, webhook_secret="s3cret") as fake:
        payment = pay(fake)
        fake.wait_until_quiet()
    bodies = {json.loads(body)["event"]: json.loads(body) for _, body in receiver.received}
    assert set(bodies) == {"payment.authorized", "payment.captured", "order.paid"}
    assert all(
        headers["X-Razorpay-Signature"] == sign("s3cret", body)
        and headers["User-Agent"] == "Razorpay-Webhook/v1"
        and headers["Content-Type"] == "application/json"
        and headers["Request-Id"] == headers["X-Razorpay-Event-Id"]
        for headers, body in receiver.received
    )
    assert len({delivery.event_id for delivery in receiver.received}) == 3
    authorised = bodies["payment.authorized"]["payload"]["payment"]["entity"]
    assert (authorised["status"], authorised["fee"], authorised["captured"]) == ("authorized", None, False)
    captured = bodies["payment.captured"]["payload"]["payment"]["entity"]
    assert captured == payment | {"base_amount": 50_000, "reward": None}
    order_paid = bodies["order.paid"]
    assert order_paid["contains"] == ["payment", "order"]
    assert "base_amount" not in order_paid["payload"]["payment"]["entity"]
    assert order_paid["payload"]["order"]["entity"]["status"] == "paid"
    assert not any(key.startswith("_") for key in order_paid["payload"]["order"]["entity"])


def test_held_deliveries_wait_to_be_pumped_in_order(held: FakeRazorpay, receiver: Receiver) -> None:
    pay(held)
    assert receiver.received == []
    assert [delivery.event for delivery in held.deliveries("waiting")] == [
        "payment.authorized",
        "payment.captured",
        "order.paid",
    ]
    (first,) = held.pump(limit=1)
    assert (first.event, first.state, first.attempts[0]["status"]) == ("payment.authorized", "delivered", 200)
    held.pump([held.deliveries("waiting")[1].id])
    assert [json.loads(body)["event"] for _, body in receiver.received] == ["payment.authorized", "order.paid"]
    held.release()
    held.wait_until_quiet()
    assert len(receiver.received) == 3


def test_a_failed_delivery_climbs_the_measured_ladder_byte_for_byte(held: FakeRazorpay, receiver: Receiver) -> None:
    receiver.forever = 500
    held.fail(held.open_order(100)["id"])
    attempts = held.pump(rounds=20)
    assert len(attempts) == len(RETRY_LADDER) == len(receiver.received)
    assert [attempt.due_at - attempts[0].attempts[0]["at"] for attempt in attempts[:-1]] == pytest.approx(
        list(RETRY_LADDER[1:]), abs=1e-3
    )
    assert attempts[-1].state == "exhausted"
    assert len({(delivery.body, delivery.event_id) for delivery in receiver.received}) == 1
    assert len({headers["X-Razorpay-Signature"] for headers, _ in receiver.received}) == 1


@pytest.mark.parametrize("status", [400, 401, 302, 500, 503])
def test_anything_but_2xx_is_tried_again(status: int) -> None:
    with Receiver(status, 204) as receiver, FakeRazorpay(webhook_url=receiver.url, time_scale=0) as fake:
        fake.fail(fake.open_order(100)["id"])
        fake.wait_until_quiet()
        (delivery,) = fake.deliveries()
    assert [attempt["status"] for attempt in delivery.attempts] == [status, 204]
    assert delivery.state == "delivered"


def test_retries_follow_the_scaled_clock(receiver: Receiver) -> None:
    receiver.statuses = [500, 500]
    with FakeRazorpay(webhook_url=receiver.url, time_scale=0.01) as fake:
        fake.fail(fake.open_order(100)["id"])
        fake.wait_until_quiet()
        (delivery,) = fake.deliveries()
    first, second, third = (attempt["at"] for attempt in delivery.attempts)
    assert second - first >= 0.0023
    assert 0.0608 <= third - first < 1


def test_an_answer_that_takes_too_long_is_a_failure(held: FakeRazorpay, receiver: Receiver) -> None:
    receiver.may_answer.clear()
    with FakeRazorpay(webhook_url=receiver.url, hold=True, delivery_timeout=0.1) as impatient:
        impatient.fail(impatient.open_order(100)["id"])
        (late,) = impatient.pump()
    assert (late.state, late.attempts[0]["status"], late.attempts[0]["error"]) == ("waiting", None, "TimeoutError")


def test_a_receiver_that_is_not_there_is_a_failure() -> None:
    with FakeRazorpay(webhook_url="http://127.0.0.1:9/", hold=True) as fake:
        fake.fail(fake.open_order(100)["id"])
        assert fake.pump()[0].attempts[0]["error"] == "ClientConnectorError"
        fake.set_webhook_url("no address at all")
        assert fake.pump()[0].attempts[1]["error"] == "InvalidUrlClientError"


def test_after_24_scaled_hours_of_failures_the_webhook_is_disabled_until_enabled(receiver: Receiver) -> None:
    now = [1_000_000.0]
    receiver.forever = 500
    with FakeRazorpay(webhook_url=receiver.url, hold=True, time_scale=0.5, clock=lambda: now[0]) as fake:
        fake.fail(fake.open_order(100)["id"])
        fake.pump()
        now[0] += 43_199
        fake.pump()
        assert not fake.webhook_is_disabled()
        now[0] += 1
        fake.pump()
        assert fake.webhook_is_disabled()
        fake.fail(fake.open_order(100)["id"])
        assert [delivery.state for delivery in fake.deliveries()] == ["disabled", "disabled"]
        fake.enable_webhook()
        receiver.forever = 200
        fake.fail(fake.open_order(100)["id"])
        assert [delivery.state for delivery in fake.pump()] == ["delivered"]


def test_one_success_resets_the_24_hours(receiver: Receiver) -> None:
    now = [1_000_000.0]
    receiver.statuses = [500, 200, 500]
    with FakeRazorpay(webhook_url=receiver.url, hold=True, clock=lambda: now[0]) as fake:
        fake.fail(fake.open_order(100)["id"])
        fake.pump(rounds=2)
        now[0] += 90_000
        fake.fail(fake.open_order(100)["id"])
        fake.pump()
        assert not fake.webhook_is_disabled()


def test_after_a_rotation_older_events_keep_the_old_signature(held: FakeRazorpay, receiver: Receiver) -> None:
    held.set_webhook_secret("old")
    held.fail(held.open_order(100)["id"])
    held.set_webhook_secret("new")
    held.fail(held.open_order(100)["id"])
    held.pump()
    signatures = [headers["X-Razorpay-Signature"] for headers, _ in receiver.received]
    assert signatures == [
        sign(secret, body) for secret, (_, body) in zip(("old", "new"), receiver.received, strict=True)
    ]


def test_without_a_secret_there_is_no_signature(held: FakeRazorpay, receiver: Receiver) -> None:
    held.set_webhook_secret(None)
    held.fail(held.open_order(100)["id"])
    held.pump()
    assert "X-Razorpay-Signature" not in receiver.received[0].headers


def test_a_duplicate_repeats_event_id_bytes_and_signature(held: FakeRazorpay, receiver: Receiver) -> None:
    held.fail(held.open_order(100)["id"])
    held.duplicate_delivery(held.pump()[0].id)
    held.pump()
    first, second = receiver.received
    assert (first.body, first.event_id) == (second.body, second.event_id)
    assert first.headers["X-Razorpay-Signature"] == second.headers["X-Razorpay-Signature"]


def test_a_dropped_delivery_never_arrives(held: FakeRazorpay, receiver: Receiver) -> None:
    held.fail(held.open_order(100)["id"])
    held.drop_delivery(held.deliveries()[0].id)
    assert held.pump() == []
    assert receiver.received == []
    with pytest.raises(LookupError):
        held.drop_delivery("dlv_unknown")


def test_shuffling_is_repeatable_and_loses_nothing(held: FakeRazorpay) -> None:
    for _ in range(5):
        pay(held)
    before = [delivery.id for delivery in held.deliveries()]
    held.shuffle_deliveries(seed=7)
    once = [delivery.id for delivery in held.deliveries()]
    assert once != before
    assert sorted(once) == sorted(before)
    assert [delivery.id for delivery in held.pump()] == once


def test_the_same_seed_drops_and_doubles_the_same_events() -> None:
    def history(seed: int) -> list[tuple[str, str]]:
        with FakeRazorpay(hold=True) as fake:
            fake.disturb_webhooks(drop_percent=30, duplicate_percent=30, seed=seed)
            for _ in range(20):
                pay(fake)
            return [(delivery.event, delivery.state) for delivery in fake.deliveries()]

    assert history(1) == history(1) != history(2)
    states = [state for _, state in history(1)]
    assert 0 < states.count("dropped") < 40
    assert len(states) > 60


def test_mishaps_can_be_limited_to_some_events_and_ended(held: FakeRazorpay) -> None:
    held.disturb_webhooks(drop_percent=100, events="payment.*")
    pay(held)
    assert [delivery.event for delivery in held.deliveries("waiting")] == ["order.paid"]
    held.disturb_webhooks()
    pay(held)
    assert len(held.deliveries("waiting")) == 4


def test_delayed_deliveries_come_late_and_out_of_order(receiver: Receiver) -> None:
    with FakeRazorpay(webhook_url=receiver.url, seed=3) as fake:
        fake.disturb_webhooks(delay_seconds=0.05, shuffle_seconds=0.1, seed=3)
        started = time.time()
        for _ in range(5):
            pay(fake)
        sent = [delivery.event_id for delivery in sorted(fake.deliveries(), key=lambda each: each.due_at)]
        fake.wait_until_quiet()
        in_order_of_events = [delivery.headers["Request-Id"] for delivery in fake.deliveries()]
        first = min(attempt["at"] for delivery in fake.deliveries() for attempt in delivery.attempts)
    assert first - started >= 0.05
    assert sorted(delivery.event_id for delivery in receiver.received) == sorted(sent)
    assert in_order_of_events == sent


def test_taken_deliveries_are_for_the_caller_to_hand_over() -> None:
    with FakeRazorpay() as fake:
        pay(fake)
        taken = fake.take()
        assert fake.take() == []
    assert [json.loads(delivery.body)["event"] for delivery in taken] == [
        "payment.authorized",
        "payment.captured",
        "order.paid",
    ]
    assert taken[0].headers["X-Razorpay-Signature"] == sign("fake-webhook-secret", taken[0].body)


def test_deliveries_wait_until_there_is_an_address(receiver: Receiver) -> None:
    with FakeRazorpay() as fake:
        pay(fake)
        fake.set_webhook_url(receiver.url)
        fake.wait_until_quiet()
    assert len(receiver.received) == 3


def test_waiting_for_quiet_ends_when_told(held: FakeRazorpay) -> None:
    pay(held)
    with pytest.raises(TimeoutError):
        held.wait_until_quiet(timeout=0.01)
