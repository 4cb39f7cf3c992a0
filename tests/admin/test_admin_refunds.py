"""An administrator refunds in full and in part, once a key, never more than was taken, and retries what failed."""

import threading
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from functions.admin_sales.refunds import queries, service
from functions.admin_sales.refunds.models import NewRefund
from local.razorpay.server import FakeRazorpay
from shared import db
from shared.actors import administrator
from shared.errors import Conflict
from shared.payments.models import Order
from tests.deployed import Answer, DeployedFunctions
from tests.kept import emptied, kept
from tests.registrations.conftest import account
from tests.registrations.storefront import HeldSeat, Storefront

__all__ = ["account", "emptied", "kept"]
PRICE = 49_900


@pytest.fixture
def storefront(emptied: DeployedFunctions, account: FakeRazorpay) -> Storefront:
    emptied.set(RAZORPAY_BASE_URL=account.url)
    return Storefront(emptied, account)


@dataclass
class RefundScenario:
    """An administrator and a student who has paid."""

    storefront: Storefront
    admin: UUID
    held: HeldSeat
    payment: UUID
    razorpay_payment: str
    key: str = field(default_factory=lambda: str(uuid4()))

    def request(self, method: str, path: str = "", body: object = None, key: str | None = None, **query: str) -> Answer:
        headers = {"Idempotency-Key": key} if key else {}
        return self.storefront.deployed.request(
            "admin_sales", method, f"admin/refunds{path}", user=self.admin, groups=["admin"], body=body,
            headers=headers, query=query,
        )  # fmt: skip

    def refund(self, amount: int | None = None, key: str | None = None, **more: Any) -> Answer:
        body = {"paymentId": str(self.payment), **more} | ({"amount": amount} if amount is not None else {})
        return self.request("POST", body=body, key=key or str(uuid4()))

    def complete_refunds(self) -> None:
        """The schedule runs and Razorpay's webhooks arrive."""
        self.storefront.process_refunds()
        self.storefront.deliver()

    def states(self) -> list[tuple[str, int]]:
        rows = self.storefront.deployed.rows("select status, amount from refunds")
        return sorted((row["status"], row["amount"]) for row in rows)

    def returned(self) -> int:
        """What Razorpay really gave back."""
        return sum(each["amount"] for each in self.storefront.razorpay.entities("refund") if each["status"] != "failed")


@pytest.fixture
def scenario(storefront: Storefront) -> RefundScenario:
    held = storefront.hold_seat()
    razorpay_payment = storefront.razorpay.pay(held.order_id)["id"]
    storefront.deliver()
    payment = storefront.deployed.row("select id from payment_transactions")["id"]
    return RefundScenario(storefront, storefront.deployed.profile(admin=True), held, payment, razorpay_payment)


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body.get("code", "")


def test_a_part_goes_back_and_the_seat_stays(scenario: RefundScenario) -> None:
    answer = scenario.refund(10_000, note="Second session was cut short")
    assert answer.status == 201, answer
    refund = answer.body["refund"]
    assert (refund["status"], refund["amount"], refund["reason"]) == ("requested", 10_000, "admin")
    assert (refund["note"], refund["requestedBy"]) == ("Second session was cut short", str(scenario.admin))
    scenario.complete_refunds()
    shown = scenario.request("GET", f"/{refund['id']}").body["refund"]
    assert (shown["status"], shown["lastError"]) == ("processed", None)
    assert shown["razorpayRefundId"] == scenario.storefront.razorpay.entities("refund")[0]["id"]
    assert (scenario.held.row["status"], scenario.held.row["payment_status"]) == ("confirmed", "completed")
    assert (
        scenario.storefront.deployed.row("select action, new_values from admin_audit_logs")["new_values"]["amount"]
        == 10_000
    )
    told = scenario.storefront.deployed.rows("select distinct template from notifications_queue where user_id = %s",
                                     scenario.held.user)  # fmt: skip
    assert {row["template"] for row in told} == {"payment_success", "refund_started", "payment_refunded"}


def test_what_is_left_goes_back_without_an_amount_and_frees_the_seat(scenario: RefundScenario) -> None:
    scenario.refund(10_000)
    scenario.complete_refunds()
    assert scenario.refund().body["refund"]["amount"] == PRICE - 10_000
    scenario.complete_refunds()
    assert scenario.returned() == PRICE
    assert (scenario.held.row["status"], scenario.held.row["payment_status"]) == ("cancelled", "refunded")
    assert code(scenario.refund()) == (409, "nothing_left")


