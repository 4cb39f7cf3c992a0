"""Disputes: whatever order their events come in ends in one state, and administrators are notified."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from local.razorpay.payloads import dispute_entity, new_id, webhook_body
from local.razorpay.server import FakeRazorpay
from shared.db import Connection
from shared.payments import dispute_queries
from shared.payments.models import DisputeEntity, DisputeStatus
from tests.deployed import Answer, DeployedFunctions
from tests.kept import emptied, kept
from tests.registrations.conftest import account
from tests.registrations.storefront import Storefront
from tests.webhook.deliveries import TIME, Purchase, SignedEvent, buy, buy_many

__all__ = ["account", "emptied", "kept"]
SEED = 20_261_125
DEADLINE = TIME + 7 * 86_400
AMOUNT = 30_000


@dataclass(frozen=True)
class DisputedPayment:
    """A disputed payment; its events contain the order id or omit it."""

    purchase: Purchase
    id: str = field(default_factory=lambda: new_id("disp"))
    order_id: str | None = None

    def event(self, name: str, after: int, **changes: Any) -> SignedEvent:
        """`after` is in seconds."""
        status = name if name in ("won", "lost", "closed", "under_review") else "open"
        dispute = dispute_entity(
            id=self.id, payment_id=self.purchase.payment_id, amount=AMOUNT, status=status, created_at=TIME, **changes
        )
        payment = self.purchase.payment("captured", order_id=self.order_id)
        full_name = f"payment.dispute.{name}"
        return SignedEvent(
            full_name, webhook_body(full_name, payment=payment, dispute=dispute, created_at=TIME + after)
        )

    def event_sequence(self) -> list[SignedEvent]:
        """A capture, and a dispute that is lost after two rounds; two of its events are of one second."""
        return [
            self.purchase.captured(),
            self.event("created", 10),
            self.event("under_review", 20),
            self.event("action_required", 20, respond_by=DEADLINE + 86_400),
            self.event("under_review", 30),
            self.event("lost", 25),
        ]


def deliver_permutations(deployed: DeployedFunctions, orders: Sequence[tuple[int, ...]]) -> dict[str, DisputedPayment]:
    disputed = [DisputedPayment(purchase) for purchase in buy_many(deployed, len(orders))]

    def deliver(given: tuple[DisputedPayment, tuple[int, ...]]) -> None:
        events = given[0].event_sequence()
        repeats = random.Random(f"{SEED} {given[1]}")
        for number in given[1]:
            for _ in range(repeats.randint(1, 2)):
                events[number].deliver(deployed)

    deployed.at_once(deliver, list(zip(disputed, orders, strict=True)), threads=4)
    return {each.id: each for each in disputed}


def dispute_rows(deployed: DeployedFunctions) -> list[dict[str, Any]]:
    return deployed.rows(
        """
        select d.razorpay_dispute_id as id, t.razorpay_order_id as of_order, d.status, d.amount, d.amount_deducted,
            extract(epoch from d.seen_at)::int - %s as seen_after, extract(epoch from d.respond_by)::int as respond_by
        from disputes d left join payment_transactions t on t.id = d.payment_transaction_id
        """,
        TIME,
    )


def wrong(deployed: DeployedFunctions, disputed: dict[str, DisputedPayment]) -> list[dict[str, Any]]:
    ended = {"status": "lost", "amount": AMOUNT, "amount_deducted": AMOUNT, "seen_after": 25, "respond_by": DEADLINE}
    found = dispute_rows(deployed)
    assert len(found) == len(disputed)
    return [
        row for row in found if row != {"id": row["id"], "of_order": disputed[row["id"]].purchase.order_id, **ended}
    ]


ALL_ORDERS = list(permutations(range(6)))


@pytest.mark.parametrize(
    "orders",
    [
        pytest.param(random.Random(SEED).sample(ALL_ORDERS, 60), id="60"),
        pytest.param(ALL_ORDERS, id="720", marks=pytest.mark.long),
    ],
)
def test_every_order_of_a_payments_and_its_disputes_events_ends_the_same(
    emptied: DeployedFunctions, orders: list[tuple[int, ...]]
) -> None:
    emptied.mute_queue()
    assert wrong(emptied, deliver_permutations(emptied, orders)) == []


def test_if_the_last_to_come_counted_the_order_would_decide(
    emptied: DeployedFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    emptied.mute_queue()
    furthest = dispute_queries.record_dispute

    def last(conn: Connection, dispute: DisputeEntity, status: DisputeStatus, reported_at: Any) -> bool:
        conn.execute(
            "update disputes set status = 'open', seen_at = '-infinity' where razorpay_dispute_id = %s", (dispute.id,)
        )
        return furthest(conn, dispute, status, reported_at)

    monkeypatch.setattr(dispute_queries, "record_dispute", last)
    assert wrong(emptied, deliver_permutations(emptied, ALL_ORDERS[:10]))


def test_two_states_of_one_second_have_an_order_too(emptied: DeployedFunctions) -> None:
    for order in permutations(range(2)):
        disputed = DisputedPayment(buy(emptied))
        events = [disputed.event("under_review", 20), disputed.event("action_required", 20)]
        for number in order:
            events[number].deliver(emptied)
    assert {row["status"] for row in dispute_rows(emptied)} == {"action_required"}


def admin_notices(deployed: DeployedFunctions, user: UUID) -> list[tuple[str, str, str | None]]:
    rows = deployed.rows(
        """
        select type, data ->> 'status' as status, data ->> 'respondBy' as respond_by
        from notifications_queue where template = 'payment_disputed' and user_id = %s order by created_at, type
        """,
        user,
    )
    return [(row["type"], row["status"], row["respond_by"]) for row in rows]


def test_every_administrator_is_told_once_by_mail_and_inbox_with_the_deadline(emptied: DeployedFunctions) -> None:
    admins = [emptied.profile(admin=True) for _ in range(2)]
    disputed = DisputedPayment(buy(emptied))
    events = [disputed.event("created", 10), disputed.event("under_review", 20), disputed.event("lost", 30)]
    for event in (*events, *events, events[0]):
        event.deliver(emptied)
    deadline = "2026-11-19T09:30:00+00:00"
    for admin in admins:
        opened, lost = ("open", deadline), ("lost", None)
        ways = ("email", "in_app")
        assert admin_notices(emptied, admin) == [(way, *state) for state in (opened, lost) for way in ways]
    assert len(emptied.rows("select 1 from notifications_queue where template = 'payment_disputed'")) == 8


def test_a_dispute_over_a_payment_that_is_none_of_ours_is_kept_and_told(emptied: DeployedFunctions) -> None:
    admin = emptied.profile(admin=True)
    DisputedPayment(Purchase(new_id("order"), UUID(int=0))).event("created", 10).deliver(emptied)
    assert [(row["of_order"], row["status"]) for row in dispute_rows(emptied)] == [(None, "open")]
    assert len(admin_notices(emptied, admin)) == 2
    assert emptied.row("select outcome from webhook_logs where event_type = 'payment.dispute.created'")


def test_a_dispute_finds_its_payment_by_the_order_too(emptied: DeployedFunctions) -> None:
    purchase = buy(emptied)
    DisputedPayment(purchase, order_id=purchase.order_id).event("created", 10).deliver(emptied)
    assert [row["of_order"] for row in dispute_rows(emptied)] == [purchase.order_id]


@pytest.mark.parametrize(
    "change", [{"payment_id": "x"}, {"amount": -1}, {"amount": "1"}, {"respond_by": 2**70}, {"amount_deducted": None}]
)
def test_a_dispute_that_cannot_be_read_is_kept_for_a_person(emptied: DeployedFunctions, change: dict[str, Any]) -> None:
    dispute = dispute_entity(payment_id=new_id("pay"), amount=AMOUNT) | change
    event = SignedEvent("dispute", webhook_body("payment.dispute.created", dispute=dispute, created_at=TIME))
    assert event.deliver(emptied) == "ignored"
    assert emptied.row("select status from webhook_logs") == {"status": "failed"}
    assert dispute_rows(emptied) == []


def listed(deployed: DeployedFunctions, admin: UUID, **query: str) -> Answer:
    return deployed.request("admin_finance", "GET", "admin/disputes", user=admin, groups=["admin"], query=query)


def test_the_list_has_filters_pages_and_the_sums_of_what_was_lost(emptied: DeployedFunctions) -> None:
    admin = emptied.profile(admin=True)
    disputed = [DisputedPayment(buy(emptied)) for _ in range(5)]
    for number, each in enumerate(disputed):
        each.purchase.captured().deliver(emptied)
        each.event("created", number).deliver(emptied)
    disputed[0].event("lost", 30).deliver(emptied)
    first, second = listed(emptied, admin, limit="3").body, None
    second = listed(emptied, admin, limit="3", cursor=first["nextCursor"]).body
    found = [row["razorpayDisputeId"] for row in first["disputes"] + second["disputes"]]
    assert sorted(found) == sorted(each.id for each in disputed)
    assert second["nextCursor"] is None
    assert first["totals"] == second["totals"] == [
        {"status": "lost", "currency": "INR", "disputes": 1, "amount": AMOUNT, "amountDeducted": AMOUNT},
        {"status": "open", "currency": "INR", "disputes": 4, "amount": 4 * AMOUNT, "amountDeducted": 0},
    ]  # fmt: skip
    (lost,) = listed(emptied, admin, status="lost").body["disputes"]
    assert (lost["razorpayDisputeId"], lost["amountDeducted"], lost["eventTitle"]) == (
        disputed[0].id, AMOUNT, "Rust in a day",
    )  # fmt: skip
    for count, query in (
        (1, {"paymentId": lost["paymentId"]}), (1, {"userId": lost["userId"]}), (1, {"eventId": lost["eventId"]}),
        (0, {"userId": str(admin)}), (4, {"respondBefore": "2027-01-01T00:00:00Z"}),
        (0, {"respondBefore": "2026-01-01T00:00:00Z"}),
    ):  # fmt: skip
        assert len(listed(emptied, admin, **query).body["disputes"]) == count, query
    assert listed(emptied, admin, status="gone").status == 422
    assert listed(emptied, admin, respondBefore="2026-01-01T00:00:00").status == 422
    assert listed(emptied, emptied.profile()).status == 403


def test_what_a_lost_dispute_took_cannot_be_refunded_again(emptied: DeployedFunctions, account: FakeRazorpay) -> None:
    """Over HTTP, from the gateway's own dispute on."""
    emptied.set(RAZORPAY_BASE_URL=account.url)
    storefront = Storefront(emptied, account)
    held = storefront.hold_seat()
    payment = account.pay(held.order_id)["id"]
    dispute = account.open_dispute(payment, AMOUNT)
    account.move_dispute(dispute["id"], "lost")
    storefront.deliver()
    admin = emptied.profile(admin=True)
    body = {"paymentId": listed(emptied, admin).body["disputes"][0]["paymentId"]}
    answer = emptied.request(
        "admin_sales", "POST", "admin/refunds", user=admin, groups=["admin"], body=body,
        headers={"Idempotency-Key": "what is left"},
    )  # fmt: skip
    assert answer.body["refund"]["amount"] == 49_900 - AMOUNT


def test_a_settlement_is_kept_and_does_nothing(emptied: DeployedFunctions) -> None:
    event = SignedEvent("settlement", webhook_body("settlement.processed", created_at=TIME))
    assert event.deliver(emptied) == "ignored"
    assert emptied.row("select status, outcome, event_type from webhook_logs") == {
        "status": "processed", "outcome": "not_handled", "event_type": "settlement.processed",
    }  # fmt: skip
