"""Money at its edges, over HTTP: held, disputed, refunded elsewhere, late, rescheduled, in other currencies."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from local.razorpay.server import FakeRazorpay
from shared.metrics import Metric
from shared.payments.errors import GatewayKeyRefused
from tests.conftest import Log
from tests.deployed import KEY_SECRET, Answer, DeployedFunctions
from tests.registrations.storefront import HeldSeat, Storefront

PRICE = 49_900
OTHER = 51_078


@dataclass(frozen=True)
class MoneyDesk:
    """What an administrator does, and what the tests look at."""

    storefront: Storefront
    admin: UUID

    @property
    def razorpay(self) -> FakeRazorpay:
        return self.storefront.razorpay

    def ask(self, function: str, method: str, path: str, body: object = None, **query: str) -> Answer:
        headers = {"Idempotency-Key": uuid4().hex} if method == "POST" else {}
        return self.storefront.deployed.request(
            function,
            method,
            f"admin/{path}",
            user=self.admin,
            groups=["admin"],
            body=body,
            headers=headers,
            query=query,
        )

    def order(self, held: HeldSeat) -> dict[str, Any]:
        return self.storefront.deployed.row(
            """
            select t.id, t.status, t.amount, t.razorpay_payment_id, r.status as seat, r.payment_status
            from payment_transactions t join registrations r on r.id = t.registration_id where t.razorpay_order_id = %s
            """,
            held.order_id,
        )

    def refunds(self) -> list[tuple[str, str, int]]:
        rows = self.storefront.deployed.rows("select reason, status, amount from refunds order by created_at, id")
        return [(row["reason"], row["status"], row["amount"]) for row in rows]

    def refund(self, held: HeldSeat, **more: object) -> Answer:
        return self.ask("admin_sales", "POST", "refunds", {"paymentId": str(self.order(held)["id"]), **more})

    def paid(self, **event: object) -> tuple[HeldSeat, str]:
        held = self.storefront.hold_seat(**event)
        payment = self.razorpay.pay(held.order_id)["id"]
        self.storefront.deliver()
        return held, payment

    def held_payment(self, **event: object) -> tuple[HeldSeat, str]:
        """A seat for which another amount was captured."""
        held = self.storefront.hold_seat(**event)
        payment = self.razorpay.pay(held.order_id, amount=OTHER)["id"]
        self.storefront.deliver()
        return held, payment

    def returned(self, payment: str) -> int:
        made = self.razorpay.entities("refund")
        return sum(each["amount"] for each in made if each["payment_id"] == payment and each["status"] != "failed")


@pytest.fixture
def desk(storefront: Storefront) -> MoneyDesk:
    return MoneyDesk(storefront, storefront.deployed.profile(admin=True))


def code(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.body.get("code")


# Held


def test_a_held_payment_is_listed_and_accepted_once_with_a_receipt_and_an_audit_row(desk: MoneyDesk) -> None:
    held, payment = desk.held_payment()
    (listed,) = desk.ask("admin_sales", "GET", "held-payments").body["heldPayments"]
    assert (listed["razorpayPaymentId"], listed["amount"], listed["dueAmount"]) == (payment, OTHER, PRICE)
    path = f"held-payments/{listed['paymentId']}/accept"
    accepted = desk.ask("admin_sales", "POST", path, {"reason": "The fee was added."})
    assert accepted.body["registration"]["paymentStatus"] == "completed"
    assert code(desk.ask("admin_sales", "POST", path, {"reason": "Again."})) == (409, "not_held")
    assert (desk.order(held)["status"], desk.order(held)["amount"]) == ("success", OTHER)
    assert desk.ask("admin_sales", "GET", "held-payments").body["heldPayments"] == []
    audited = desk.storefront.deployed.rows("select action from admin_audit_logs where action = 'payment.accept'")
    assert len(audited) == 1
    receipt = desk.storefront.deployed.request(
        "registrations", "GET", f"payments/{listed['paymentId']}/receipt", user=held.user
    )
    assert receipt.status == 200
    cancelled = desk.storefront.post(held.user, held.id, "cancel")
    assert cancelled.body["refund"]["amount"] == OTHER


def test_a_held_payment_is_returned_and_another_order_opened(desk: MoneyDesk) -> None:
    held, payment = desk.held_payment()
    assert code(desk.storefront.post(held.user, held.id, "payment")) == (409, "payment_held")
    assert desk.refund(held).body["refund"]["amount"] == OTHER
    assert desk.order(held)["status"] == "closed"
    order = desk.storefront.post(held.user, held.id, "payment").body["order"]
    assert order["id"] != held.order_id
    desk.storefront.process_refunds()
    assert desk.returned(payment) == OTHER
    desk.razorpay.pay(order["id"])
    desk.storefront.deliver()
    assert desk.order(held)["seat"] == "confirmed"


def test_a_held_payment_keeps_its_seat_until_the_course_is_over(desk: MoneyDesk) -> None:
    held, payment = desk.held_payment()
    held.expire_hold()
    desk.storefront.release_holds()
    assert desk.order(held)["seat"] == "pending"
    desk.storefront.deployed.rows("update events set starts_at = now() - interval '2 hours', ends_at = now()")
    desk.storefront.release_holds()
    assert desk.order(held)["seat"] == "expired"
    desk.storefront.process_refunds()
    assert desk.returned(payment) == OTHER


@pytest.mark.parametrize("who", ["student", "administrator"])
def test_every_cancellation_returns_a_held_payment_in_full(desk: MoneyDesk, who: str) -> None:
    held, payment = desk.held_payment(starts_at=datetime.now(UTC) + timedelta(hours=3))
    if who == "student":
        desk.storefront.post(held.user, held.id, "cancel")
    else:
        desk.ask("admin_sales", "POST", f"registrations/{held.id}/cancel", {"reason": "No seat.", "refund": "none"})
    desk.storefront.process_refunds()
    assert (desk.order(held)["seat"], desk.returned(payment)) == ("cancelled", OTHER)


def test_a_seat_with_a_held_payment_is_not_made_free(desk: MoneyDesk) -> None:
    held, _ = desk.held_payment()
    answer = desk.ask("admin_sales", "POST", f"registrations/{held.id}/confirm", {"reason": "Paid."})
    assert code(answer) == (409, "payment_held")


def test_a_payment_of_another_amount_for_a_lost_seat_goes_back_by_itself(desk: MoneyDesk) -> None:
    held = desk.storefront.hold_seat()
    desk.storefront.post(held.user, held.id, "cancel")
    desk.razorpay.pay(held.order_id, amount=OTHER)
    desk.storefront.deliver()
    assert desk.refunds() == [("seat_gone", "requested", OTHER)]


def test_a_payment_that_is_held_for_a_day_is_measured(desk: MoneyDesk, log: Log) -> None:
    desk.held_payment()
    desk.storefront.release_holds()
    assert log.values()[Metric.PAYMENTS_HELD] == [0]
    desk.storefront.deployed.rows("update payment_attempts set created_at = now() - interval '25 hours'")
    desk.storefront.release_holds()
    assert log.values()[Metric.PAYMENTS_HELD][-1] == 1


# Disputes


def test_a_refund_under_an_open_dispute_needs_an_override(desk: MoneyDesk) -> None:
    held, payment = desk.paid()
    dispute = desk.razorpay.open_dispute(payment, 30_000)["id"]
    desk.storefront.deliver()
    assert code(desk.refund(held)) == (409, "payment_disputed")
    assert desk.refund(held, amount=19_900).status == 201, "what is not disputed can be refunded"
    assert desk.refund(held, overrideDispute=True).body["refund"]["amount"] == 30_000
    desk.storefront.process_refunds()
    assert desk.returned(payment) == 30_000, "only the refund that was decided despite the dispute is sent"
    desk.razorpay.move_dispute(dispute, "won")
    desk.storefront.deliver()
    desk.storefront.process_refunds()
    assert desk.returned(payment) == PRICE


@pytest.mark.parametrize(("outcome", "back"), [("lost", 19_900), ("won", PRICE)])
def test_a_cancelled_seat_under_dispute_is_refunded_once_the_bank_has_decided(
    desk: MoneyDesk, outcome: Any, back: int
) -> None:
    held, payment = desk.paid()
    dispute = desk.razorpay.open_dispute(payment, 30_000)["id"]
    desk.storefront.deliver()
    desk.storefront.post(held.user, held.id, "cancel")
    desk.storefront.process_refunds()
    assert desk.returned(payment) == 0
    desk.razorpay.move_dispute(dispute, outcome)
    desk.storefront.deliver()
    for _ in range(2):
        desk.storefront.process_refunds()
    assert desk.returned(payment) == back


def test_what_a_closed_dispute_deducted_is_not_refunded_again(desk: MoneyDesk) -> None:
    held, payment = desk.paid()
    dispute = desk.razorpay.open_dispute(payment)["id"]
    desk.storefront.deliver()
    desk.razorpay.move_dispute(dispute, "closed")
    desk.storefront.deliver()
    desk.storefront.deployed.rows("update disputes set amount_deducted = %s", PRICE)
    assert code(desk.refund(held)) == (409, "nothing_left")


def test_a_dispute_delivery_that_cannot_be_read_is_reported(desk: MoneyDesk) -> None:
    _, payment = desk.paid()
    desk.razorpay.open_dispute(payment)
    (delivery,) = desk.razorpay.take()
    body = json.loads(delivery.body)
    body["payload"]["dispute"]["entity"]["amount"] = None
    answer = desk.storefront.deployed.webhook(json.dumps(body).encode())
    assert answer.body["status"] == "ignored"
    told = desk.storefront.deployed.rows("select data ->> 'subject' as subject from notifications_queue")
    assert "A message of Razorpay could not be read" in {row["subject"] for row in told}


# Refunds


def test_a_refund_refused_for_good_is_paid_out_in_another_way_once(desk: MoneyDesk) -> None:
    held, payment = desk.paid()
    desk.razorpay.change_entity("payment", payment, {"created_at": int(time.time()) - 200 * 86_400})
    refund = desk.refund(held).body["refund"]["id"]
    assert code(desk.ask("admin_sales", "POST", f"refunds/{refund}/payout", {"reference": "UTR 1"})) == (
        409,
        "not_failed",
    )
    desk.storefront.process_refunds()
    answers = [
        desk.ask("admin_sales", "POST", f"refunds/{refund}/payout", {"reference": "UTR 1", "note": "Transfer."})
        for _ in range(2)
    ]
    assert {answer.body["refund"]["status"] for answer in answers} == {"processed"}
    assert desk.order(held) | {"id": None} == {
        "id": None,
        "status": "refunded",
        "amount": PRICE,
        "razorpay_payment_id": payment,
        "seat": "cancelled",
        "payment_status": "refunded",
    }
    assert code(desk.ask("admin_sales", "POST", f"refunds/{refund}/retry")) == (409, "not_failed")
    audited = desk.storefront.deployed.rows("select 1 from admin_audit_logs where action = 'refund.payout'")
    assert len(audited) == 1


@pytest.mark.parametrize(("taken", "reason"), [(0, "refunded_elsewhere"), (30_000, "taken_by_dispute")])
def test_a_failed_refund_is_closed_for_what_became_of_its_money(desk: MoneyDesk, taken: int, reason: str) -> None:
    held, payment = desk.paid()
    desk.razorpay.change_entity("payment", payment, {"created_at": int(time.time()) - 200 * 86_400})
    desk.refund(held)
    desk.storefront.process_refunds()
    desk.razorpay.change_entity("payment", payment, {"created_at": int(time.time())})
    if taken:
        desk.razorpay.move_dispute(desk.razorpay.open_dispute(payment, taken)["id"], "lost")
        desk.storefront.deliver()
    desk.razorpay.refund(payment, PRICE - taken)
    desk.storefront.deliver()
    closed = desk.storefront.deployed.rows("select closed_reason from refunds where status = 'closed'")
    assert closed == [{"closed_reason": reason}]


def test_a_refund_is_not_given_up_while_razorpay_cannot_say_what_was_refunded(desk: MoneyDesk) -> None:
    held, payment = desk.paid()
    desk.razorpay.change_entity("payment", payment, {"created_at": int(time.time()) - 200 * 86_400})
    desk.refund(held)
    desk.razorpay.break_api("server_error", method="GET", times=None)
    desk.storefront.process_refunds()
    assert desk.refunds() == [("admin", "requested", PRICE)]
    desk.razorpay.mend_api()
    desk.storefront.deployed.rows("update refunds set next_attempt_at = now()")
    desk.storefront.process_refunds()
    assert desk.refunds() == [("admin", "failed", PRICE)]


def test_a_refund_that_fails_after_it_was_processed_is_retried(desk: MoneyDesk) -> None:
    held, payment = desk.paid()
    desk.refund(held, amount=20_000)
    desk.storefront.process_refunds()
    desk.storefront.deliver()
    refund = desk.razorpay.entities("refund")[0]["id"]
    desk.razorpay.change_entity("refund", refund, {"status": "pending"})
    desk.razorpay.finish_refund(refund, "failed")
    desk.storefront.deliver()
    assert desk.refunds() == [("admin", "failed", 20_000)]
    (failed,) = desk.ask("admin_sales", "GET", "refunds", status="failed").body["refunds"]
    assert desk.ask("admin_sales", "POST", f"refunds/{failed['id']}/retry").status == 201
    desk.storefront.process_refunds()
    assert desk.returned(payment) == 20_000


def test_a_refund_that_is_made_again_has_no_second_credit_note(desk: MoneyDesk) -> None:
    held, _ = desk.paid()

    def credit_notes() -> list[int]:
        path = f"payments/{desk.order(held)['id']}/receipt"
        answer = desk.storefront.deployed.request(
            "registrations", "GET", path, user=held.user, headers={"Accept": "application/json"}
        )
        return [note["amount"] for note in answer.body["creditNotes"]]

    desk.refund(held, amount=20_000)
    desk.storefront.process_refunds()
    desk.storefront.deliver()
    assert credit_notes() == [20_000]
    refund = desk.razorpay.entities("refund")[0]["id"]
    desk.razorpay.change_entity("refund", refund, {"status": "pending"})
    desk.razorpay.finish_refund(refund, "failed")
    desk.storefront.deliver()
    (failed,) = desk.ask("admin_sales", "GET", "refunds", status="failed").body["refunds"]
    desk.ask("admin_sales", "POST", f"refunds/{failed['id']}/retry")
    desk.storefront.process_refunds()
    desk.storefront.deliver()
    assert credit_notes() == [20_000]
    desk.refund(held, amount=5_000)
    desk.storefront.process_refunds()
    desk.storefront.deliver()
    assert credit_notes() == [20_000, 5_000]


def test_no_refund_leaves_a_rest_that_cannot_go_back(desk: MoneyDesk) -> None:
    held, _ = desk.paid()
    assert code(desk.refund(held, amount=PRICE - 50)) == (409, "remainder_too_small")
    assert desk.refund(held, amount=PRICE - 100).status == 201
    assert desk.refund(held, amount=100).status == 201


def test_a_payment_shows_only_its_own_refunds(desk: MoneyDesk) -> None:
    held, _ = desk.paid()
    desk.razorpay.pay(held.order_id, force=True)
    desk.storefront.deliver()
    desk.storefront.process_refunds()
    desk.storefront.deliver()
    (shown,) = desk.storefront.deployed.request("registrations", "GET", "payments", user=held.user).body["payments"]
    assert (shown["status"], shown["refundedAmount"]) == ("success", 0)


# Time


def test_a_payment_under_way_keeps_its_seat_for_its_own_time_only(desk: MoneyDesk) -> None:
    held = desk.storefront.hold_seat()
    payment = desk.razorpay.fail(held.order_id)["id"]
    desk.razorpay.take()
    held.expire_hold()
    for minutes, seat in ((1, "pending"), (11, "pending"), (13, "expired")):
        created = int(time.time()) - minutes * 60
        desk.razorpay.change_entity("payment", payment, {"status": "created", "created_at": created})
        desk.storefront.release_holds()
        assert desk.order(held)["seat"] == seat


def test_new_attempts_do_not_hold_a_seat_for_ever(desk: MoneyDesk) -> None:
    held = desk.storefront.hold_seat()
    payment = desk.razorpay.fail(held.order_id)["id"]
    desk.razorpay.take()
    desk.razorpay.change_entity("payment", payment, {"status": "created", "created_at": int(time.time())})
    desk.storefront.deployed.rows("update registrations set hold_expires_at = now() - interval '31 minutes'")
    desk.storefront.release_holds()
    assert desk.order(held)["seat"] == "expired"


def test_a_payment_from_an_old_tab_buys_the_seat_that_is_held_now(desk: MoneyDesk) -> None:
    old = desk.storefront.hold_seat(capacity=1)
    old.expire_hold()
    desk.storefront.release_holds()
    event = desk.storefront.deployed.row("select event_id from registrations")["event_id"]
    again = desk.storefront.register(old.user, event).body
    payment = desk.razorpay.pay(old.order_id)["id"]
    answer = old.verify(payment)
    assert answer.body["registration"]["id"] == again["registration"]["id"]
    assert answer.body["status"] == "confirmed"
    desk.razorpay.pay(again["order"]["id"])
    desk.storefront.deliver()
    assert [each[:2] for each in desk.refunds()] == [("duplicate_payment", "requested")]


def test_late_money_buys_only_what_is_still_on_sale(desk: MoneyDesk) -> None:
    held = desk.storefront.hold_seat()
    held.expire_hold()
    desk.storefront.release_holds()
    desk.storefront.deployed.rows("update events set sales_end_at = now() - interval '1 minute'")
    desk.razorpay.pay(held.order_id)
    desk.storefront.deliver()
    assert desk.order(held)["seat"] == "expired"
    assert desk.refunds() == [("seat_gone", "requested", PRICE)]


def test_nothing_is_sold_after_the_end(desk: MoneyDesk) -> None:
    held = desk.storefront.hold_seat()
    desk.storefront.deployed.rows(
        "update events set starts_at = now() - interval '3 h', ends_at = now(), sales_end_at = now() + interval '1 d'"
    )
    event = desk.storefront.deployed.row("select event_id from registrations")["event_id"]
    assert code(desk.storefront.register(desk.storefront.deployed.profile(), event)) == (409, "sales_closed")
    desk.razorpay.pay(held.order_id)
    desk.storefront.deliver()
    assert desk.refunds() == [("seat_gone", "requested", PRICE)]


def test_a_moved_course_keeps_the_better_refund_of_both_starts(desk: MoneyDesk) -> None:
    soon = datetime.now(UTC) + timedelta(hours=20)
    held, payment = desk.paid()
    desk.storefront.deployed.rows("update events set starts_at = %s, ends_at = %s", soon, soon + timedelta(hours=2))
    assert desk.storefront.post(held.user, held.id, "cancel").body["refund"]["amount"] == PRICE
    assert payment


def move(desk: MoneyDesk, starts: datetime) -> Answer:
    event = desk.storefront.deployed.row("select event_id from registrations limit 1")["event_id"]
    body = {"startsAt": starts.isoformat(), "endsAt": (starts + timedelta(hours=6)).isoformat()}
    return desk.ask("admin_courses", "PATCH", f"events/{event}", body)


def test_a_sold_course_cannot_be_moved_into_the_past(desk: MoneyDesk) -> None:
    desk.paid()
    assert code(move(desk, datetime.now(UTC) - timedelta(hours=1))) == (409, "start_in_past")


@pytest.mark.parametrize(("hours", "amount"), [(30, PRICE), (20, None)])
def test_a_start_that_moves_far_gives_all_the_money_back_for_a_week(
    desk: MoneyDesk, hours: int, amount: int | None
) -> None:
    starts = datetime.now(UTC) + timedelta(hours=10)
    held, _ = desk.paid(starts_at=starts, ends_at=starts + timedelta(hours=6))
    assert move(desk, starts + timedelta(hours=hours)).status == 200
    (moved,) = desk.storefront.deployed.rows(
        "select data from notifications_queue where template = 'sessions_moved' and type = 'email'"
    )
    assert bool(moved["data"]["fullRefundUntil"]) == (amount is not None)
    late = desk.storefront.deployed.profile()
    event = desk.storefront.deployed.row("select event_id from registrations limit 1")["event_id"]
    buyer = desk.storefront.register(late, event).body
    desk.razorpay.pay(buyer["order"]["id"])
    desk.storefront.deliver()
    refund = desk.storefront.post(held.user, held.id, "cancel").body["refund"]
    assert (refund or {}).get("amount") == (amount or PRICE // 2)
    refund = desk.storefront.post(late, buyer["registration"]["id"], "cancel").body["refund"]
    assert (refund or {}).get("amount") == PRICE // 2, "who bought after the move agreed to the new time"


def test_a_cancellation_without_refund_says_what_is_kept(desk: MoneyDesk) -> None:
    held, _ = desk.paid(starts_at=datetime.now(UTC) + timedelta(hours=3))
    desk.storefront.post(held.user, held.id, "cancel")
    (notice,) = desk.storefront.deployed.rows(
        "select data from notifications_queue where template = 'registration_cancelled' and type = 'email'"
    )
    assert (notice["data"]["paid"], notice["data"]["kept"]) == (PRICE, PRICE)


# One bad order, our own key, clear answers


def test_an_unknown_order_frees_its_seat_after_a_day(desk: MoneyDesk) -> None:
    held = desk.storefront.hold_seat()
    desk.storefront.deployed.rows("update payment_transactions set razorpay_order_id = 'order_AAAAAAAAAAAAAA'")
    held.expire_hold()
    desk.storefront.release_holds()
    assert desk.storefront.deployed.row("select status from registrations") == {"status": "pending"}
    desk.storefront.deployed.rows(
        "update registrations set hold_expires_at = now() - interval '25 hours'; "
        "update payment_transactions set next_check_at = null"
    )
    desk.storefront.release_holds()
    assert desk.storefront.deployed.row("select status from registrations") == {"status": "expired"}


def test_an_order_with_a_status_nobody_knows_stops_no_other(desk: MoneyDesk, log: Log) -> None:
    seats = [desk.storefront.hold_seat() for _ in range(4)]
    odd = desk.razorpay.fail(seats[0].order_id)["id"]
    desk.razorpay.take()
    desk.razorpay.change_entity("payment", odd, {"status": "under_observation"})
    for each in seats:
        each.expire_hold()
    for _ in range(3):
        desk.storefront.release_holds()
        desk.storefront.deployed.rows("update payment_transactions set next_check_at = null")
    assert [desk.order(each)["seat"] for each in seats] == ["pending", "expired", "expired", "expired"]
    assert log.values()[Metric.ORDERS_UNREADABLE] == [1]
    told = desk.storefront.deployed.rows("select data ->> 'subject' as subject from notifications_queue")
    assert "An unpaid seat could not be checked" in {row["subject"] for row in told}


def test_a_dead_key_is_ours_and_not_the_payers(desk: MoneyDesk, log: Log) -> None:
    held = desk.storefront.hold_seat()
    payment = desk.razorpay.pay(held.order_id)["id"]
    fields = desk.razorpay.checkout_fields(held.order_id, payment)
    keys = {"keyId": "rzp_test_0000000000dead", "keySecret": KEY_SECRET}
    desk.storefront.deployed.put_secret("razorpay", keys)
    answer = desk.storefront.post(held.user, held.id, "verify-payment", fields)
    assert code(answer) == (503, "payment_provider_unavailable")
    assert log.total(Metric.GATEWAY_KEY_REFUSED) == 1
    held.expire_hold()
    with pytest.raises(GatewayKeyRefused):
        desk.storefront.release_holds()


def test_verifying_says_what_became_of_the_money_also_after_the_webhook(desk: MoneyDesk) -> None:
    held = desk.storefront.hold_seat()
    desk.storefront.post(held.user, held.id, "cancel")
    payment = desk.razorpay.pay(held.order_id)["id"]
    desk.storefront.deliver()
    assert held.verify(payment).body["status"] == "refund_requested"
    desk.storefront.process_refunds()
    desk.storefront.deliver()
    assert held.verify(payment).body["status"] == "refunded"


# Currencies and reports


@pytest.mark.parametrize(("currency", "price"), [("ABC", 49_900), ("KWD", 49_901), ("HRK", 49_900)])
def test_a_course_in_a_currency_that_cannot_be_charged_is_refused(desk: MoneyDesk, currency: str, price: int) -> None:
    body = course(currency=currency, priceAmount=price)
    assert desk.ask("admin_courses", "POST", "events", body).status == 422
    assert desk.ask("admin_courses", "POST", "events", course(currency="KWD", priceAmount=49_900)).status == 201


def test_sales_end_with_the_course_and_move_with_it(desk: MoneyDesk) -> None:
    starts = datetime.now(UTC) + timedelta(days=20)
    late = course(salesEndAt=(starts + timedelta(days=1)).isoformat())
    assert desk.ask("admin_courses", "POST", "events", late).status == 422
    body = course(salesEndAt=(starts - timedelta(days=1)).isoformat())
    event = desk.ask("admin_courses", "POST", "events", body).body["event"]
    soon = starts - timedelta(days=17)
    moved = desk.ask(
        "admin_courses", "PATCH", f"events/{event['id']}",
        {"startsAt": soon.isoformat(), "endsAt": (soon + timedelta(hours=2)).isoformat()},
    ).body["event"]  # fmt: skip
    assert datetime.fromisoformat(moved["salesEndAt"]) < soon


def course(**fields: object) -> dict[str, object]:
    starts = datetime.now(UTC) + timedelta(days=20)
    return {
        "title": "Rust in a day", "category": "technical", "capacity": 3, "priceAmount": PRICE,
        "startsAt": starts.isoformat(), "endsAt": (starts + timedelta(hours=2)).isoformat(), **fields,
    }  # fmt: skip


def figures(deployed: DeployedFunctions) -> dict[str, tuple[int, int, int]]:
    rows = deployed.rows(
        """
        select currency, sum(gross)::bigint as gross, sum(refunded)::bigint as refunded, sum(fees)::bigint as fees
        from private.figures_by_event where currency <> '' group by currency
        """
    )
    return {
        row["currency"]: (row["gross"], row["refunded"], row["fees"]) for row in rows if any(list(row.values())[1:])
    }


def test_a_released_authorization_moves_no_report(desk: MoneyDesk) -> None:
    held = desk.storefront.hold_seat()
    payment = desk.razorpay.pay(held.order_id, capture=False)["id"]
    desk.razorpay.return_uncaptured(payment)
    desk.storefront.deliver()
    assert figures(desk.storefront.deployed) == {}
    assert desk.refunds() == []


def test_a_fee_in_another_currency_is_reported_in_it(desk: MoneyDesk) -> None:
    held = desk.storefront.hold_seat(currency="USD", price_amount=1_999)
    payment = desk.razorpay.pay(held.order_id)
    (captured,) = [each for each in desk.razorpay.take() if each.event == "payment.captured"]
    body = json.loads(captured.body)
    body["payload"]["payment"]["entity"] |= {"fee": 5_043, "tax": 769, "base_amount": 170_915, "base_currency": "INR"}
    assert desk.storefront.deployed.webhook(json.dumps(body).encode()).body["status"] == "processed"
    assert figures(desk.storefront.deployed) == {"USD": (1_999, 0, 0), "INR": (0, 0, 5_043)}
    before = figures(desk.storefront.deployed)
    with desk.storefront.deployed.database.look() as look:
        look.execute("select private.rebuild_reports()")
    assert figures(desk.storefront.deployed) == before
    assert payment
