"""Every difference between our rows and Razorpay is found once, and repaired or reported."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from functions.payment_reconciliation import phases, verdicts
from functions.payment_reconciliation.models import Judgement
from tests.reconciliation.scenario import ReconciliationScenario
from tests.registrations.storefront import PAID


def test_a_lost_capture_confirms_the_seat(scenario: ReconciliationScenario) -> None:
    held = scenario.held_seat()
    payment = scenario.razorpay.pay(held.order_id)["id"]
    scenario.drop_webhooks()
    assert scenario.reconcile() == {"matched": 1}
    assert scenario.findings() == [(payment, "captured_not_confirmed", True)]
    assert scenario.current_verdicts() == {f"{payment} payment": "matched"}
    assert held.row == PAID
    fee = scenario.deployed.row("select fee, tax from payment_attempts")
    assert fee == {"fee": 1178, "tax": 180}
    items = scenario.deployed.rows("select verdict, ours, theirs from reconciliation_items order by created_at")
    assert [(each["ours"]["status"], each["theirs"]["status"]) for each in items] == [
        ("initiated", "captured"),
        ("success", "captured"),
    ]


def test_a_lost_failure_reopens_nothing_and_is_known(scenario: ReconciliationScenario) -> None:
    held = scenario.held_seat()
    scenario.razorpay.fail(held.order_id)
    scenario.drop_webhooks()
    assert scenario.reconcile() == {}
    assert scenario.findings() == []
    assert (held.row["order_status"], held.row["payment_status"]) == ("failed", "failed")


def test_money_that_waits_for_its_capture_is_taken(scenario: ReconciliationScenario) -> None:
    held = scenario.held_seat()
    with scenario.ago(minutes=20):
        payment = scenario.razorpay.pay(held.order_id, capture=False)["id"]
    scenario.drop_webhooks()
    assert scenario.reconcile() == {"matched": 1}
    assert scenario.findings() == [(payment, "missing_capture", True)]
    assert held.row == PAID
    assert scenario.razorpay.entities("payment")[0]["status"] == "captured"


def test_money_that_was_authorized_a_moment_ago_is_left_to_razorpay(scenario: ReconciliationScenario) -> None:
    held = scenario.held_seat()
    scenario.razorpay.pay(held.order_id, capture=False)
    scenario.drop_webhooks()
    assert scenario.reconcile() == {}
    assert held.row["status"] == "pending"
    assert not scenario.razorpay.requests("POST")


def test_money_for_a_seat_that_is_gone_is_not_taken(scenario: ReconciliationScenario) -> None:
    held = scenario.held_seat()
    with scenario.ago(minutes=20):
        payment = scenario.razorpay.pay(held.order_id, capture=False)["id"]
    held.expire_hold()
    scenario.deployed.rows("update registrations set status = 'expired', hold_expires_at = null")
    scenario.drop_webhooks()
    assert scenario.reconcile() == {}
    scenario.razorpay.return_uncaptured(payment)
    scenario.drop_webhooks()
    assert scenario.reconcile() == {}, "no money moved"
    assert held.row["order_status"] == "initiated", "returned money was never ours"
    assert scenario.findings() == []
    assert scenario.deployed.rows("select 1 from refunds") == [], "nothing was captured, so nothing was refunded"


def test_only_money_that_a_seat_waits_for_is_taken(scenario: ReconciliationScenario) -> None:
    """Another part of each order is repaired, and the authorized payment is left to be released."""
    wrong, gone = scenario.held_seat(), scenario.held_seat()
    for held in (wrong, gone):
        scenario.razorpay.fail(held.order_id)
    with scenario.ago(minutes=20):
        scenario.razorpay.pay(wrong.order_id, amount=100, capture=False)
        scenario.razorpay.pay(gone.order_id, capture=False)
    scenario.deployed.rows("update registrations set status = 'expired', hold_expires_at = null where id = %s", gone.id)
    scenario.drop_webhooks()
    scenario.reconcile()
    assert [held.row["order_status"] for held in (wrong, gone)] == ["failed", "failed"]
    assert not scenario.razorpay.requests("POST")


def test_a_payment_we_count_and_razorpay_does_not_waits_for_a_person(scenario: ReconciliationScenario) -> None:
    held = scenario.held_seat()
    failed = scenario.razorpay.fail(held.order_id)["id"]
    scenario.deployed.rows(
        "update payment_transactions set status = 'success', razorpay_payment_id = %s, paid_at = now()", failed
    )
    scenario.deployed.rows(
        "update registrations set status = 'confirmed', payment_status = 'completed', confirmed_at = now()"
    )
    other = scenario.held_seat()
    scenario.deployed.rows(
        """
        update payment_transactions set status = 'success', razorpay_payment_id = 'pay_AAAAAAAAAAAAAA', paid_at = now()
        where razorpay_order_id = %s
        """,
        other.order_id,
    )
    scenario.drop_webhooks()
    assert scenario.reconcile() == {"missing_capture": 2}
    assert sorted(scenario.findings()) == sorted(
        [(failed, "missing_capture", False), ("pay_AAAAAAAAAAAAAA", "missing_capture", False)]
    )


def test_an_order_razorpay_does_not_know_keeps_no_other_from_its_turn(scenario: ReconciliationScenario) -> None:
    held = [scenario.held_seat() for _ in range(3)]
    payments = [scenario.razorpay.pay(each.order_id)["id"] for each in held]
    scenario.deployed.rows(
        """
        update payment_transactions set razorpay_order_id = 'order_AAAAAAAAAAAAAA', status = 'success',
            razorpay_payment_id = 'pay_BBBBBBBBBBBBBB', paid_at = now()
        where razorpay_order_id = %s
        """,
        held[1].order_id,
    )
    scenario.drop_webhooks()
    assert scenario.reconcile() == {"matched": 2, "missing_capture": 1, "unknown_payment": 1}
    assert set(scenario.findings()) == {
        (payments[0], "captured_not_confirmed", True),
        (payments[1], "unknown_payment", False),
        (payments[2], "captured_not_confirmed", True),
        ("pay_BBBBBBBBBBBBBB", "missing_capture", False),
    }


def test_another_amount_confirms_nothing_and_waits_for_a_person(scenario: ReconciliationScenario) -> None:
    held = scenario.held_seat()
    payment = scenario.razorpay.pay(held.order_id, amount=100)["id"]
    scenario.drop_webhooks()
    assert scenario.reconcile() == {"amount_mismatch": 1}
    assert scenario.findings() == [(payment, "amount_mismatch", False)]
    assert held.row["status"] == "pending"
    assert scenario.deployed.row("select review_reason from payment_transactions") == {
        "review_reason": "amount_mismatch"
    }
    scenario.razorpay.refund(payment)
    scenario.drop_webhooks()
    scenario.reconcile()
    assert scenario.current_verdicts()[f"{payment} payment"] == "matched", "it went back in full"


def test_a_refund_made_in_the_dashboard_is_booked_and_takes_the_seat(scenario: ReconciliationScenario) -> None:
    held, payment = scenario.paid_seat()
    refund = scenario.razorpay.refund(payment)["id"]
    scenario.drop_webhooks()
    assert scenario.reconcile() == {"matched": 2}
    assert scenario.findings() == [(refund, "refunded_outside", True)]
    assert (held.row["status"], held.row["payment_status"], held.row["order_status"]) == (
        "cancelled",
        "refunded",
        "refunded",
    )


def test_a_refund_of_an_old_payment_is_found_in_the_list_of_refunds(scenario: ReconciliationScenario) -> None:
    with scenario.ago(days=30):
        held, payment = scenario.paid_seat()
    scenario.deployed.rows("update payment_transactions set created_at = now() - interval '30 days'")
    refund = scenario.razorpay.refund(payment, 10_000)["id"]
    scenario.drop_webhooks()
    scenario.reconcile(days=2)
    assert (refund, "refunded_outside", True) in scenario.findings()
    assert scenario.deployed.row("select amount, reason, status from refunds") == {
        "amount": 10_000,
        "reason": "outside",
        "status": "processed",
    }
    assert held.row["order_status"] == "success"


def test_a_refund_that_ended_long_after_it_was_made_is_booked(scenario: ReconciliationScenario) -> None:
    with scenario.ago(days=30):
        _, payment = scenario.paid_seat()
        scenario.razorpay.set_refund_outcome("pending")
        refund = scenario.razorpay.refund(payment, 10_000)["id"]
        scenario.storefront.deliver()
    scenario.deployed.rows("update payment_transactions set created_at = now() - interval '30 days'")
    assert scenario.deployed.row("select status from refunds") == {"status": "pending"}
    scenario.razorpay.finish_refund(refund)
    scenario.drop_webhooks()
    scenario.reconcile(days=2)
    assert (refund, "refunded_outside", True) in scenario.findings()
    assert scenario.deployed.row("select status from refunds") == {"status": "processed"}


def test_a_refund_that_ended_unheard_is_found_though_the_sums_agree(scenario: ReconciliationScenario) -> None:
    _, payment = scenario.paid_seat()
    scenario.razorpay.set_refund_outcome("pending")
    refund = scenario.razorpay.refund(payment, 10_000)["id"]
    scenario.storefront.deliver()
    scenario.razorpay.finish_refund(refund)
    scenario.drop_webhooks()
    scenario.reconcile()
    assert scenario.findings() == [(refund, "refunded_outside", True)]


def test_a_refund_we_count_that_failed_waits_for_a_person(scenario: ReconciliationScenario) -> None:
    _, payment = scenario.paid_seat()
    scenario.razorpay.set_refund_outcome("pending")
    refund = scenario.razorpay.refund(payment, 10_000)["id"]
    scenario.storefront.deliver()
    scenario.deployed.rows("update refunds set status = 'processed', processed_at = now()")
    scenario.razorpay.finish_refund(refund, "failed")
    scenario.drop_webhooks()
    admin = scenario.deployed.profile(admin=True)
    assert scenario.reconcile()["matched"]
    assert scenario.deployed.row("select status from refunds") == {"status": "failed"}
    told = scenario.deployed.rows("select user_id from notifications_queue where template = 'refund_failed'")
    assert {row["user_id"] for row in told} == {admin}


def test_a_refund_seen_before_its_capture_does_not_hide_the_capture(scenario: ReconciliationScenario) -> None:
    held = scenario.held_seat()
    payment = scenario.razorpay.pay(held.order_id)["id"]
    scenario.drop_webhooks()
    scenario.razorpay.refund(payment, 10_000)
    scenario.storefront.deliver()
    assert held.row["order_status"] == "initiated"
    scenario.reconcile()
    assert scenario.findings() == [(payment, "captured_not_confirmed", True)]
    assert held.row == PAID


def test_money_that_bought_nothing_and_is_back_is_not_sent_back_again(scenario: ReconciliationScenario) -> None:
    held = scenario.held_seat(status="expired", payment_status="failed", hold_expires_at=None)
    scenario.deployed.rows("update events set status = 'cancelled', cancelled_at = now()")
    payment = scenario.razorpay.pay(held.order_id)["id"]
    scenario.razorpay.refund(payment)
    scenario.drop_webhooks()
    scenario.reconcile()
    refunds = scenario.deployed.rows("select status, reason from refunds")
    assert refunds == [{"status": "processed", "reason": "outside"}]


def test_a_second_payment_of_an_order_goes_back(scenario: ReconciliationScenario) -> None:
    held, first = scenario.paid_seat()
    second = scenario.razorpay.pay(held.order_id, force=True)["id"]
    scenario.drop_webhooks()
    scenario.reconcile()
    assert scenario.findings() == [(second, "captured_not_confirmed", True)]
    asked = scenario.deployed.row("select reason, razorpay_payment_id as payment, status from refunds")
    assert asked == {"reason": "duplicate_payment", "payment": second, "status": "requested"}
    assert scenario.current_verdicts()[f"{first} payment"] == "matched"


def test_a_payment_of_no_order_of_ours_is_told_once_until_it_is_back(scenario: ReconciliationScenario) -> None:
    payment = scenario.razorpay.pay(scenario.razorpay.open_order(12_300)["id"])["id"]
    scenario.razorpay.fail(scenario.razorpay.open_order(500)["id"])
    scenario.drop_webhooks()
    assert scenario.reconcile() == {"unknown_payment": 1}
    assert scenario.reconcile() == {"unknown_payment": 1}
    assert scenario.findings() == [(payment, "unknown_payment", False)]
    scenario.razorpay.refund(payment)
    assert scenario.reconcile()["matched"] >= 1
    assert scenario.current_verdicts() == {f"{payment} payment": "matched"}


def test_a_settlement_is_booked_with_fees_and_tax(scenario: ReconciliationScenario) -> None:
    with scenario.ago(days=2):
        _, kept = scenario.paid_seat()
        _, halved = scenario.paid_seat()
        scenario.razorpay.refund(halved, 20_000)
        scenario.storefront.deliver()
        scenario.razorpay.adjust("transfer", debit=5_900, fee=590)
        scenario.razorpay.adjust(credit=300)
        settlement = scenario.razorpay.settle()
    assert settlement
    counts = scenario.reconcile()
    assert counts == {
        "matched": 7,  # two payments and a refund, each by itself and by its row, and the sum
        "unexplained_adjustment": 1,
    }
    booked = scenario.deployed.row(
        """
        select s.amount, s.status, s.utr, (select sum(credit) - sum(debit) from settlement_rows) as rows,
            (select sum(fee) from settlement_rows where type = 'payment') as fees,
            (select sum(tax) from settlement_rows where type = 'payment') as tax
        from settlements s
        """
    )
    amount = 2 * (49_900 - 1178) - 20_000 - 5_900 + 300
    assert booked == {
        "amount": amount,
        "status": "processed",
        "utr": settlement["utr"],
        "rows": amount,
        "fees": 2 * 1178,
        "tax": 2 * 180,
    }
    assert scenario.current_verdicts()[f"{kept} settlement_row"] == "matched"


def test_a_settlement_that_its_rows_do_not_explain_waits_for_a_person(scenario: ReconciliationScenario) -> None:
    with scenario.ago(days=2):
        scenario.paid_seat()
        _, lost = scenario.paid_seat()
        settlement = scenario.razorpay.settle()
    assert settlement
    scenario.razorpay.change_settlement_row(lost, hidden=True)
    assert scenario.reconcile()["amount_mismatch"] == 1
    assert scenario.findings() == [(settlement["id"], "amount_mismatch", False)]
    scenario.razorpay.change_settlement_row(lost)
    assert "amount_mismatch" not in scenario.reconcile()
    assert scenario.current_verdicts()[f"{settlement['id']} settlement"] == "matched"


def test_rows_that_are_late_are_waited_for(scenario: ReconciliationScenario) -> None:
    _, lost = scenario.paid_seat()
    assert scenario.razorpay.settle()
    scenario.razorpay.change_settlement_row(lost, hidden=True)
    assert scenario.reconcile() == {"matched": 1}


def test_a_row_of_another_fee_waits_for_a_person(scenario: ReconciliationScenario) -> None:
    with scenario.ago(days=2):
        _, payment = scenario.paid_seat()
        assert scenario.razorpay.settle()
    scenario.razorpay.change_settlement_row(payment, changes={"fee": 1179, "credit": 48_721})
    scenario.reconcile()
    assert (payment, "amount_mismatch", False) in scenario.findings()


def test_rows_of_payments_that_are_not_ours_are_booked_and_told(scenario: ReconciliationScenario) -> None:
    with scenario.ago(days=2):
        order = scenario.razorpay.open_order(12_300, notes={"course": "another"})["id"]
        foreign = scenario.razorpay.pay(order)["id"]
        settlement = scenario.razorpay.settle()
    assert settlement
    scenario.drop_webhooks()
    scenario.reconcile()
    assert scenario.current_verdicts() == {
        f"{foreign} payment": "unknown_payment",
        f"{foreign} settlement_row": "unknown_payment",
        f"{settlement['id']} settlement": "matched",
    }


def test_a_row_of_a_capture_nobody_heard_of_confirms_the_seat(scenario: ReconciliationScenario) -> None:
    """Paid before the window, its webhook lost, settled within the window."""
    with scenario.ago(days=5):
        held = scenario.held_seat()
        payment = scenario.razorpay.pay(held.order_id)["id"]
        scenario.drop_webhooks()
    scenario.deployed.rows("update payment_transactions set created_at = now() - interval '5 days'")
    with scenario.ago(days=1):
        assert scenario.razorpay.settle()
    scenario.reconcile(days=2)
    assert scenario.findings() == [(payment, "captured_not_confirmed", True)]
    assert held.row == PAID


def test_money_that_does_not_come_in_time_is_told_and_forgotten_when_it_comes(scenario: ReconciliationScenario) -> None:
    with scenario.ago(days=9):
        _, payment = scenario.paid_seat()
    assert scenario.reconcile(days=10)["unsettled"] == 1
    assert scenario.findings() == [(payment, "unsettled", False)]
    assert scenario.razorpay.settle()
    scenario.reconcile(days=10)
    assert scenario.current_verdicts()[f"{payment} settlement_row"] == "matched"


def test_money_from_before_anything_was_read_is_not_missed(scenario: ReconciliationScenario) -> None:
    with scenario.ago(days=20):
        scenario.paid_seat()
    scenario.deployed.rows("update payment_transactions set created_at = now() - interval '20 days'")
    assert scenario.reconcile(days=10) == {}
    scenario.deployed.rows("update reconciliation_runs set window_start = now() - interval '25 days'")
    assert scenario.reconcile(days=10) == {"unsettled": 1}, "the runs read all days since then, one after the other"


@pytest.mark.parametrize(
    ("settled_at", "window"),
    [
        ("2026-10-31T18:15:00+00:00", ("2026-10-31T17:00:00+00:00", "2026-10-31T18:00:00+00:00")),
        ("2026-10-31T18:31:00+00:00", ("2026-10-31T18:00:00+00:00", "2026-10-31T19:00:00+00:00")),
        ("2026-02-28T18:31:00+00:00", ("2026-02-28T18:00:00+00:00", "2026-02-28T19:00:00+00:00")),
        ("2025-12-31T18:31:00+00:00", ("2025-12-31T18:30:00+00:00", "2025-12-31T18:40:00+00:00")),
    ],
)
def test_settlements_are_read_by_days_in_india_over_the_edges_of_months(
    scenario: ReconciliationScenario, settled_at: str, window: tuple[str, str]
) -> None:
    age = datetime.now(UTC) - datetime.fromisoformat(settled_at)
    with scenario.ago(seconds=age.total_seconds()):
        _, payment = scenario.paid_seat()
        assert scenario.razorpay.settle()
    scenario.deployed.rows("insert into reconciliation_runs (window_start, window_end) values (%s, %s)", *window)
    scenario.continue_runs()
    assert scenario.current_verdicts()[f"{payment} settlement_row"] == "matched"


def test_with_days_of_utc_a_settlement_after_midnight_in_india_would_be_missed(
    scenario: ReconciliationScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(phases, "INDIA", ZoneInfo("UTC"))
    settled = datetime.fromisoformat("2026-10-31T18:31:00+00:00")
    with scenario.ago(seconds=(datetime.now(UTC) - settled).total_seconds()):
        _, payment = scenario.paid_seat()
        assert scenario.razorpay.settle()
    window = (settled - timedelta(minutes=10), settled + timedelta(minutes=10))
    scenario.deployed.rows("insert into reconciliation_runs (window_start, window_end) values (%s, %s)", *window)
    scenario.continue_runs()
    assert f"{payment} settlement_row" not in scenario.current_verdicts()


def test_a_seat_whose_money_is_booked_and_that_is_not_confirmed_is_told(scenario: ReconciliationScenario) -> None:
    held, payment = scenario.paid_seat()
    scenario.deployed.rows(
        """
        update registrations set status = 'pending', payment_status = 'pending', confirmed_at = null,
            hold_expires_at = now() + interval '10 minutes' where id = %s
        """,
        held.id,
    )
    scenario.reconcile()
    assert scenario.findings() == [(payment, "captured_not_confirmed", False)]


def test_a_run_that_looks_at_nothing_would_find_nothing(
    scenario: ReconciliationScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of this page: verdicts that always agree."""
    held = scenario.held_seat()
    scenario.razorpay.pay(held.order_id)
    scenario.drop_webhooks()

    def agree(*_: Any) -> Judgement:
        return Judgement(None)

    monkeypatch.setattr(verdicts, "judge_payment", agree)
    scenario.reconcile()
    assert held.row["status"] == "pending"
