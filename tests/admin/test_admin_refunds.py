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
from tests.deployed import Answer, Deployed
from tests.kept import emptied, kept
from tests.registrations.conftest import account
from tests.registrations.storefront import HeldSeat, Storefront

__all__ = ["account", "emptied", "kept"]
PRICE = 49_900


@pytest.fixture
def storefront(emptied: Deployed, account: FakeRazorpay) -> Storefront:
    emptied.set(RAZORPAY_BASE_URL=account.url)
    return Storefront(emptied, account)


@dataclass
class Desk:
    """An administrator and a student who has paid."""

    storefront: Storefront
    admin: UUID
    held: HeldSeat
    payment: UUID
    razorpay_payment: str
    key: str = field(default_factory=lambda: str(uuid4()))

    def ask(self, method: str, path: str = "", body: object = None, key: str | None = None, **query: str) -> Answer:
        headers = {"Idempotency-Key": key} if key else {}
        return self.storefront.deployed.request(
            "admin_sales", method, f"admin/refunds{path}", user=self.admin, groups=["admin"], body=body,
            headers=headers, query=query,
        )  # fmt: skip

    def refund(self, amount: int | None = None, key: str | None = None, **more: Any) -> Answer:
        body = {"paymentId": str(self.payment), **more} | ({"amount": amount} if amount is not None else {})
        return self.ask("POST", body=body, key=key or str(uuid4()))

    def finish(self) -> None:
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
def desk(storefront: Storefront) -> Desk:
    held = storefront.hold_seat()
    razorpay_payment = storefront.razorpay.pay(held.order_id)["id"]
    storefront.deliver()
    payment = storefront.deployed.row("select id from payment_transactions")["id"]
    return Desk(storefront, storefront.deployed.profile(admin=True), held, payment, razorpay_payment)


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body.get("code", "")


def test_a_part_goes_back_and_the_seat_stays(desk: Desk) -> None:
    answer = desk.refund(10_000, note="Second session was cut short")
    assert answer.status == 201, answer
    refund = answer.body["refund"]
    assert (refund["status"], refund["amount"], refund["reason"]) == ("requested", 10_000, "admin")
    assert (refund["note"], refund["requestedBy"]) == ("Second session was cut short", str(desk.admin))
    desk.finish()
    shown = desk.ask("GET", f"/{refund['id']}").body["refund"]
    assert (shown["status"], shown["lastError"]) == ("processed", None)
    assert shown["razorpayRefundId"] == desk.storefront.razorpay.entities("refund")[0]["id"]
    assert (desk.held.row["status"], desk.held.row["payment_status"]) == ("confirmed", "completed")
    assert (
        desk.storefront.deployed.row("select action, new_values from admin_audit_logs")["new_values"]["amount"]
        == 10_000
    )
    told = desk.storefront.deployed.rows("select distinct template from notifications_queue where user_id = %s",
                                     desk.held.user)  # fmt: skip
    assert {row["template"] for row in told} == {"payment_success", "refund_started", "payment_refunded"}


def test_what_is_left_goes_back_without_an_amount_and_frees_the_seat(desk: Desk) -> None:
    desk.refund(10_000)
    desk.finish()
    assert desk.refund().body["refund"]["amount"] == PRICE - 10_000
    desk.finish()
    assert desk.returned() == PRICE
    assert (desk.held.row["status"], desk.held.row["payment_status"]) == ("cancelled", "refunded")
    assert code(desk.refund()) == (409, "nothing_left")


def test_one_key_is_one_refund_and_another_body_under_it_is_refused(desk: Desk) -> None:
    first = desk.refund(10_000, desk.key)
    again = desk.refund(10_000, desk.key)
    assert (first.status, again.status) == (201, 200)
    assert first.body["refund"]["id"] == again.body["refund"]["id"]
    other = {"paymentId": str(uuid4()), "amount": 10_000}
    for answer in (
        desk.refund(10_001, desk.key),
        desk.refund(key=desk.key),
        desk.ask("POST", body=other, key=desk.key),
    ):
        assert code(answer) == (409, "idempotency_key_reused")
    desk.finish()
    assert (desk.returned(), len(desk.states())) == (10_000, 1)
    assert desk.refund(10_000, desk.key).body["refund"]["status"] == "processed"
    assert len(desk.storefront.deployed.rows("select 1 from admin_audit_logs")) == 1


