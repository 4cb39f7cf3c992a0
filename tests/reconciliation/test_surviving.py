"""A run that is interrupted ends in the same state as an undisturbed one, in as many invocations as needed."""

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
from shared.payments.errors import GatewayKeyRefused
from shared.payments.gateway import Gateway, gateway
from tests.deployed import KEY_ID, KEY_SECRET
from tests.reconciliation.scenario import ReconciliationScenario
from tests.registrations.storefront import PAID, HeldSeat

SHORT, LONG = "rate_limit", "cool_down"


def unreported_payments(scenario: ReconciliationScenario, count: int = 4) -> list[HeldSeat]:
    """Paid seats whose webhooks were lost."""
    held = [scenario.held_seat() for _ in range(count)]
    for each in held:
        scenario.razorpay.pay(each.order_id)
    scenario.drop_webhooks()
    return held


def all_paid(held: list[HeldSeat]) -> bool:
    return all(each.row["order_status"] == PAID["order_status"] for each in held)


def status(scenario: ReconciliationScenario) -> dict[str, Any]:
    return scenario.deployed.row("select status, last_error, lease_until from reconciliation_runs")


def test_a_short_limit_is_waited_for_as_long_as_it_says(scenario: ReconciliationScenario) -> None:
    held = unreported_payments(scenario)
    for path in ("/v1/payments", "/v1/orders/*", "/v1/settlements*"):
        scenario.razorpay.break_api(SHORT, path=path, times=2)
    scenario.reconcile()
    assert all_paid(held)
    assert scenario.slept == [2] * 6, "Retry-After: 2"


def test_a_long_limit_ends_the_invocation_at_once_and_the_next_goes_on(scenario: ReconciliationScenario) -> None:
    held = unreported_payments(scenario)
    scenario.request()
    scenario.razorpay.break_api(LONG, path="/v1/orders/*")
    scenario.continue_runs()
    assert status(scenario) == {"status": "running", "last_error": "GatewayDown", "lease_until": None}
    asked = len(scenario.razorpay.requests())
    assert scenario.slept == [], "every call would make it longer"
    assert len(scenario.razorpay.requests()) == asked
    scenario.continue_runs()
    assert (status(scenario)["status"], all_paid(held)) == ("finished", True)


@pytest.mark.parametrize("fault", ["bad_gateway", "server_error", "lost_answer"])
def test_an_answer_that_breaks_is_asked_for_again(scenario: ReconciliationScenario, fault: Any) -> None:
    held = unreported_payments(scenario)
    scenario.razorpay.break_api(fault, times=3)
    scenario.reconcile()
    assert all_paid(held)
    assert len(scenario.slept) == 3
    assert all(0.8 * 2**n <= wait <= 1.2 * 2**n for n, wait in enumerate(scenario.slept)), scenario.slept


def test_an_answer_that_never_comes_is_not_waited_for(
    scenario: ReconciliationScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdk, "TIMEOUT_SECONDS", (3.0, 1.0))
    held = unreported_payments(scenario, 2)
    scenario.razorpay.break_api("no_answer", path="/v1/orders/*")
    scenario.reconcile()
    assert all_paid(held)


def test_an_outage_of_razorpay_leaves_the_run_unchanged(scenario: ReconciliationScenario) -> None:
    held = unreported_payments(scenario)
    scenario.request()
    scenario.razorpay.break_api("bad_gateway", times=None)
    scenario.continue_runs()
    assert len(scenario.slept) == 3
    assert status(scenario)["status"] == "running"
    scenario.razorpay.mend_api()
    scenario.continue_runs()
    assert (status(scenario)["status"], all_paid(held)) == ("finished", True)


