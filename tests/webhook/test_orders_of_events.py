"""Deliveries in any order and number end in the same rows, with each effect once."""

import random
from collections.abc import Mapping, Sequence
from itertools import permutations
from uuid import UUID

import pytest

from shared.db import Connection
from shared.payments import queries as payment_queries
from tests.deployed import DeployedFunctions
from tests.webhook.deliveries import (
    AMOUNT,
    OrderOutcome,
    Purchase,
    SignedEvent,
    actual_outcomes,
    buy,
    buy_many,
    expected_outcome,
)

SEED = 20_261_112
FORTY, SIXTY = AMOUNT * 2 // 5, AMOUNT * 3 // 5


def all_events(purchase: Purchase) -> list[SignedEvent]:
    return [
        purchase.authorized(),
        purchase.failed(),
        purchase.captured(),
        purchase.order_paid(),
        purchase.refund(FORTY),
        purchase.refund(SIXTY, event="refund.created"),
    ]


def deliver_permutations(deployed: DeployedFunctions, orders: Sequence[tuple[int, ...]], seed: int) -> list[Purchase]:
    """Deliver the six events of as many purchases as orders, each event one to three times."""
    purchases = buy_many(deployed, len(orders))

    def deliver(given: tuple[Purchase, tuple[int, ...]]) -> None:
        purchase, order = given
        events = all_events(purchase)
        repeats = random.Random(f"{seed} {order}")
        for number in order:
            for _ in range(repeats.randint(1, 3)):
                events[number].deliver(deployed)

    deployed.at_once(deliver, list(zip(purchases, orders, strict=True)), threads=4)
    return purchases


def wrong_outcomes(
    deployed: DeployedFunctions, events: Mapping[Purchase, Sequence[SignedEvent]]
) -> dict[str, OrderOutcome]:
    found = actual_outcomes(deployed)
    return {
        purchase.order_id: found[purchase.order_id]
        for purchase, told in events.items()
        if found[purchase.order_id] != expected_outcome(told, purchase)
    }


ALL_ORDERS = list(permutations(range(6)))


@pytest.mark.parametrize(
    "orders",
    [
        pytest.param(random.Random(SEED).sample(ALL_ORDERS, 90), id="90"),
        pytest.param(ALL_ORDERS, id="720", marks=pytest.mark.long),
    ],
)
def test_every_order_of_six_events_each_one_to_three_times_ends_the_same(
    deployed: DeployedFunctions, orders: list[tuple[int, ...]]
) -> None:
    """W2."""
    deployed.mute_queue()
    purchases = deliver_permutations(deployed, orders, SEED)
    assert wrong_outcomes(deployed, {purchase: all_events(purchase) for purchase in purchases}) == {}
    assert {ending.refunded for ending in actual_outcomes(deployed).values()} == {AMOUNT}


def test_without_the_lattice_the_order_of_events_would_decide(
    deployed: DeployedFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of W2: a failed payment moves a paid order back."""
    deployed.mute_queue()

    def fall_back(conn: Connection, transaction_id: UUID, refund: object) -> str:
        conn.execute("update payment_transactions set status = 'initiated' where id = %s", (transaction_id,))
        return "processed"

    monkeypatch.setattr(payment_queries, "record_refund", fall_back)
    purchases = deliver_permutations(deployed, ALL_ORDERS[:10], SEED)
    assert wrong_outcomes(deployed, {purchase: all_events(purchase) for purchase in purchases})


def some_events(purchase: Purchase, rng: random.Random) -> list[SignedEvent]:
    stories = [
        [purchase.authorized(), purchase.captured(), purchase.order_paid()],
        [purchase.failed(), purchase.captured()],
        [purchase.failed()],
        [purchase.authorized()],
        [purchase.captured(), purchase.refund(FORTY)],
        [purchase.order_paid(), purchase.refund(FORTY), purchase.refund(SIXTY)],
        [purchase.failed(), purchase.captured(), purchase.order_paid(), purchase.refund(AMOUNT)],
    ]
    return rng.choice(stories)


def deliver_shuffled(
    deployed: DeployedFunctions, orders: int, threads: int, seed: int
) -> tuple[dict[Purchase, list[SignedEvent]], list[str]]:
    """The events of many purchases, a third of them twice, in any order; returns them and what was answered."""
    rng = random.Random(seed)
    events = {purchase: some_events(purchase, rng) for purchase in buy_many(deployed, orders)}
    unique = [event for told in events.values() for event in told]
    deliveries = unique + rng.choices(unique, k=len(unique) * 2 // 5)
    rng.shuffle(deliveries)
    return events, deployed.at_once(lambda event: event.deliver(deployed), deliveries, threads)


@pytest.mark.parametrize(
    ("orders", "threads", "seed"),
    [
        *[pytest.param(120, threads, SEED + threads, id=f"{threads} threads") for threads in (1, 8, 32)],
        *[
            pytest.param(4000, threads, SEED + seed, id=f"long {threads} {seed}", marks=pytest.mark.long)
            for threads in (1, 8, 32)
            for seed in range(3)
        ],
    ],
)
def test_shuffled_and_doubled_deliveries_end_as_the_fold_of_their_events(
    deployed: DeployedFunctions, orders: int, threads: int, seed: int
) -> None:
    """W1."""
    deployed.mute_queue()
    events, answers = deliver_shuffled(deployed, orders, threads, seed)
    assert wrong_outcomes(deployed, events) == {}
    unique = sum(map(len, events.values()))
    assert answers.count("processed") == unique
    assert answers.count("duplicate") == len(answers) - unique
    receipts = sum(ending.receipts for ending in actual_outcomes(deployed).values())
    assert receipts == 2 * sum(
        expected_outcome(told, purchase).paid_by is not None for purchase, told in events.items()
    )


def test_one_purchase_is_notified_once(deployed: DeployedFunctions) -> None:
    purchase = buy(deployed)
    assert purchase.captured().deliver(deployed) == "processed"
    paid = purchase.order_paid()
    assert [paid.deliver(deployed), paid.deliver(deployed)] == ["processed", "duplicate"]
    queued = deployed.rows("select id, type, template from notifications_queue")
    assert sorted((row["template"], row["type"]) for row in queued) == [
        ("payment_success", "email"),
        ("payment_success", "in_app"),
    ]
    assert sorted(deployed.handed_off()) == sorted(row["id"] for row in queued)
