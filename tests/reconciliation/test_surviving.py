"""Whatever breaks on the way, a run ends where an undisturbed one ends, in as many invocations as it takes."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from functions.payment_reconciliation import service
from shared import db
from shared.payments import sdk
from shared.payments.errors import GatewayRefused
from shared.payments.gateway import Gateway, gateway
from tests.deployed import KEY_ID, KEY_SECRET, WEBHOOK_SECRET
from tests.reconciliation.books import Books
from tests.registrations.school import PAID, Held

SHORT, LONG = "rate_limit", "cool_down"


def lost(books: Books, count: int = 4) -> list[Held]:
    """Seats whose payments we were not told about."""
    held = [books.order() for _ in range(count)]
    for each in held:
        books.razorpay.pay(each.order_id)
    books.lose_webhooks()
    return held


def all_paid(held: list[Held]) -> bool:
    return all(each.row["order_status"] == PAID["order_status"] for each in held)


def status(books: Books) -> dict[str, Any]:
    return books.deployed.row("select status, last_error, lease_until from reconciliation_runs")


def test_a_short_limit_is_waited_for_as_long_as_it_says(books: Books) -> None:
    held = lost(books)
    for path in ("/v1/payments", "/v1/orders/*", "/v1/settlements*"):
        books.razorpay.break_api(SHORT, path=path, times=2)
    books.reconcile()
    assert all_paid(held)
    assert books.slept == [2] * 6, "Retry-After: 2"


def test_a_long_limit_ends_the_invocation_at_once_and_the_next_goes_on(books: Books) -> None:
    held = lost(books)
    books.request()
    books.razorpay.break_api(LONG, path="/v1/orders/*")
    books.work_off()
    assert status(books) == {"status": "running", "last_error": "GatewayDown", "lease_until": None}
    asked = len(books.razorpay.requests())
    assert books.slept == [], "every call would make it longer"
    assert len(books.razorpay.requests()) == asked
    books.work_off()
    assert (status(books)["status"], all_paid(held)) == ("finished", True)


@pytest.mark.parametrize("fault", ["bad_gateway", "server_error", "lost_answer"])
def test_an_answer_that_breaks_is_asked_for_again(books: Books, fault: Any) -> None:
    held = lost(books)
    books.razorpay.break_api(fault, times=3)
    books.reconcile()
    assert all_paid(held)
    assert len(books.slept) == 3
    assert all(0.8 * 2**n <= wait <= 1.2 * 2**n for n, wait in enumerate(books.slept)), books.slept


def test_an_answer_that_never_comes_is_not_waited_for(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk, "TIMEOUT_SECONDS", (3.0, 1.0))
    held = lost(books, 2)
    books.razorpay.break_api("no_answer", path="/v1/orders/*")
    books.reconcile()
    assert all_paid(held)


def test_razorpay_away_for_good_leaves_the_run_where_it_was(books: Books) -> None:
    held = lost(books)
    books.request()
    books.razorpay.break_api("bad_gateway", times=None)
    books.work_off()
    assert len(books.slept) == 3
    assert status(books)["status"] == "running"
    books.razorpay.mend_api()
    books.work_off()
    assert (status(books)["status"], all_paid(held)) == ("finished", True)


def test_wrong_keys_are_for_the_alarm_and_the_run_goes_on_with_the_right_ones(books: Books) -> None:
    held = lost(books, 1)
    books.request()
    keys = {"keyId": KEY_ID, "keySecret": KEY_SECRET}
    books.deployed.put_secret("razorpay", keys | {"keySecret": "wrong"})
    with pytest.raises(GatewayRefused):
        books.work_off()
    assert status(books) == {"status": "running", "last_error": "GatewayRefused", "lease_until": None}
    books.deployed.put_secret("razorpay", keys | {"webhookSecret": WEBHOOK_SECRET})
    books.work_off()
    assert all_paid(held)


def test_what_a_lagging_list_does_not_show_is_read_by_id(books: Books) -> None:
    held = lost(books)
    books.razorpay.set_list_lag(3600)
    try:
        books.reconcile()
    finally:
        books.razorpay.set_list_lag(0)
    assert all_paid(held)
    assert books.razorpay.requests("GET", "/v1/payments")[0].status == 200


def test_a_list_of_many_pages_is_read_to_its_end(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """More payments than fit on a page, on orders that the window of our own rows does not have."""
    held = lost(books, 7)
    books.deployed.rows("update payment_transactions set created_at = now() - interval '60 days'")
    monkeypatch.setattr("shared.payments.gateway.LIST_PAGE_SIZE", 3)
    monkeypatch.setattr("functions.payment_reconciliation.phases.LIST_PAGE_SIZE", 3)
    books.reconcile()
    assert all_paid(held)
    skips = [request.query["skip"] for request in books.razorpay.requests() if request.path == "/v1/payments"]
    assert skips == ["0", "3", "6"]
    assert len({request.query["to"] for request in books.razorpay.requests() if request.path == "/v1/payments"}) == 1


def test_an_entity_that_cannot_be_read_hides_no_other(books: Books) -> None:
    held = lost(books, 2)
    books.deployed.rows("update payment_transactions set created_at = now() - interval '60 days'")
    strange = books.razorpay.fail(books.razorpay.open_order(500)["id"])["id"]
    books.razorpay.change_entity("payment", strange, {"status": "dreamt"})
    books.reconcile()
    assert all_paid(held)


def test_an_invocation_that_runs_out_of_time_is_gone_on_with(books: Books) -> None:
    held = lost(books, 6)
    books.request()
    invocations = 0
    while status(books)["status"] == "running":
        invocations += 1
        left = iter(range(4 + 2 * invocations))
        books.work_off(lambda left=left: next(left, None) is not None)
        assert invocations < 20
    assert invocations > 2
    assert all_paid(held)
    assert books.deployed.row("select counts from reconciliation_runs") == {"counts": {"matched": 6}}


@dataclass(frozen=True)
class Dying:
    """Razorpay as a process sees it that is killed right after one answer."""

    gateway: Gateway
    die: Callable[[], None]

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.gateway, name)

        def answer(*args: Any, **kwargs: Any) -> Any:
            answered = method(*args, **kwargs)
            self.die()
            return answered

        return answer


def run_killed(books: Books, after: int) -> bool:
    """Work in a process of its own that is killed after so many answers; whether it was."""
    pid = os.fork()
    if pid == 0:
        left = iter(range(after - 1))

        def die() -> None:
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        db._database.cache_clear()  # pyright: ignore[reportPrivateUsage] - the parent's connection is the parent's
        service.continue_runs(Dying(gateway(), die), lambda: True, lambda _: None)  # pyright: ignore[reportArgumentType]
        os._exit(0)
    killed = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    books.deployed.rows("update reconciliation_runs set lease_until = now() - interval '1 second'")
    return killed


def test_a_run_that_is_killed_over_and_over_ends_as_if_it_had_not_been(books: Books) -> None:
    held = lost(books, 3)
    _, returned = books.paid()
    books.razorpay.refund(returned, 10_000)
    assert books.razorpay.settle()
    books.lose_webhooks()
    books.request()
    kills = 0
    while run_killed(books, after=1 + 2 * kills):
        kills += 1
        assert status(books)["status"] == "running"
    assert kills >= 4
    assert status(books)["status"] == "finished"
    assert all_paid(held)
    assert set(books.stands().values()) == {"matched"}
    assert sorted(each[1] for each in books.found()) == ["captured_not_confirmed"] * 3 + ["refunded_outside"]
    before = books.everything()
    books.reconcile()
    assert books.everything() == before


def test_a_killed_run_that_nobody_goes_on_with_leaves_its_work_undone(books: Books) -> None:
    """The negative control: the kills do interrupt."""
    held = lost(books, 3)
    books.request()
    assert run_killed(books, after=2)
    assert not all_paid(held)


def test_a_killed_invocation_keeps_others_away_only_until_its_lease_is_over(books: Books) -> None:
    books.request()
    books.deployed.rows("update reconciliation_runs set lease_until = now() + interval '5 minutes'")
    assert books.work_off() == []
    books.deployed.rows("update reconciliation_runs set lease_until = now() - interval '1 second'")
    assert len(books.work_off()) == 1


def test_two_invocations_at_once_do_a_run_once(books: Books) -> None:
    lost(books, 3)
    books.request()
    done = books.deployed.at_once(lambda _: books.work_off(), range(4), threads=4)
    assert sum(len(each) for each in done) == 1
    assert [each[1:] for each in books.found()] == [("captured_not_confirmed", True)] * 3
    assert len(books.razorpay.requests("GET", "/v1/payments")) == 1


def test_without_the_lease_two_invocations_would_both_get_it(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    books.request()
    monkeypatch.setattr(service, "LEASE", timedelta(0))
    assert [service._claim() is not None for _ in range(2)] == [True, True]  # pyright: ignore[reportPrivateUsage]
    monkeypatch.undo()
    assert [service._claim() is not None for _ in range(2)] == [True, False]  # pyright: ignore[reportPrivateUsage]


def test_whoever_lost_the_lease_writes_nothing(books: Books) -> None:
    """An invocation that was frozen for longer than its lease wakes up behind another."""
    held = lost(books, 1)
    books.request()

    def overtaken() -> bool:
        books.deployed.rows("update reconciliation_runs set lease_token = gen_random_uuid() where status = 'running'")
        return True

    books.work_off(overtaken)
    row = books.deployed.row("select status, cursor, counts from reconciliation_runs")
    assert row == {"status": "running", "cursor": {}, "counts": {}}
    assert all_paid(held), "what it mended is mended all the same"


def test_an_order_that_cannot_be_mended_keeps_no_other_from_its_turn(books: Books) -> None:
    """A payment that another order of ours counts already: the database refuses it, in every run."""
    held = lost(books, 3)
    payment = next(each["id"] for each in books.razorpay.entities("payment") if each["order_id"] == held[1].order_id)
    other = books.order()
    books.deployed.rows(
        """
        update payment_transactions set status = 'success', razorpay_payment_id = %s, paid_at = now()
        where razorpay_order_id = %s
        """,
        payment,
        other.order_id,
    )
    books.reconcile()
    assert [each.row["order_status"] for each in held] == ["success", "initiated", "success"]
    assert (payment, "captured_not_confirmed", False) in books.found()