def test_wrong_keys_are_for_the_alarm_and_the_run_goes_on_with_the_right_ones(scenario: ReconciliationScenario) -> None:
    held = unreported_payments(scenario, 1)
    scenario.request()
    keys = {"keyId": KEY_ID, "keySecret": KEY_SECRET}
    scenario.deployed.put_secret("razorpay", keys | {"keySecret": "wrong"})
    with pytest.raises(GatewayKeyRefused):
        scenario.continue_runs()
    assert status(scenario) == {"status": "running", "last_error": "GatewayKeyRefused", "lease_until": None}
    scenario.deployed.put_secret("razorpay", keys)
    scenario.continue_runs()
    assert all_paid(held)


def test_what_a_lagging_list_does_not_show_is_read_by_id(scenario: ReconciliationScenario) -> None:
    held = unreported_payments(scenario)
    scenario.razorpay.set_list_lag(3600)
    try:
        scenario.reconcile()
    finally:
        scenario.razorpay.set_list_lag(0)
    assert all_paid(held)
    assert scenario.razorpay.requests("GET", "/v1/payments")[0].status == 200


def test_a_list_of_many_pages_is_read_to_its_end(
    scenario: ReconciliationScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More payments than fit on a page, on orders that the window of our own rows does not have."""
    held = unreported_payments(scenario, 7)
    scenario.deployed.rows("update payment_transactions set created_at = now() - interval '60 days'")
    monkeypatch.setattr("shared.payments.gateway.LIST_PAGE_SIZE", 3)
    monkeypatch.setattr("functions.payment_reconciliation.phases.LIST_PAGE_SIZE", 3)
    scenario.reconcile()
    assert all_paid(held)
    skips = [request.query["skip"] for request in scenario.razorpay.requests() if request.path == "/v1/payments"]
    assert skips == ["0", "3", "6"]
    assert len({request.query["to"] for request in scenario.razorpay.requests() if request.path == "/v1/payments"}) == 1


def test_an_entity_that_cannot_be_read_hides_no_other(scenario: ReconciliationScenario) -> None:
    held = unreported_payments(scenario, 2)
    scenario.deployed.rows("update payment_transactions set created_at = now() - interval '60 days'")
    strange = scenario.razorpay.fail(scenario.razorpay.open_order(500)["id"])["id"]
    scenario.razorpay.change_entity("payment", strange, {"status": "dreamt"})
    scenario.reconcile()
    assert all_paid(held)


def test_the_next_invocation_continues_a_run_that_ran_out_of_time(scenario: ReconciliationScenario) -> None:
    held = unreported_payments(scenario, 6)
    scenario.request()
    invocations = 0
    while status(scenario)["status"] == "running":
        invocations += 1
        left = iter(range(4 + 2 * invocations))
        scenario.continue_runs(lambda left=left: next(left, None) is not None)
        assert invocations < 20
    assert invocations > 2
    assert all_paid(held)
    assert scenario.deployed.row("select counts from reconciliation_runs") == {"counts": {"matched": 6}}


@dataclass(frozen=True)
class KilledGateway:
    """A gateway whose process is killed right after an answer."""

    gateway: Gateway
    die: Callable[[], None]

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.gateway, name)

        def answer(*args: Any, **kwargs: Any) -> Any:
            answered = method(*args, **kwargs)
            self.die()
            return answered

        return answer


def run_killed(scenario: ReconciliationScenario, after: int) -> bool:
    """Process runs in a child that is killed after this many answers; returns whether it was killed."""
    pid = os.fork()
    if pid == 0:
        left = iter(range(after - 1))

        def die() -> None:
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        db._database.cache_clear()  # pyright: ignore[reportPrivateUsage] - the parent's connection is the parent's
        service.continue_runs(KilledGateway(gateway(), die), lambda: True, lambda _: None)  # pyright: ignore[reportArgumentType]
        os._exit(0)
    killed = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    scenario.deployed.rows("update reconciliation_runs set lease_until = now() - interval '1 second'")
    return killed


def test_a_run_that_is_killed_over_and_over_ends_as_if_it_had_not_been(scenario: ReconciliationScenario) -> None:
    held = unreported_payments(scenario, 3)
    _, returned = scenario.paid_seat()
    scenario.razorpay.refund(returned, 10_000)
    assert scenario.razorpay.settle()
    scenario.drop_webhooks()
    scenario.request()
    kills = 0
    while run_killed(scenario, after=1 + 2 * kills):
        kills += 1
        assert status(scenario)["status"] == "running"
    assert kills >= 4
    assert status(scenario)["status"] == "finished"
    assert all_paid(held)
    assert set(scenario.current_verdicts().values()) == {"matched"}
    assert sorted(each[1] for each in scenario.findings()) == ["captured_not_confirmed"] * 3 + ["refunded_outside"]
    before = scenario.snapshot()
    scenario.reconcile()
    assert scenario.snapshot() == before


def test_a_killed_run_that_is_not_continued_stays_unfinished(scenario: ReconciliationScenario) -> None:
    """The negative control: the kills do interrupt."""
    held = unreported_payments(scenario, 3)
    scenario.request()
    assert run_killed(scenario, after=2)
    assert not all_paid(held)


def test_a_killed_invocation_keeps_others_away_only_until_its_lease_is_over(scenario: ReconciliationScenario) -> None:
    scenario.request()
    scenario.deployed.rows("update reconciliation_runs set lease_until = now() + interval '5 minutes'")
    assert scenario.continue_runs() == []
    scenario.deployed.rows("update reconciliation_runs set lease_until = now() - interval '1 second'")
    assert len(scenario.continue_runs()) == 1


def test_two_invocations_at_once_do_a_run_once(scenario: ReconciliationScenario) -> None:
    unreported_payments(scenario, 3)
    scenario.request()
    done = scenario.deployed.at_once(lambda _: scenario.continue_runs(), range(4), threads=4)
    assert sum(len(each) for each in done) == 1
    assert [each[1:] for each in scenario.findings()] == [("captured_not_confirmed", True)] * 3
    assert len(scenario.razorpay.requests("GET", "/v1/payments")) == 1


def test_without_the_lease_two_invocations_would_both_get_it(
    scenario: ReconciliationScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    scenario.request()
    monkeypatch.setattr(service, "LEASE", timedelta(0))
    assert [service._claim() is not None for _ in range(2)] == [True, True]  # pyright: ignore[reportPrivateUsage]
    monkeypatch.undo()
    assert [service._claim() is not None for _ in range(2)] == [True, False]  # pyright: ignore[reportPrivateUsage]


def test_an_invocation_that_lost_its_lease_writes_nothing(scenario: ReconciliationScenario) -> None:
    """An invocation that was suspended for longer than its lease continues after another took over."""
    held = unreported_payments(scenario, 1)
    scenario.request()

    def overtaken() -> bool:
        scenario.deployed.rows(
            "update reconciliation_runs set lease_token = gen_random_uuid() where status = 'running'"
        )
        return True

    scenario.continue_runs(overtaken)
    row = scenario.deployed.row("select status, cursor, counts from reconciliation_runs")
    assert row == {"status": "running", "cursor": {}, "counts": {}}
    assert all_paid(held), "what it repaired stays repaired"


def test_an_order_that_cannot_be_repaired_blocks_no_other(scenario: ReconciliationScenario) -> None:
    """A payment that another order of ours counts already: the database refuses it, in every run."""
    held = unreported_payments(scenario, 3)
    payment = next(each["id"] for each in scenario.razorpay.entities("payment") if each["order_id"] == held[1].order_id)
    other = scenario.held_seat()
    scenario.deployed.rows(
        """
        update payment_transactions set status = 'success', razorpay_payment_id = %s, paid_at = now()
        where razorpay_order_id = %s
        """,
        payment,
        other.order_id,
    )
    scenario.reconcile()
    assert [each.row["order_status"] for each in held] == ["success", "initiated", "success"]
    assert (payment, "captured_not_confirmed", False) in scenario.findings()