def test_the_key_of_a_full_refund_still_stands_for_it_when_nothing_is_left(desk: Desk) -> None:
    first = desk.refund(key=desk.key)
    desk.finish()
    again = desk.refund(key=desk.key)
    assert (again.status, again.body["refund"]["id"]) == (200, first.body["refund"]["id"])


def test_another_administrators_key_is_another_key(desk: Desk) -> None:
    first = desk.refund(10_000, desk.key)
    desk.admin = desk.storefront.deployed.profile(admin=True)
    second = desk.refund(10_000, desk.key)
    assert first.body["refund"]["id"] != second.body["refund"]["id"]


def click(desk: Desk, key: str, amount: int | None) -> str:
    """What one click comes to; the handler's router serves one thread only, so this is what the route does."""
    with db.transaction(administrator(desk.admin)) as conn:
        try:
            refund, _ = service.request(conn, desk.admin, key, NewRefund(payment_id=desk.payment, amount=amount))
        except Conflict as refusal:
            return refusal.code
    return str(refund.id)


def click_at_once(desk: Desk, clicks: list[tuple[str, int | None]]) -> list[str]:
    desk.storefront.deployed.set(DATABASE_SECRET_ID="database-app")
    return desk.storefront.deployed.at_once(lambda each: click(desk, *each), clicks, threads=8)


def test_many_clicks_with_one_key_are_one_refund(desk: Desk) -> None:
    assert len(set(click_at_once(desk, [(desk.key, None)] * 24))) == 1
    desk.finish()
    assert desk.returned() == PRICE
    assert desk.states() == [("processed", PRICE)]


def test_many_clicks_with_keys_of_their_own_never_give_back_more_than_was_taken(desk: Desk) -> None:
    results = click_at_once(desk, [(f"key number {number}", 20_000) for number in range(24)])
    assert results.count("exceeds_refundable") == 22
    desk.finish()
    assert desk.states() == [("processed", 20_000)] * 2