def test_one_key_is_one_refund_and_another_body_under_it_is_refused(scenario: RefundScenario) -> None:
    first = scenario.refund(10_000, scenario.key)
    again = scenario.refund(10_000, scenario.key)
    assert (first.status, again.status) == (201, 200)
    assert first.body["refund"]["id"] == again.body["refund"]["id"]
    other = {"paymentId": str(uuid4()), "amount": 10_000}
    for answer in (
        scenario.refund(10_001, scenario.key),
        scenario.refund(key=scenario.key),
        scenario.request("POST", body=other, key=scenario.key),
    ):
        assert code(answer) == (409, "idempotency_key_reused")
    scenario.complete_refunds()
    assert (scenario.returned(), len(scenario.states())) == (10_000, 1)
    assert scenario.refund(10_000, scenario.key).body["refund"]["status"] == "processed"
    assert len(scenario.storefront.deployed.rows("select 1 from admin_audit_logs")) == 1


def test_the_key_of_a_full_refund_still_stands_for_it_when_nothing_is_left(scenario: RefundScenario) -> None:
    first = scenario.refund(key=scenario.key)
    scenario.complete_refunds()
    again = scenario.refund(key=scenario.key)
    assert (again.status, again.body["refund"]["id"]) == (200, first.body["refund"]["id"])


def test_another_administrators_key_is_another_key(scenario: RefundScenario) -> None:
    first = scenario.refund(10_000, scenario.key)
    scenario.admin = scenario.storefront.deployed.profile(admin=True)
    second = scenario.refund(10_000, scenario.key)
    assert first.body["refund"]["id"] != second.body["refund"]["id"]


def click(scenario: RefundScenario, key: str, amount: int | None) -> str:
    """What one click comes to; the handler's router serves one thread only, so this is what the route does."""
    with db.transaction(administrator(scenario.admin)) as conn:
        try:
            refund, _ = service.request_refund(
                conn, scenario.admin, key, NewRefund(payment_id=scenario.payment, amount=amount)
            )
        except Conflict as refusal:
            return refusal.code
    return str(refund.id)


def click_at_once(scenario: RefundScenario, clicks: list[tuple[str, int | None]]) -> list[str]:
    scenario.storefront.deployed.set(DATABASE_SECRET_ID="database-admin")
    return scenario.storefront.deployed.at_once(lambda each: click(scenario, *each), clicks, threads=8)


def test_many_clicks_with_one_key_are_one_refund(scenario: RefundScenario) -> None:
    assert len(set(click_at_once(scenario, [(scenario.key, None)] * 24))) == 1
    scenario.complete_refunds()
    assert scenario.returned() == PRICE
    assert scenario.states() == [("processed", PRICE)]


def test_many_clicks_with_keys_of_their_own_never_give_back_more_than_was_taken(scenario: RefundScenario) -> None:
    results = click_at_once(scenario, [(f"key number {number}", 20_000) for number in range(24)])
    assert results.count("exceeds_refundable") == 22
    scenario.complete_refunds()
    assert scenario.states() == [("processed", 20_000)] * 2


