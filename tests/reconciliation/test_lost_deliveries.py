"""W4: one run repairs all lost deliveries, and the run after it writes nothing."""

import random
from typing import Any

import pytest

from functions.payment_reconciliation.context import ReconciliationContext
from tests.reconciliation.scenario import ReconciliationScenario

SEED = 20_261_125
AMOUNT = 49_900
PART = 10_000


def trade(scenario: ReconciliationScenario, orders: int, rng: random.Random) -> None:
    """Orders that are paid, failed, paid late, refunded in part, in full, or abandoned."""
    for order in scenario.hold_seats(orders, AMOUNT):
        story = rng.randrange(8)
        if story in (1, 2):
            scenario.razorpay.fail(order)
        if story in (0, 2, 3, 4, 5):
            payment = scenario.razorpay.pay(order)["id"]
            if story == 4:
                scenario.razorpay.refund(payment, PART)
            if story == 5:
                scenario.razorpay.refund(payment, PART)
                scenario.razorpay.refund(payment)
        if story == 6:
            scenario.razorpay.late_authorise(order)


def deliver_all_but(scenario: ReconciliationScenario, lost: int, rng: random.Random) -> int:
    """Deliver in any order what waits, but for so many; how many there were.

    Not `order.paid`, which would tell of nearly every capture whose own event is lost.
    """
    events = [each for each in scenario.razorpay.take() if each.event != "order.paid"]
    rng.shuffle(events)
    for each in events[lost:]:
        answer = scenario.deployed.request(
            "razorpay_webhook", "POST", "razorpay-webhook", headers=each.headers, body=each.body
        )
        assert answer.status == 200
    return len(events)


def theirs(scenario: ReconciliationScenario) -> dict[str, Any]:
    """What each order came to at Razorpay: our statuses, the paying payment with its fee, what went back."""
    endings: dict[str, Any] = {
        order["id"]: ("initiated", "pending", None, None, 0) for order in scenario.razorpay.entities("order")
    }
    for payment in scenario.razorpay.entities("payment"):
        if payment["status"] == "failed" and endings[payment["order_id"]][0] == "initiated":
            endings[payment["order_id"]] = ("failed", "pending", None, None, 0)
        if payment["captured"]:
            ends = ("refunded", "cancelled") if payment["status"] == "refunded" else ("success", "confirmed")
            endings[payment["order_id"]] = (*ends, payment["id"], payment["fee"], payment["amount_refunded"])
    return endings


def ours(scenario: ReconciliationScenario) -> dict[str, Any]:
    rows = scenario.deployed.rows(
        """
        select t.razorpay_order_id as id, t.status, r.status as seat, t.razorpay_payment_id as payment,
            (select a.fee from payment_attempts a where a.razorpay_payment_id = t.razorpay_payment_id) as fee,
            coalesce((select sum(f.amount) from refunds f
                where f.payment_transaction_id = t.id and f.status = 'processed'), 0)::bigint as refunded
        from payment_transactions t join registrations r on r.id = t.registration_id
        """
    )
    return {row.pop("id"): tuple(row.values()) for row in rows}


def mismatches(scenario: ReconciliationScenario) -> int:
    wanted, found = theirs(scenario), ours(scenario)
    assert wanted.keys() == found.keys()
    return sum(found[order] != ending for order, ending in wanted.items())


@pytest.mark.parametrize(
    ("orders", "lost"),
    [
        pytest.param(60, 15, id="60"),
        pytest.param(3950, 500, id="10000", marks=[pytest.mark.long, pytest.mark.timeout(3600)]),
    ],
)
def test_one_run_repairs_lost_deliveries_and_the_next_writes_nothing(
    scenario: ReconciliationScenario, orders: int, lost: int
) -> None:
    rng = random.Random(SEED)
    trade(scenario, orders, rng)
    events = deliver_all_but(scenario, lost, rng)
    assert events > 2.4 * orders
    assert mismatches(scenario) > lost / 10
    counts = scenario.reconcile()
    assert mismatches(scenario) == 0
    assert counts.keys() == {"matched"}
    assert all(repaired for *_, repaired in scenario.findings())
    before = scenario.snapshot()
    assert scenario.reconcile() == counts
    assert scenario.snapshot() == before


def test_without_repairs_the_two_sides_stay_different(
    scenario: ReconciliationScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    rng = random.Random(SEED)
    trade(scenario, 20, rng)
    deliver_all_but(scenario, 10, rng)

    def repair_nothing(_self: ReconciliationContext, _order_id: str) -> list[Any]:
        return []

    monkeypatch.setattr(ReconciliationContext, "repair", repair_nothing)
    scenario.reconcile()
    assert mismatches(scenario) > 0
