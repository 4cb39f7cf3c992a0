"""process_refunds: every recorded refund is sent once, whatever fails in between."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from functions.process_refunds import service
from shared import db
from shared.actors import SERVICE
from shared.payments.gateway import gateway
from tests.registrations.storefront import HeldSeat, Storefront


def late_payment(storefront: Storefront) -> tuple[HeldSeat, str]:
    """A payment for a lost seat; its refund is recorded and not sent yet."""
    held = storefront.hold_seat(capacity=1)
    held.expire_hold()
    assert storefront.release_holds()["released"] == 1
    storefront.deployed.confirmed(storefront.deployed.profile(), held_event(held))
    payment = storefront.razorpay.pay(held.order_id)["id"]
    storefront.deliver()
    return held, payment


def held_event(held: HeldSeat) -> Any:
    return held.storefront.deployed.row("select event_id from registrations where id = %s", held.id)["event_id"]


def refunds(storefront: Storefront) -> list[dict[str, Any]]:
    return storefront.deployed.rows(
        "select status, amount, reason, razorpay_payment_id as payment from refunds order by created_at"
    )


def pass_time(storefront: Storefront) -> None:
    storefront.deployed.rows("update refunds set next_attempt_at = now() - interval '1 second'")


def test_money_for_a_seat_that_is_gone_is_refunded_once_under_one_key(storefront: Storefront) -> None:
    held, payment = late_payment(storefront)
    assert [row["status"] for row in refunds(storefront)] == ["requested"]
    assert storefront.process_refunds() == {
        "success": True,
        "made": 1,
        "failed": 0,
        "postponed": 0,
        "closed": 0,
    }
    assert storefront.process_refunds()["made"] == 0
    storefront.deliver()
    assert refunds(storefront) == [{"status": "processed", "amount": 49_900, "reason": "seat_gone", "payment": payment}]
    assert storefront.refund_calls() == [f"auto-{payment}"]
    assert [each["amount"] for each in storefront.razorpay.entities("refund")] == [49_900]
    assert (held.row["status"], held.row["payment_status"], held.row["order_status"]) == (
        "expired",
        "refunded",
        "refunded",
    )
    told = storefront.deployed.rows("select template, type from notifications_queue where template like %s", "%refund%")
    assert sorted((row["template"], row["type"]) for row in told) == [
        ("payment_refunded", "email"),
        ("payment_refunded", "in_app"),
        ("refund_started", "email"),
        ("refund_started", "in_app"),
    ]


@pytest.mark.parametrize("fault", ["lost_answer", "bad_gateway", "rate_limit", "server_error"])
def test_a_refund_call_that_breaks_is_repeated_under_the_same_key(storefront: Storefront, fault: Any) -> None:
    _, payment = late_payment(storefront)
    storefront.razorpay.break_api(fault, method="POST")
    assert storefront.process_refunds()["postponed"] == 1
    assert storefront.process_refunds()["made"] == 0, "not before its time"
    pass_time(storefront)
    assert storefront.process_refunds()["made"] == 1
    assert storefront.refund_calls() == [f"auto-{payment}"] * 2
    assert len(storefront.razorpay.entities("refund")) == 1
    assert [row["status"] for row in refunds(storefront)] == ["processed"]


def test_a_killed_run_is_finished_by_the_next_under_the_same_key(storefront: Storefront) -> None:
    """Killed between Razorpay's answer and our commit, as SIGKILL would: in a process of its own."""
    _, payment = late_payment(storefront)
    pid = os.fork()
    if pid == 0:
        run_until_answered(lambda: os.kill(os.getpid(), signal.SIGKILL))
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    assert len(storefront.razorpay.entities("refund")) == 1, "made at Razorpay"
    assert [row["status"] for row in refunds(storefront)] == ["requested"], "and not known here"
    pass_time(storefront)
    assert storefront.process_refunds()["made"] == 1
    assert storefront.refund_calls() == [f"auto-{payment}"] * 2
    assert len(storefront.razorpay.entities("refund")) == 1
    assert [row["status"] for row in refunds(storefront)] == ["processed"]


def run_until_answered(end: Callable[[], None]) -> None:
    """Run in a child process that is killed right after Razorpay's answer."""

    class KilledAfterAnswer:
        def __init__(self) -> None:
            self.gateway = gateway()

        def refund(self, *args: Any, **kwargs: Any) -> Any:
            self.gateway.refund(*args, **kwargs)
            end()

    db._database.cache_clear()  # pyright: ignore[reportPrivateUsage] - the parent's connection is the parent's
    service.send_due_refunds(KilledAfterAnswer(), lambda: True)  # pyright: ignore[reportArgumentType]