def test_without_the_lock_of_the_order_two_clicks_would_ask_for_too_much(
    scenario: RefundScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: both have looked before either has written."""
    scenario.storefront.deployed.set(DATABASE_SECRET_ID="database-admin")
    with db.transaction(administrator(scenario.admin)) as conn:
        order = service._lock_order(conn, scenario.payment)  # pyright: ignore[reportPrivateUsage]
    insert, both_have_looked = queries.insert_refund, threading.Barrier(2)

    def seen_before(_conn: db.Connection, _payment_id: UUID) -> Order | None:
        return order

    def insert_late(*args: Any, **kwargs: Any) -> UUID | None:
        both_have_looked.wait(60)
        return insert(*args, **kwargs)

    monkeypatch.setattr(service, "_lock_order", seen_before)
    monkeypatch.setattr(queries, "insert_refund", insert_late)
    clicks = [(f"key number {number}", 30_000) for number in range(2)]
    scenario.storefront.deployed.at_once(lambda each: click(scenario, *each), clicks, threads=2)
    assert scenario.states() == [("requested", 30_000)] * 2


@pytest.mark.parametrize("fault", ["lost_answer", "bad_gateway", "server_error"])
def test_a_lost_answer_gives_the_money_back_once(scenario: RefundScenario, fault: Any) -> None:
    scenario.refund(10_000, scenario.key)
    scenario.storefront.razorpay.break_api(fault, method="POST")
    scenario.storefront.process_refunds()
    scenario.refund(10_000, scenario.key)
    scenario.storefront.deployed.rows("update refunds set next_attempt_at = now() - interval '1 second'")
    scenario.complete_refunds()
    assert (scenario.returned(), scenario.states()) == (10_000, [("processed", 10_000)])
    assert len(set(scenario.storefront.refund_calls())) == 1


def test_refunds_made_in_the_dashboard_count(scenario: RefundScenario) -> None:
    scenario.storefront.razorpay.refund(scenario.razorpay_payment, 30_000)
    scenario.storefront.deliver()
    refused = scenario.refund(20_000)
    assert code(refused) == (409, "exceeds_refundable")
    assert "₹199.00" in refused.body["detail"]
    assert scenario.refund().body["refund"]["amount"] == PRICE - 30_000


def test_what_razorpay_refuses_is_listed_with_its_reason_told_and_tried_again(scenario: RefundScenario) -> None:
    """The refund in the dashboard is not known here yet."""
    scenario.refund(20_000)
    scenario.storefront.razorpay.refund(scenario.razorpay_payment, 40_000)
    scenario.storefront.process_refunds()
    (failed,) = scenario.request("GET", status="failed").body["refunds"]
    assert "greater than" in failed["lastError"]
    told = scenario.storefront.deployed.rows("select type from notifications_queue where template = 'refund_failed'")
    assert sorted(row["type"] for row in told) == ["email", "in_app"]
    scenario.storefront.deliver()
    assert code(scenario.request("POST", f"/{failed['id']}/retry")) == (409, "exceeds_refundable")
    assert scenario.states() == [("failed", 20_000), ("processed", 40_000)]


def test_a_refund_that_fails_at_the_bank_is_made_again_once_under_a_key_of_its_own(scenario: RefundScenario) -> None:
    first = scenario.refund(20_000).body["refund"]["id"]
    assert code(scenario.request("POST", f"/{first}/retry")) == (409, "not_failed")
    scenario.storefront.razorpay.set_refund_outcome("failed")
    scenario.complete_refunds()
    failed = scenario.request("GET", f"/{first}").body["refund"]
    assert (failed["status"], failed["lastError"]) == (
        "failed",
        "Razorpay took this refund, but could not complete it.",
    )
    scenario.storefront.razorpay.set_refund_outcome("processed")
    answers = [scenario.request("POST", f"/{first}/retry") for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 200]
    (again,) = {answer.body["refund"]["id"] for answer in answers}
    assert answers[0].body["refund"]["retryOf"] == first
    scenario.complete_refunds()
    assert scenario.request("GET", f"/{first}").body["refund"]["retriedBy"] == again
    assert (scenario.returned(), scenario.states()) == (20_000, [("failed", 20_000), ("processed", 20_000)])
    assert len(set(scenario.storefront.refund_calls())) == 2


def test_the_list_has_pages_and_filters(scenario: RefundScenario) -> None:
    ids = [scenario.refund(1_000 + number).body["refund"]["id"] for number in range(5)]
    page = scenario.request("GET", limit="3").body
    rest = scenario.request("GET", limit="3", cursor=page["nextCursor"]).body
    assert [each["id"] for each in page["refunds"] + rest["refunds"]] == ids[::-1]
    assert rest["nextCursor"] is None
    event = page["refunds"][0]["eventId"]
    for found, query in (
        (5, {"status": "requested"}), (0, {"status": "failed"}), (5, {"reason": "admin"}), (0, {"reason": "outside"}),
        (5, {"paymentId": str(scenario.payment)}), (0, {"paymentId": str(uuid4())}),
        (5, {"userId": str(scenario.held.user)}), (0, {"userId": str(scenario.admin)}),
        (5, {"eventId": event}), (0, {"eventId": str(uuid4())}),
    ):  # fmt: skip
        assert len(scenario.request("GET", **query).body["refunds"]) == found, query
    assert scenario.request("GET", status="lost").status == 422
    assert scenario.request("GET", cursor="x").status == 422


@pytest.mark.parametrize(
    "change",
    [{"amount": 99}, {"amount": 0}, {"amount": -100}, {"amount": 100.5}, {"amount": "100"}, {"amount": 2**60},
     {"paymentId": "x"}, {"note": " "}, {"note": "x" * 501}, {"status": "processed"}],
)  # fmt: skip
def test_bad_input_is_refused_and_changes_nothing(scenario: RefundScenario, change: dict[str, object]) -> None:
    assert scenario.request("POST", body={"paymentId": str(scenario.payment)} | change, key=scenario.key).status == 422
    assert scenario.states() == []


def test_a_refund_needs_a_key_an_administrator_and_a_payment(scenario: RefundScenario) -> None:
    body = {"paymentId": str(scenario.payment)}
    assert scenario.request("POST", body=body).status == 422
    assert scenario.request("POST", body=body, key="short").status == 422
    assert scenario.request("POST", body={"paymentId": str(uuid4())}, key=scenario.key).status == 404
    assert scenario.request("GET", f"/{uuid4()}").status == 404
    assert scenario.request("POST", f"/{uuid4()}/retry").status == 404
    unpaid = scenario.storefront.hold_seat()
    row = scenario.storefront.deployed.row(
        "select id from payment_transactions where razorpay_order_id = %s", unpaid.order_id
    )
    assert code(scenario.request("POST", body={"paymentId": str(row["id"])}, key=scenario.key)) == (409, "not_paid")
    scenario.admin = scenario.held.user
    assert scenario.request("POST", body=body, key=scenario.key).status == 403
    assert scenario.request("GET").status == 403
    assert scenario.states() == []
