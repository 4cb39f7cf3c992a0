"""What starts a run, what continues it, and who is notified."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.clock import in_zone
from shared.metrics import Metric
from tests.deployed import SERVICE_KEY
from tests.log import Log
from tests.reconciliation.scenario import ReconciliationScenario

SCHEDULE = {"source": "schedule", "job": "payment-reconciliation"}


def schedule(scenario: ReconciliationScenario) -> list[tuple[str, str]]:
    answer = scenario.deployed.invoke("payment_reconciliation", SCHEDULE)
    return [(run["kind"], run["status"]) for run in answer["runs"]]


def admin_notices(scenario: ReconciliationScenario) -> list[dict[str, Any]]:
    return scenario.deployed.rows(
        """
        select user_id, type, channel, data ->> 'subject' as subject, data ->> 'detail' as detail
        from notifications_queue where template = 'admin_attention' order by created_at, user_id, type
        """
    )


def test_the_schedule_reconciles_the_day_once_and_asks_about_open_orders_each_time(
    scenario: ReconciliationScenario,
) -> None:
    held = scenario.held_seat()
    scenario.razorpay.pay(held.order_id)
    scenario.drop_webhooks()
    assert schedule(scenario) == [("open_orders", "finished"), ("daily", "finished")]
    assert schedule(scenario) == [("open_orders", "finished")]
    window = scenario.deployed.row("select window_start, window_end from reconciliation_runs where kind = 'daily'")
    end = window["window_end"].astimezone(UTC)
    assert (end.hour, end.minute) == (20, 30), "two in the morning in India"
    assert end - window["window_start"] == timedelta(days=7)
    assert datetime.now(UTC) - timedelta(days=1) < end <= datetime.now(UTC)


def test_what_differs_is_measured_every_day_until_it_is_settled(scenario: ReconciliationScenario, log: Log) -> None:
    """Administrators are notified of a finding once, but its metric stays until it is resolved."""
    scenario.deployed.profile(admin=True)
    with scenario.ago(days=2):
        payment = scenario.razorpay.pay(scenario.razorpay.open_order(12_300)["id"])["id"]
    scenario.drop_webhooks()
    for days in (10, 20):
        log.forget()
        assert ("daily", "finished") in schedule(scenario)
        assert log.total(Metric.RECONCILIATION_MISMATCHES) == 1
        scenario.deployed.rows(
            "update reconciliation_runs set window_start = window_start - %s, window_end = window_end - %s"
            " where kind = 'daily'",
            *(2 * [timedelta(days=days)]),
        )
    assert len({row["detail"] for row in admin_notices(scenario)}) == 1
    scenario.razorpay.refund(payment)
    log.forget()
    assert ("daily", "finished") in schedule(scenario)
    assert log.total(Metric.RECONCILIATION_MISMATCHES) == 0


def test_open_orders_are_asked_about_after_a_quarter_of_an_hour(scenario: ReconciliationScenario) -> None:
    """A lost webhook costs minutes. What was opened just now, or is old and holds no seat, is not asked about."""
    ended = {"status": "expired", "payment_status": "failed", "hold_expires_at": None}
    orders = {
        "new": (scenario.held_seat(), 5),
        "due": (scenario.held_seat(), 20),
        "due, without a seat": (scenario.held_seat(**ended), 60),
        "old, with a seat": (scenario.held_seat(), 600),
        "old, without a seat": (scenario.held_seat(**ended), 600),
    }
    for held, minutes in orders.values():
        scenario.deployed.rows(
            "update payment_transactions set created_at = now() - %s where razorpay_order_id = %s",
            timedelta(minutes=minutes),
            held.order_id,
        )
        scenario.razorpay.pay(held.order_id)
    scenario.drop_webhooks()
    assert scenario.sweep() == {"matched": 3}
    confirmed = {name for name, (held, _) in orders.items() if held.row["order_status"] == "success"}
    assert confirmed == {"due", "due, without a seat", "old, with a seat"}
    assert {verdict for _, verdict, _ in scenario.findings()} == {"captured_not_confirmed"}
    assert scenario.sweep() == {}


def test_an_order_that_waits_for_a_person_is_not_asked_about_again(scenario: ReconciliationScenario) -> None:
    held = scenario.held_seat()
    scenario.deployed.rows("update payment_transactions set created_at = now() - interval '20 minutes'")
    scenario.razorpay.pay(held.order_id, amount=100)
    scenario.drop_webhooks()
    assert scenario.sweep() == {"amount_mismatch": 1}
    assert scenario.sweep() == {}
    assert len(scenario.findings()) == 1


def test_a_machine_starts_a_run_for_days_and_hears_how_far_it_came(scenario: ReconciliationScenario) -> None:
    held = scenario.held_seat()
    scenario.razorpay.pay(held.order_id)
    scenario.drop_webhooks()
    today = in_zone(datetime.now(UTC), "Asia/Kolkata").date()
    days = {"startDate": (today - timedelta(days=2)).isoformat(), "endDate": today.isoformat()}
    answer = scenario.post_as_service(days, SERVICE_KEY)
    assert answer.status == 200
    (run,) = answer.body["runs"]
    assert run == {
        "id": answer.body["runId"],
        "kind": "requested",
        "status": "finished",
        "counts": {"matched": 1},
    }
    assert scenario.post_as_service(None, SERVICE_KEY).body["runId"] is None
    assert {row["kind"] for row in scenario.deployed.rows("select kind from reconciliation_runs")} == {
        "requested", "daily", "open_orders",
    }  # fmt: skip


def test_a_run_needs_the_service_bearer(scenario: ReconciliationScenario) -> None:
    for key in (None, "", "wrong", SERVICE_KEY[:-1]):
        assert scenario.post_as_service(None, key).status == 401, key
    assert scenario.deployed.rows("select 1 from reconciliation_runs") == []


def test_wrong_days_are_refused(scenario: ReconciliationScenario) -> None:
    wrong: list[dict[str, object]] = [
        {"startDate": "2026-02-02", "endDate": "2026-02-01"},
        {"startDate": "2026-01-01", "endDate": "2026-02-01"},
        {"startDate": "2099-01-01", "endDate": "2099-01-02"},
        {"startDate": "1999-01-01", "endDate": "1999-01-02"},
        {"startDate": "9999-12-31", "endDate": "9999-12-31"},
        {"startDate": "2026-01-01"},
        {"startDate": "2026-01-01", "endDate": "2026-01-01", "windowStart": "x"},
        {"startDate": 1, "endDate": []},
    ]
    for body in wrong:
        answer = scenario.post_as_service(body, SERVICE_KEY)
        assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json"), body
    assert scenario.deployed.rows("select 1 from reconciliation_runs") == []


def test_every_administrator_is_notified_once_of_an_unrepaired_finding(scenario: ReconciliationScenario) -> None:
    admins = {scenario.deployed.profile(admin=True) for _ in range(2)}
    scenario.razorpay.pay(scenario.razorpay.open_order(12_300)["id"])
    scenario.razorpay.pay(scenario.held_seat().order_id, amount=100)
    scenario.razorpay.pay(scenario.held_seat().order_id)
    scenario.drop_webhooks()
    scenario.reconcile()
    first = admin_notices(scenario)
    assert {row["user_id"] for row in first} == admins
    assert [row["type"] for row in first] == ["email", "in_app"] * 4
    assert {row["subject"] for row in first} == {
        "2 findings of reconciliation",
        "A payment waits for your decision",
    }
    findings = [row["detail"] for row in first if row["subject"].startswith("2 findings")]
    assert all(detail.startswith("1 amount mismatch, 1 unknown payment; run ") for detail in findings)
    scenario.reconcile()
    assert admin_notices(scenario) == first, "an unchanged finding is not notified again"


def test_a_repaired_finding_is_not_notified(scenario: ReconciliationScenario) -> None:
    scenario.deployed.profile(admin=True)
    scenario.razorpay.pay(scenario.held_seat().order_id)
    scenario.drop_webhooks()
    scenario.reconcile()
    assert [each[2] for each in scenario.findings()] == [True]
    assert admin_notices(scenario) == []


def test_a_stale_run_is_failed_and_notified(scenario: ReconciliationScenario) -> None:
    scenario.deployed.profile(admin=True)
    scenario.request()
    scenario.deployed.rows("update reconciliation_runs set started_at = now() - interval '31 hours'")
    scenario.sweep()
    assert scenario.deployed.row("select status from reconciliation_runs where kind = 'requested'") == {
        "status": "failed"
    }
    assert {row["subject"] for row in admin_notices(scenario)} == {"A reconciliation did not come to its end"}