def test_without_the_lock_of_the_order_two_clicks_would_ask_for_too_much(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: both have looked before either has written."""
    desk.storefront.deployed.set(DATABASE_SECRET_ID="database-app")
    with db.transaction(administrator(desk.admin)) as conn:
        order = service._lock(conn, desk.payment)  # pyright: ignore[reportPrivateUsage]
    insert, both_have_looked = queries.insert_refund, threading.Barrier(2)

    def seen_before(_conn: db.Connection, _payment_id: UUID) -> Order | None:
        return order

    def insert_late(*args: Any, **kwargs: Any) -> UUID | None:
        both_have_looked.wait(60)
        return insert(*args, **kwargs)

    monkeypatch.setattr(service, "_lock", seen_before)
    monkeypatch.setattr(queries, "insert_refund", insert_late)
    clicks = [(f"key number {number}", 30_000) for number in range(2)]
    desk.storefront.deployed.at_once(lambda each: click(desk, *each), clicks, threads=2)
    assert desk.states() == [("requested", 30_000)] * 2


@pytest.mark.parametrize("fault", ["lost_answer", "bad_gateway", "server_error"])
def test_a_lost_answer_gives_the_money_back_once(desk: Desk, fault: Any) -> None:
    desk.refund(10_000, desk.key)
    desk.storefront.razorpay.break_api(fault, method="POST")
    desk.storefront.process_refunds()
    desk.refund(10_000, desk.key)
    desk.storefront.deployed.rows("update refunds set next_attempt_at = now() - interval '1 second'")
    desk.finish()
    assert (desk.returned(), desk.states()) == (10_000, [("processed", 10_000)])
    assert len(set(desk.storefront.refund_calls())) == 1


def test_refunds_made_in_the_dashboard_count(desk: Desk) -> None:
    desk.storefront.razorpay.refund(desk.razorpay_payment, 30_000)
    desk.storefront.deliver()
    refused = desk.refund(20_000)
    assert code(refused) == (409, "exceeds_refundable")
    assert "₹199.00" in refused.body["detail"]
    assert desk.refund().body["refund"]["amount"] == PRICE - 30_000


def test_what_razorpay_refuses_is_listed_with_its_reason_told_and_tried_again(desk: Desk) -> None:
    """The refund in the dashboard is not known here yet."""
    desk.refund(20_000)
    desk.storefront.razorpay.refund(desk.razorpay_payment, 40_000)
    desk.storefront.process_refunds()
    (failed,) = desk.ask("GET", status="failed").body["refunds"]
    assert "greater than" in failed["lastError"]
    told = desk.storefront.deployed.rows("select type from notifications_queue where template = 'refund_failed'")
    assert sorted(row["type"] for row in told) == ["email", "in_app"]
    desk.storefront.deliver()
    assert code(desk.ask("POST", f"/{failed['id']}/retry")) == (409, "exceeds_refundable")
    assert desk.states() == [("failed", 20_000), ("processed", 40_000)]


def test_a_refund_that_fails_at_the_bank_is_made_again_once_under_a_key_of_its_own(desk: Desk) -> None:
    first = desk.refund(20_000).body["refund"]["id"]
    assert code(desk.ask("POST", f"/{first}/retry")) == (409, "not_failed")
    desk.storefront.razorpay.set_refund_outcome("failed")
    desk.finish()
    failed = desk.ask("GET", f"/{first}").body["refund"]
    assert (failed["status"], failed["lastError"]) == (
        "failed",
        "Razorpay took this refund, but could not complete it.",
    )
    desk.storefront.razorpay.set_refund_outcome("processed")
    answers = [desk.ask("POST", f"/{first}/retry") for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 200]
    (again,) = {answer.body["refund"]["id"] for answer in answers}
    assert answers[0].body["refund"]["retryOf"] == first
    desk.finish()
    assert desk.ask("GET", f"/{first}").body["refund"]["retriedBy"] == again
    assert (desk.returned(), desk.states()) == (20_000, [("failed", 20_000), ("processed", 20_000)])
    assert len(set(desk.storefront.refund_calls())) == 2


def test_the_list_has_pages_and_filters(desk: Desk) -> None:
    ids = [desk.refund(1_000 + number).body["refund"]["id"] for number in range(5)]
    page = desk.ask("GET", limit="3").body
    rest = desk.ask("GET", limit="3", cursor=page["nextCursor"]).body
    assert [each["id"] for each in page["refunds"] + rest["refunds"]] == ids[::-1]
    assert rest["nextCursor"] is None
    event = page["refunds"][0]["eventId"]
    for found, query in (
        (5, {"status": "requested"}), (0, {"status": "failed"}), (5, {"reason": "admin"}), (0, {"reason": "outside"}),
        (5, {"paymentId": str(desk.payment)}), (0, {"paymentId": str(uuid4())}), (5, {"userId": str(desk.held.user)}),
        (0, {"userId": str(desk.admin)}), (5, {"eventId": event}), (0, {"eventId": str(uuid4())}),
    ):  # fmt: skip
        assert len(desk.ask("GET", **query).body["refunds"]) == found, query
    assert desk.ask("GET", status="lost").status == 422
    assert desk.ask("GET", cursor="x").status == 422


@pytest.mark.parametrize(
    "change",
    [{"amount": 99}, {"amount": 0}, {"amount": -100}, {"amount": 100.5}, {"amount": "100"}, {"amount": 2**60},
     {"paymentId": "x"}, {"note": " "}, {"note": "x" * 501}, {"status": "processed"}],
)  # fmt: skip
def test_bad_input_is_refused_and_changes_nothing(desk: Desk, change: dict[str, object]) -> None:
    assert desk.ask("POST", body={"paymentId": str(desk.payment)} | change, key=desk.key).status == 422
    assert desk.states() == []


def test_a_refund_needs_a_key_an_administrator_and_a_payment(desk: Desk) -> None:
    body = {"paymentId": str(desk.payment)}
    assert desk.ask("POST", body=body).status == 422
    assert desk.ask("POST", body=body, key="short").status == 422
    assert desk.ask("POST", body={"paymentId": str(uuid4())}, key=desk.key).status == 404
    assert desk.ask("GET", f"/{uuid4()}").status == 404
    assert desk.ask("POST", f"/{uuid4()}/retry").status == 404
    unpaid = desk.storefront.hold_seat()
    row = desk.storefront.deployed.row(
        "select id from payment_transactions where razorpay_order_id = %s", unpaid.order_id
    )
    assert code(desk.ask("POST", body={"paymentId": str(row["id"])}, key=desk.key)) == (409, "not_paid")
    desk.admin = desk.held.user
    assert desk.ask("POST", body=body, key=desk.key).status == 403
    assert desk.ask("GET").status == 403
    assert desk.states() == []
