"""One event has one effect, also when it is repeated concurrently or under another event id."""

from collections import Counter

import pytest

from local.razorpay.payloads import sign
from tests.deployed import WEBHOOK_SECRET, DeployedFunctions
from tests.webhook.deliveries import Purchase, SignedEvent, actual_outcomes, buy, buy_many

CONNECTIONS = 64


def deliver_at_once(deployed: DeployedFunctions, purchases: list[Purchase]) -> list[Counter[str]]:
    """Each purchase's capture by 64 connections at once: what was answered how often."""
    events = [purchase.captured() for purchase in purchases]
    deliveries = [event for event in events for _ in range(CONNECTIONS)]
    answers = deployed.at_once(lambda event: event.deliver(deployed), deliveries, CONNECTIONS)
    return [Counter(answers[start : start + CONNECTIONS]) for start in range(0, len(answers), CONNECTIONS)]


@pytest.mark.parametrize("count", [8, pytest.param(200, marks=pytest.mark.long)])
def test_of_64_deliveries_of_one_event_at_once_one_is_applied(deployed: DeployedFunctions, count: int) -> None:
    """W3."""
    deployed.mute_queue()
    answers = deliver_at_once(deployed, buy_many(deployed, count))
    assert answers == [Counter(processed=1, duplicate=CONNECTIONS - 1)] * count
    assert {ending.receipts for ending in actual_outcomes(deployed).values()} == {2}


def test_without_its_unique_keys_the_log_would_take_an_event_twice(deployed: DeployedFunctions) -> None:
    """The negative control of W3 and W6."""
    deployed.mute_queue()
    deployed.rows("drop index webhook_logs_event_unique, webhook_logs_body_unique")
    (answers,) = deliver_at_once(deployed, buy_many(deployed, 1))
    assert answers["processed"] > 1


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.long)])
def test_one_body_under_many_event_ids_and_under_none_has_one_effect(deployed: DeployedFunctions, count: int) -> None:
    """W6."""
    deployed.mute_queue()
    purchase = buy(deployed)
    body = purchase.captured().body
    answers = [SignedEvent("captured", body).deliver(deployed) for _ in range(count)]
    unnamed = {"content-type": "application/json", "x-razorpay-signature": sign(WEBHOOK_SECRET, body)}
    for _ in range(2):
        bare = deployed.request("razorpay_webhook", "POST", "razorpay-webhook", headers=unnamed, body=body)
        answers.append(bare.body["status"])
    assert Counter(answers) == Counter(processed=1, duplicate=count + 1)
    assert deployed.row("select count(*) as n from webhook_logs") == {"n": 1}
    assert actual_outcomes(deployed)[purchase.order_id].receipts == 2


def test_a_delivery_without_an_event_id_is_known_by_its_body(deployed: DeployedFunctions) -> None:
    body = buy(deployed).captured().body
    headers = {"X-Razorpay-Signature": sign(WEBHOOK_SECRET, body)}
    answer = deployed.request("razorpay_webhook", "POST", "razorpay-webhook", headers=headers, body=body)
    logged = deployed.row("select encode(body_hash, 'hex') as hash, event_id from webhook_logs")
    assert (answer.body["status"], answer.body["eventId"]) == ("processed", logged["hash"])
    assert logged["event_id"] is None


def test_one_event_id_with_another_body_is_a_duplicate_and_changes_nothing(deployed: DeployedFunctions) -> None:
    first, second = buy(deployed).captured(), buy(deployed)
    first.deliver(deployed)
    assert SignedEvent("captured", second.captured().body, first.event_id).deliver(deployed) == "duplicate"
    assert actual_outcomes(deployed)[second.order_id].order == "initiated"
