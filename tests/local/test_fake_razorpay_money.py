"""Late authorisations, refunds, disputes and settlements."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import razorpay  # pyright: ignore[reportMissingTypeStubs]
import requests
from razorpay.errors import BadRequestError  # pyright: ignore[reportMissingTypeStubs]

from local.razorpay.errors import RazorpayError
from local.razorpay.server import FakeRazorpay

NOON_IN_INDIA = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


class Clock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.now: datetime = NOON_IN_INDIA

    def __call__(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake(clock: Clock) -> Iterator[FakeRazorpay]:
    with FakeRazorpay(hold=True, clock=clock) as running:
        yield running


@pytest.fixture
def client(fake: FakeRazorpay) -> Iterator[Any]:
    made: Any = razorpay.Client(auth=(fake.key_id, fake.key_secret), base_url=fake.url)
    with made.session:
        yield made


def events(fake: FakeRazorpay) -> list[str]:
    return [delivery.event for delivery in fake.take()]


def paid(fake: FakeRazorpay, amount: int = 50_000) -> dict[str, Any]:
    """A captured payment whose events are out of the way."""
    payment = fake.pay(fake.open_order(amount, receipt="r")["id"])
    fake.take()
    return payment


def refund(fake: FakeRazorpay, payment_id: str, body: dict[str, Any], key: str) -> requests.Response:
    return requests.post(
        f"{fake.url}/v1/payments/{payment_id}/refund",
        json=body,
        headers={"X-Refund-Idempotency": key},
        auth=(fake.key_id, fake.key_secret),
        timeout=5,
    )


def test_a_late_authorisation_moves_the_same_payment_from_failed_to_captured(fake: FakeRazorpay) -> None:
    order = fake.open_order(100)
    failed = fake.fail(order["id"])
    late = fake.late_authorise(order["id"])
    assert (late["id"], late["status"], late["error_code"]) == (failed["id"], "captured", None)
    assert events(fake) == ["payment.failed", "payment.authorized", "payment.captured", "order.paid"]


def test_a_late_authorisation_of_an_order_paid_meanwhile_is_given_back(fake: FakeRazorpay, client: Any) -> None:
    order = fake.open_order(100)
    fake.fail(order["id"])
    fake.pay(order["id"])
    fake.take()
    late = fake.late_authorise(order["id"])
    assert (late["status"], late["captured"], late["refund_status"]) == ("refunded", False, "full")
    assert events(fake) == ["payment.authorized", "refund.created", "refund.processed"]
    assert client.refund.all()["items"][0]["payment_id"] == late["id"]


def test_a_late_authorisation_can_be_forced_into_a_second_captured_payment(fake: FakeRazorpay) -> None:
    order = fake.open_order(100)
    fake.fail(order["id"])
    fake.pay(order["id"])
    fake.take()
    assert fake.late_authorise(order["id"], force=True)["status"] == "captured"
    assert events(fake) == ["payment.authorized", "payment.captured"]


@pytest.mark.parametrize(("amount", "order_status"), [(400, "attempted"), (600, "paid")])
def test_a_wrong_amount_is_captured_as_it_came(fake: FakeRazorpay, client: Any, amount: int, order_status: str) -> None:
    order = fake.open_order(500)
    assert fake.pay(order["id"], amount=amount)["amount"] == amount
    after = client.order.fetch(order["id"])
    assert (after["status"], after["amount_paid"]) == (order_status, amount)
    assert ("order.paid" in events(fake)) == (order_status == "paid")


def test_authorised_money_that_nobody_captures_is_given_back(fake: FakeRazorpay) -> None:
    payment = fake.pay(fake.open_order(100)["id"], capture=False)
    assert payment["status"] == "authorized"
    assert fake.return_uncaptured(payment["id"])["status"] == "refunded"


def test_refunds_add_up_to_the_payment_and_no_further(fake: FakeRazorpay, client: Any) -> None:
    payment = paid(fake, 1000)
    first = client.payment.refund(payment["id"], {"amount": 400, "notes": {"why": "half"}})
    assert (first["status"], first["amount"], first["notes"]) == ("processed", 400, {"why": "half"})
    assert client.payment.fetch(payment["id"])["refund_status"] == "partial"
    with pytest.raises(BadRequestError, match="greater than amount captured"):
        client.payment.refund(payment["id"], {"amount": 601})
    rest = client.payment.refund(payment["id"])
    assert rest["amount"] == 600
    after = client.payment.fetch(payment["id"])
    assert (after["status"], after["captured"], after["amount_refunded"]) == ("refunded", True, 1000)
    with pytest.raises(BadRequestError, match="fully refunded already"):
        client.payment.refund(payment["id"])
    assert client.payment.fetch_multiple_refund(payment["id"])["items"] == [rest, first]
    assert client.refund.fetch(first["id"]) == first == client.payment.fetch_refund_id(payment["id"], first["id"])
    assert client.order.fetch(payment["order_id"])["status"] == "paid"
    assert events(fake) == ["refund.created", "refund.processed"] * 2


def test_an_uncaptured_or_old_payment_is_not_refunded(fake: FakeRazorpay, client: Any, clock: Clock) -> None:
    authorised = fake.pay(fake.open_order(100)["id"], capture=False)
    with pytest.raises(BadRequestError, match="status should be captured for action"):
        client.payment.refund(authorised["id"])
    old = paid(fake)
    clock.now += timedelta(days=184)
    with pytest.raises(BadRequestError, match="more than 6 months old"):
        client.payment.refund(old["id"])


def test_an_idempotency_key_refunds_once_and_belongs_to_one_request(fake: FakeRazorpay) -> None:
    payment, other = paid(fake), paid(fake)
    first = refund(fake, payment["id"], {"amount": 100}, "refund-0001")
    again = refund(fake, payment["id"], {"amount": 100}, "refund-0001")
    assert first.ok
    assert again.json() == first.json()
    for payment_id, body in ((payment["id"], {"amount": 200}), (payment["id"], {}), (other["id"], {"amount": 100})):
        different = refund(fake, payment_id, body, "refund-0001")
        assert different.status_code == 409
        assert "Different request with the same" in different.json()["error"]["description"]
    assert len(fake.entities("refund")) == 1
    assert refund(fake, payment["id"], {"amount": 100}, "short").status_code == 400


def test_without_a_key_the_same_request_refunds_twice(fake: FakeRazorpay, client: Any) -> None:
    payment = paid(fake)
    assert (
        client.payment.refund(payment["id"], {"amount": 100})["id"]
        != client.payment.refund(payment["id"], {"amount": 100})["id"]
    )


def test_a_key_whose_first_request_is_still_under_way_is_a_409(fake: FakeRazorpay) -> None:
    payment = paid(fake)
    fake.break_api("no_answer", path="*/refund")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(refund, fake, payment["id"], {"amount": 100}, "refund-0001")
        fake.wait_for_requests(path="/v1/payments")
        second = refund(fake, payment["id"], {"amount": 100}, "refund-0001")
        assert second.status_code == 409
        assert "still in progress" in second.json()["error"]["description"]
        assert len(fake.entities("refund")) == 1
        fake.stop()
        assert isinstance(first.exception(), requests.ConnectionError)


def test_a_pending_refund_ends_processed_or_failed_and_a_failed_one_gives_back(fake: FakeRazorpay) -> None:
    fake.set_refund_outcome("pending")
    payment = paid(fake, 1000)
    good, bad = fake.refund(payment["id"], 300), fake.refund(payment["id"], 700)
    assert (good["status"], fake.entities("payment")[0]["status"]) == ("pending", "refunded")
    assert fake.finish_refund(good["id"])["status"] == "processed"
    assert fake.finish_refund(bad["id"], "failed")["status"] == "failed"
    after = fake.entities("payment")[0]
    assert (after["status"], after["amount_refunded"], after["refund_status"]) == ("captured", 300, "partial")
    assert events(fake) == ["refund.created", "refund.created", "refund.processed", "refund.failed"]
    with pytest.raises(RazorpayError):
        fake.finish_refund(good["id"])
    fake.set_refund_outcome("failed")
    assert fake.refund(payment["id"])["status"] == "failed"


@pytest.mark.parametrize(("outcome", "deducted"), [("won", 0), ("lost", 50_000), ("closed", 0)])
def test_a_dispute_is_opened_reviewed_and_ended(fake: FakeRazorpay, client: Any, outcome: Any, deducted: int) -> None:
    dispute = fake.open_dispute(paid(fake)["id"])
    assert fake.move_dispute(dispute["id"], "under_review")["status"] == "under_review"
    assert fake.move_dispute(dispute["id"], "action_required")["status"] == "open"
    ended = fake.move_dispute(dispute["id"], outcome)
    assert (ended["status"], ended["amount_deducted"]) == (outcome, deducted)
    assert client.dispute.fetch(dispute["id"]) == ended
    steps = ("created", "under_review", "action_required", outcome)
    assert events(fake) == [f"payment.dispute.{step}" for step in steps]
    with pytest.raises(RazorpayError):
        fake.move_dispute(dispute["id"], "won")


def test_the_rows_of_a_settlement_explain_its_amount(fake: FakeRazorpay, client: Any) -> None:
    kept, halved, disputed = (paid(fake, 100_000) for _ in range(3))
    fake.refund(halved["id"], 50_000)
    fake.move_dispute(fake.open_dispute(disputed["id"], 20_000)["id"], "lost")
    uncaptured = fake.pay(fake.open_order(100)["id"], capture=False)
    fake.return_uncaptured(uncaptured["id"])
    fake.take()
    settlement = fake.settle()
    assert settlement is not None
    rows = client.settlement.report({"year": 2026, "month": 11, "day": 22})["items"]
    assert sum(row["credit"] - row["debit"] for row in rows) == settlement["amount"] == 3 * 97_640 - 70_000
    assert sorted(row["type"] for row in rows) == ["adjustment", *["payment"] * 3, "refund"]
    assert {row["settlement_id"] for row in rows} == {settlement["id"]}
    first = next(row for row in rows if row["entity_id"] == kept["id"])
    assert (first["fee"], first["tax"], first["credit"], first["order_receipt"]) == (2360, 360, 97_640, "r")
    assert client.settlement.fetch(settlement["id"]) == settlement == client.settlement.all()["items"][0]
    assert events(fake) == ["settlement.processed"]


def test_a_settlement_moves_adjustments_and_transfers_and_its_report_can_be_made_wrong(
    fake: FakeRazorpay, client: Any
) -> None:
    payment = paid(fake, 100_000)
    adjusted = fake.adjust(credit=700)
    transferred = fake.adjust("transfer", debit=5_900, fee=590)
    settlement = fake.settle()
    assert settlement is not None
    assert settlement["amount"] == 97_640 + 700 - 5_900

    def rows() -> dict[str, Any]:
        report = client.settlement.report({"year": 2026, "month": 11, "day": 22})
        return {row["entity_id"]: row for row in report["items"]}

    row = rows()[transferred["id"]]
    assert (row["type"], row["amount"], row["fee"], row["tax"], row["debit"]) == ("transfer", 5_310, 590, 90, 5_900)
    assert rows()[adjusted["id"]]["credit"] == 700
    assert all(each["payment_id"] is None for each in rows().values())
    fake.change_settlement_row(payment["id"], changes={"fee": 1})
    fake.change_settlement_row(adjusted["id"], hidden=True)
    assert rows().keys() == {payment["id"], transferred["id"]}
    assert rows()[payment["id"]]["fee"] == 1
    with pytest.raises(LookupError):
        fake.change_settlement_row("pay_AAAAAAAAAAAAAA")


def test_an_entity_can_be_changed_without_telling_anybody(fake: FakeRazorpay, client: Any) -> None:
    payment = paid(fake)
    fake.change_entity("payment", payment["id"], {"status": "failed"})
    assert client.payment.fetch(payment["id"])["status"] == "failed"
    assert events(fake) == []


def test_everything_is_settled_once_and_debts_are_carried_over(fake: FakeRazorpay, clock: Clock, client: Any) -> None:
    first = paid(fake)
    assert fake.settle() is not None
    assert fake.settle() is None
    clock.now += timedelta(days=1)
    fake.refund(first["id"])
    assert fake.settle() is None, "a debt is not paid out"
    paid(fake, 200_000)
    carried = fake.settle()
    assert carried is not None
    assert carried["amount"] == 200_000 - 4720 - 50_000
    by_day = [client.settlement.report({"year": 2026, "month": 11, "day": day})["count"] for day in (21, 22, 23)]
    assert by_day == [0, 1, 2]
    assert client.settlement.report({"year": 2026, "month": 11})["count"] == 3
    page = client.settlement.report({"year": 2026, "month": 11, "count": 2, "skip": 2})
    assert page["count"] == 1


def test_a_settlement_day_is_a_day_in_india(fake: FakeRazorpay, clock: Clock, client: Any) -> None:
    clock.now = datetime(2026, 11, 21, 18, 29, tzinfo=UTC)  # 23:59 in India
    paid(fake)
    clock.now += timedelta(minutes=2)
    after_midnight = paid(fake)
    assert fake.settle(NOON_IN_INDIA.date() - timedelta(days=1)) is not None
    assert client.settlement.report({"year": 2026, "month": 11, "day": 21})["count"] == 1
    assert fake.settle() is not None
    rows = client.settlement.report({"year": 2026, "month": 11, "day": 22})["items"]
    assert [row["entity_id"] for row in rows] == [after_midnight["id"]]


@pytest.mark.parametrize(
    "query", [{"year": 2026}, {"year": 2026, "month": 13}, {"year": 2026, "month": 2, "day": 30}, {"month": 1}]
)
def test_a_wrong_reconciliation_request_is_refused(client: Any, query: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError):
        client.settlement.report(query)