def test_two_runs_at_once_make_a_refund_once(storefront: Storefront) -> None:
    for _ in range(3):
        late_payment(storefront)
    storefront.deployed.at_once(lambda _: storefront.process_refunds(), range(4), threads=4)
    assert len(storefront.razorpay.entities("refund")) == 3
    assert len(set(storefront.refund_calls())) == len(storefront.refund_calls()) == 3


def test_without_its_key_a_repeated_refund_would_pay_twice(storefront: Storefront) -> None:
    """The negative control: the key is what makes the repetition harmless."""
    held = storefront.hold_seat()
    payment = storefront.razorpay.pay(held.order_id)["id"]
    sdk = gateway().sdk
    for _ in range(2):
        sdk.call("payment", "refund", payment, {"amount": 1000, "notes": {}})
    assert len(storefront.razorpay.entities("refund")) == 2


def test_a_refund_that_razorpay_refuses_is_kept_for_a_person(storefront: Storefront) -> None:
    """Razorpay refunds nothing older than six months."""
    _, payment = late_payment(storefront)
    storefront.razorpay.change_entity("payment", payment, {"created_at": int(time.time()) - 200 * 86_400})
    assert storefront.process_refunds()["failed"] == 1
    assert storefront.process_refunds()["failed"] == 0
    assert [(row["reason"], row["status"]) for row in refunds(storefront)] == [("seat_gone", "failed")]


@pytest.mark.parametrize("is_told_first", [True, False])
def test_a_refund_made_in_the_dashboard_closes_ours(storefront: Storefront, is_told_first: bool) -> None:
    _, payment = late_payment(storefront)
    storefront.razorpay.refund(payment)
    if is_told_first:
        storefront.deliver()
        assert sum(storefront.process_refunds()[each] for each in ("made", "failed", "closed")) == 0
    else:
        assert storefront.process_refunds()["closed"] == 1
        storefront.deliver()
    states = {(row["reason"], row["status"]) for row in refunds(storefront)}
    assert states == {("seat_gone", "closed"), ("outside", "processed")}
    assert storefront.deployed.row("select status from payment_transactions") == {"status": "refunded"}
    assert storefront.deployed.row("select status from payment_transactions") == {"status": "refunded"}


def test_a_refund_that_takes_days_is_processed_by_its_webhook(storefront: Storefront) -> None:
    late_payment(storefront)
    storefront.razorpay.set_refund_outcome("pending")
    assert storefront.process_refunds()["made"] == 1
    assert [row["status"] for row in refunds(storefront)] == ["pending"]
    (refund,) = storefront.razorpay.entities("refund")
    storefront.razorpay.finish_refund(refund["id"])
    storefront.deliver()
    assert [row["status"] for row in refunds(storefront)] == ["processed"]


def test_fifty_days_without_razorpay_do_not_end_the_retries(storefront: Storefront) -> None:
    late_payment(storefront)
    storefront.deployed.rows("update refunds set attempts = 200")
    storefront.razorpay.break_api("bad_gateway", method="POST")
    assert storefront.process_refunds()["postponed"] == 1


def test_a_refund_of_a_free_seats_second_payment_takes_no_seat(storefront: Storefront) -> None:
    """The seat became free of charge while its order was still open, and was paid all the same."""
    held = storefront.hold_seat()
    storefront.deployed.rows(
        "update registrations set status = 'confirmed', payment_status = 'free', confirmed_at = now() where id = %s",
        held.id,
    )
    storefront.razorpay.pay(held.order_id)
    storefront.deliver()
    assert storefront.process_refunds()["made"] == 1
    storefront.deliver()
    assert (held.row["status"], held.row["payment_status"]) == ("confirmed", "free")


def test_two_threads_cannot_settle_one_refund_twice(storefront: Storefront) -> None:
    _, payment = late_payment(storefront)
    storefront.process_refunds()
    events = [each for each in storefront.razorpay.take() if each.event.startswith("refund.")]
    assert events

    def deliver(each: Any) -> str:
        answer = storefront.deployed.request(
            "razorpay_webhook", "POST", "razorpay-webhook", headers=each.headers, body=each.body
        )
        return answer.body["status"]

    storefront.deployed.at_once(deliver, events * 8, threads=8)
    told = storefront.deployed.rows("select 1 from notifications_queue where template = 'payment_refunded'")
    assert len(told) == 2
    with db.transaction(SERVICE) as conn:
        assert conn.execute("select sum(amount) from refunds where status = 'processed'").fetchone() == (49_900,)
    assert payment
