"""W4: deliveries that never come cost nothing but the time to the next run, and the run after it writes nothing."""

import random
from typing import Any

import pytest

from functions.payment_reconciliation.context import ReconciliationContext
from tests.reconciliation.books import Books

SEED = 20_261_125
AMOUNT = 49_900
PART = 10_000


def trade(books: Books, orders: int, rng: random.Random) -> None:
    """Orders that are paid, failed, paid late, refunded in part, in full, or abandoned."""
    for order in books.sell(orders, AMOUNT):
        story = rng.randrange(8)
        if story in (1, 2):
            books.razorpay.fail(order)
        if story in (0, 2, 3, 4, 5):
            payment = books.razorpay.pay(order)["id"]
            if story == 4:
                books.razorpay.refund(payment, PART)
            if story == 5:
                books.razorpay.refund(payment, PART)
                books.razorpay.refund(payment)
        if story == 6:
            books.razorpay.late_authorise(order)


def deliver_all_but(books: Books, lost: int, rng: random.Random) -> int:
    """Deliver in any order what waits, but for so many; how many there were.

    Not `order.paid`, which would tell of nearly every capture whose own event is lost.
    """
    events = [each for each in books.razorpay.take() if each.event != "order.paid"]
    rng.shuffle(events)
    for each in events[lost:]:
        answer = books.deployed.request(
            "razorpay_webhook", "POST", "razorpay-webhook", headers=each.headers, body=each.body
        )
        assert answer.status == 200
    return len(events)


def theirs(books: Books) -> dict[str, Any]:
    """What each order came to at Razorpay: our statuses, the paying payment with its fee, what went back."""
    endings: dict[str, Any] = {
        order["id"]: ("initiated", "pending", None, None, 0) for order in books.razorpay.entities("order")
    }
    for payment in books.razorpay.entities("payment"):
        if payment["status"] == "failed" and endings[payment["order_id"]][0] == "initiated":
            endings[payment["order_id"]] = ("failed", "pending", None, None, 0)
        if payment["captured"]:
            ends = ("refunded", "cancelled") if payment["status"] == "refunded" else ("success", "confirmed")
            endings[payment["order_id"]] = (*ends, payment["id"], payment["fee"], payment["amount_refunded"])
    return endings


def ours(books: Books) -> dict[str, Any]:
    rows = books.deployed.rows(
        """
        select t.razorpay_order_id as id, t.status, r.status as seat, t.razorpay_payment_id as payment,
            (select a.fee from payment_attempts a where a.razorpay_payment_id = t.razorpay_payment_id) as fee,
            coalesce((select sum(f.amount) from refunds f
                where f.payment_transaction_id = t.id and f.status = 'processed'), 0)::bigint as refunded
        from payment_transactions t join registrations r on r.id = t.registration_id
        """
    )
    return {row.pop("id"): tuple(row.values()) for row in rows}


def mismatches(books: Books) -> int:
    wanted, found = theirs(books), ours(books)
    assert wanted.keys() == found.keys()
    return sum(found[order] != ending for order, ending in wanted.items())


@pytest.mark.parametrize(
    ("orders", "lost"),
    [
        pytest.param(60, 15, id="60"),
        pytest.param(3950, 500, id="10000", marks=[pytest.mark.long, pytest.mark.timeout(3600)]),
    ],
)
def test_one_run_makes_up_for_what_was_never_delivered_and_the_next_writes_nothing(
    books: Books, orders: int, lost: int
) -> None:
    rng = random.Random(SEED)
    trade(books, orders, rng)
    events = deliver_all_but(books, lost, rng)
    assert events > 2.4 * orders
    assert mismatches(books) > lost / 10
    counts = books.reconcile()
    assert mismatches(books) == 0
    assert counts.keys() == {"matched"}
    assert all(repaired for *_, repaired in books.found())
    before = books.everything()
    assert books.reconcile() == counts
    assert books.everything() == before


def test_a_run_that_mended_nothing_would_leave_them_apart(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    rng = random.Random(SEED)
    trade(books, 20, rng)
    deliver_all_but(books, 10, rng)

    def repair_nothing(_self: ReconciliationContext, _order_id: str) -> list[Any]:
        return []

    monkeypatch.setattr(ReconciliationContext, "repair", repair_nothing)
    books.reconcile()
    assert mismatches(books) > 0
