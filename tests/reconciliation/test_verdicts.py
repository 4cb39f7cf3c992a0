"""Every way in which the books can differ is found once, and repaired or reported."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from functions.payment_reconciliation import phases, verdicts
from functions.payment_reconciliation.models import Judgement
from tests.reconciliation.books import Books
from tests.registrations.school import PAID


def test_a_lost_capture_confirms_the_seat(books: Books) -> None:
    held = books.order()
    payment = books.razorpay.pay(held.order_id)["id"]
    books.lose_webhooks()
    assert books.reconcile() == {"matched": 1}
    assert books.found() == [(payment, "captured_not_confirmed", True)]
    assert books.stands() == {f"{payment} payment": "matched"}
    assert held.row == PAID
    fee = books.deployed.row("select fee, tax from payment_attempts")
    assert fee == {"fee": 1178, "tax": 180}
    items = books.deployed.rows("select verdict, ours, theirs from reconciliation_items order by created_at")
    assert [(each["ours"]["status"], each["theirs"]["status"]) for each in items] == [
        ("initiated", "captured"),
        ("success", "captured"),
    ]


def test_a_lost_failure_reopens_nothing_and_is_known(books: Books) -> None:
    held = books.order()
    books.razorpay.fail(held.order_id)
    books.lose_webhooks()
    assert books.reconcile() == {}
    assert books.found() == []
    assert (held.row["order_status"], held.row["payment_status"]) == ("failed", "failed")


def test_money_that_waits_for_its_capture_is_taken(books: Books) -> None:
    held = books.order()
    with books.ago(minutes=20):
        payment = books.razorpay.pay(held.order_id, capture=False)["id"]
    books.lose_webhooks()
    assert books.reconcile() == {"matched": 1}
    assert books.found() == [(payment, "missing_capture", True)]
    assert held.row == PAID
    assert books.razorpay.entities("payment")[0]["status"] == "captured"


def test_money_that_was_authorized_a_moment_ago_is_left_to_razorpay(books: Books) -> None:
    held = books.order()
    books.razorpay.pay(held.order_id, capture=False)
    books.lose_webhooks()
    assert books.reconcile() == {}
    assert held.row["status"] == "pending"
    assert not books.razorpay.requests("POST")


def test_money_for_a_seat_that_is_gone_is_not_taken(books: Books) -> None:
    held = books.order()
    with books.ago(minutes=20):
        payment = books.razorpay.pay(held.order_id, capture=False)["id"]
    held.end_hold()
    books.deployed.rows("update registrations set status = 'expired', hold_expires_at = null")
    books.lose_webhooks()
    assert books.reconcile() == {}
    books.razorpay.return_uncaptured(payment)
    books.lose_webhooks()
    assert books.reconcile()["matched"] == 2
    assert held.row["order_status"] == "initiated", "returned money was never ours"
    assert [each[1] for each in books.found()] == ["refunded_outside"]


def test_only_money_that_a_seat_waits_for_is_taken(books: Books) -> None:
    """Something else of each order is mended, and the reserved money is left to go back by itself."""
    wrong, gone = books.order(), books.order()
    for held in (wrong, gone):
        books.razorpay.fail(held.order_id)
    with books.ago(minutes=20):
        books.razorpay.pay(wrong.order_id, amount=100, capture=False)
        books.razorpay.pay(gone.order_id, capture=False)
    books.deployed.rows("update registrations set status = 'expired', hold_expires_at = null where id = %s", gone.id)
    books.lose_webhooks()
    books.reconcile()
    assert [held.row["order_status"] for held in (wrong, gone)] == ["failed", "failed"]
    assert not books.razorpay.requests("POST")


def test_a_payment_we_count_and_razorpay_does_not_waits_for_a_person(books: Books) -> None:
    held = books.order()
    failed = books.razorpay.fail(held.order_id)["id"]
    books.deployed.rows(
        "update payment_transactions set status = 'success', razorpay_payment_id = %s, paid_at = now()", failed
    )
    books.deployed.rows(
        "update registrations set status = 'confirmed', payment_status = 'completed', confirmed_at = now()"
    )
    other = books.order()
    books.deployed.rows(
        """
        update payment_transactions set status = 'success', razorpay_payment_id = 'pay_AAAAAAAAAAAAAA', paid_at = now()
        where razorpay_order_id = %s
        """,
        other.order_id,
    )
    books.lose_webhooks()
    assert books.reconcile() == {"missing_capture": 2}
    assert sorted(books.found()) == sorted(
        [(failed, "missing_capture", False), ("pay_AAAAAAAAAAAAAA", "missing_capture", False)]
    )


def test_an_order_razorpay_does_not_know_keeps_no_other_from_its_turn(books: Books) -> None:
    held = [books.order() for _ in range(3)]
    payments = [books.razorpay.pay(each.order_id)["id"] for each in held]
    books.deployed.rows(
        """
        update payment_transactions set razorpay_order_id = 'order_AAAAAAAAAAAAAA', status = 'success',
            razorpay_payment_id = 'pay_BBBBBBBBBBBBBB', paid_at = now()
        where razorpay_order_id = %s
        """,
        held[1].order_id,
    )
    books.lose_webhooks()
    assert books.reconcile() == {"matched": 2, "missing_capture": 1, "unknown_payment": 1}
    assert set(books.found()) == {
        (payments[0], "captured_not_confirmed", True),
        (payments[1], "unknown_payment", False),
        (payments[2], "captured_not_confirmed", True),
        ("pay_BBBBBBBBBBBBBB", "missing_capture", False),
    }


def test_another_amount_confirms_nothing_and_waits_for_a_person(books: Books) -> None:
    held = books.order()
    payment = books.razorpay.pay(held.order_id, amount=100)["id"]
    books.lose_webhooks()
    assert books.reconcile() == {"amount_mismatch": 1}
    assert books.found() == [(payment, "amount_mismatch", False)]
    assert held.row["status"] == "pending"
    assert books.deployed.row("select review_reason from payment_transactions") == {"review_reason": "amount_mismatch"}
    books.razorpay.refund(payment)
    books.lose_webhooks()
    books.reconcile()
    assert books.stands()[f"{payment} payment"] == "matched", "it went back in full"


def test_a_refund_made_in_the_dashboard_is_booked_and_takes_the_seat(books: Books) -> None:
    held, payment = books.paid()
    refund = books.razorpay.refund(payment)["id"]
    books.lose_webhooks()
    assert books.reconcile() == {"matched": 2}
    assert books.found() == [(refund, "refunded_outside", True)]
    assert (held.row["status"], held.row["payment_status"], held.row["order_status"]) == (
        "cancelled",
        "refunded",
        "refunded",
    )


def test_a_refund_of_an_old_payment_is_found_in_the_list_of_refunds(books: Books) -> None:
    with books.ago(days=30):
        held, payment = books.paid()
    books.deployed.rows("update payment_transactions set created_at = now() - interval '30 days'")
    refund = books.razorpay.refund(payment, 10_000)["id"]
    books.lose_webhooks()
    books.reconcile(days=2)
    assert (refund, "refunded_outside", True) in books.found()
    assert books.deployed.row("select amount, reason, status from refunds") == {
        "amount": 10_000,
        "reason": "outside",
        "status": "processed",
    }
    assert held.row["order_status"] == "success"


def test_a_refund_that_ended_long_after_it_was_made_is_booked(books: Books) -> None:
    with books.ago(days=30):
        _, payment = books.paid()
        books.razorpay.set_refund_outcome("pending")
        refund = books.razorpay.refund(payment, 10_000)["id"]
        books.school.deliver()
    books.deployed.rows("update payment_transactions set created_at = now() - interval '30 days'")
    assert books.deployed.row("select status from refunds") == {"status": "pending"}
    books.razorpay.finish_refund(refund)
    books.lose_webhooks()
    books.reconcile(days=2)
    assert (refund, "refunded_outside", True) in books.found()
    assert books.deployed.row("select status from refunds") == {"status": "processed"}


def test_a_refund_that_ended_unheard_is_found_though_the_sums_agree(books: Books) -> None:
    _, payment = books.paid()
    books.razorpay.set_refund_outcome("pending")
    refund = books.razorpay.refund(payment, 10_000)["id"]
    books.school.deliver()
    books.razorpay.finish_refund(refund)
    books.lose_webhooks()
    books.reconcile()
    assert books.found() == [(refund, "refunded_outside", True)]


def test_a_refund_we_count_that_failed_waits_for_a_person(books: Books) -> None:
    _, payment = books.paid()
    books.razorpay.set_refund_outcome("pending")
    refund = books.razorpay.refund(payment, 10_000)["id"]
    books.school.deliver()
    books.deployed.rows("update refunds set status = 'processed', processed_at = now()")
    books.razorpay.finish_refund(refund, "failed")
    books.lose_webhooks()
    assert books.reconcile()["amount_mismatch"] == 1
    assert books.found() == [(refund, "amount_mismatch", False)]


def test_a_refund_seen_before_its_capture_does_not_hide_the_capture(books: Books) -> None:
    held = books.order()
    payment = books.razorpay.pay(held.order_id)["id"]
    books.lose_webhooks()
    books.razorpay.refund(payment, 10_000)
    books.school.deliver()
    assert held.row["order_status"] == "initiated"
    books.reconcile()
    assert books.found() == [(payment, "captured_not_confirmed", True)]
    assert held.row == PAID


def test_money_that_bought_nothing_and_is_back_is_not_sent_back_again(books: Books) -> None:
    held = books.order(status="expired", payment_status="failed", hold_expires_at=None)
    books.deployed.rows("update events set status = 'cancelled', cancelled_at = now()")
    payment = books.razorpay.pay(held.order_id)["id"]
    books.razorpay.refund(payment)
    books.lose_webhooks()
    books.reconcile()
    refunds = books.deployed.rows("select status, reason from refunds")
    assert refunds == [{"status": "processed", "reason": "outside"}]


def test_a_second_payment_of_an_order_goes_back(books: Books) -> None:
    held, first = books.paid()
    second = books.razorpay.pay(held.order_id, force=True)["id"]
    books.lose_webhooks()
    books.reconcile()
    assert books.found() == [(second, "captured_not_confirmed", True)]
    asked = books.deployed.row("select reason, razorpay_payment_id as payment, status from refunds")
    assert asked == {"reason": "duplicate_payment", "payment": second, "status": "requested"}
    assert books.stands()[f"{first} payment"] == "matched"


def test_a_payment_of_no_order_of_ours_is_told_once_until_it_is_back(books: Books) -> None:
    payment = books.razorpay.pay(books.razorpay.open_order(12_300)["id"])["id"]
    books.razorpay.fail(books.razorpay.open_order(500)["id"])
    books.lose_webhooks()
    assert books.reconcile() == {"unknown_payment": 1}
    assert books.reconcile() == {"unknown_payment": 1}
    assert books.found() == [(payment, "unknown_payment", False)]
    books.razorpay.refund(payment)
    assert books.reconcile()["matched"] >= 1
    assert books.stands() == {f"{payment} payment": "matched"}


def test_a_settlement_is_booked_with_fees_and_tax(books: Books) -> None:
    with books.ago(days=2):
        _, kept = books.paid()
        _, halved = books.paid()
        books.razorpay.refund(halved, 20_000)
        books.school.deliver()
        books.razorpay.adjust("transfer", debit=5_900, fee=590)
        books.razorpay.adjust(credit=300)
        settlement = books.razorpay.settle()
    assert settlement
    counts = books.reconcile()
    assert counts == {"matched": 7}, "two payments and a refund, each by itself and by its row, and the sum"
    booked = books.deployed.row(
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
    assert books.stands()[f"{kept} settlement_row"] == "matched"


def test_a_settlement_that_its_rows_do_not_explain_waits_for_a_person(books: Books) -> None:
    with books.ago(days=2):
        books.paid()
        _, lost = books.paid()
        settlement = books.razorpay.settle()
    assert settlement
    books.razorpay.change_settlement_row(lost, hidden=True)
    assert books.reconcile()["amount_mismatch"] == 1
    assert books.found() == [(settlement["id"], "amount_mismatch", False)]
    books.razorpay.change_settlement_row(lost)
    assert "amount_mismatch" not in books.reconcile()
    assert books.stands()[f"{settlement['id']} settlement"] == "matched"


def test_rows_that_are_late_are_waited_for(books: Books) -> None:
    _, lost = books.paid()
    assert books.razorpay.settle()
    books.razorpay.change_settlement_row(lost, hidden=True)
    assert books.reconcile() == {"matched": 1}


def test_a_row_of_another_fee_waits_for_a_person(books: Books) -> None:
    with books.ago(days=2):
        _, payment = books.paid()
        assert books.razorpay.settle()
    books.razorpay.change_settlement_row(payment, changes={"fee": 1179, "credit": 48_721})
    books.reconcile()
    assert (payment, "amount_mismatch", False) in books.found()


def test_rows_of_payments_that_are_not_ours_are_booked_and_told(books: Books) -> None:
    with books.ago(days=2):
        order = books.razorpay.open_order(12_300, notes={"course": "another"})["id"]
        foreign = books.razorpay.pay(order)["id"]
        settlement = books.razorpay.settle()
    assert settlement
    books.lose_webhooks()
    books.reconcile()
    assert books.stands() == {
        f"{foreign} payment": "unknown_payment",
        f"{foreign} settlement_row": "unknown_payment",
        f"{settlement['id']} settlement": "matched",
    }


def test_a_row_of_a_capture_nobody_heard_of_confirms_the_seat(books: Books) -> None:
    """Paid before the window, its webhook lost, settled within the window."""
    with books.ago(days=5):
        held = books.order()
        payment = books.razorpay.pay(held.order_id)["id"]
        books.lose_webhooks()
    books.deployed.rows("update payment_transactions set created_at = now() - interval '5 days'")
    with books.ago(days=1):
        assert books.razorpay.settle()
    books.reconcile(days=2)
    assert books.found() == [(payment, "captured_not_confirmed", True)]
    assert held.row == PAID


def test_money_that_does_not_come_in_time_is_told_and_forgotten_when_it_comes(books: Books) -> None:
    with books.ago(days=9):
        _, payment = books.paid()
    assert books.reconcile(days=10)["unsettled"] == 1
    assert books.found() == [(payment, "unsettled", False)]
    assert books.razorpay.settle()
    books.reconcile(days=10)
    assert books.stands()[f"{payment} settlement_row"] == "matched"


def test_money_from_before_anything_was_read_is_not_missed(books: Books) -> None:
    with books.ago(days=20):
        books.paid()
    books.deployed.rows("update payment_transactions set created_at = now() - interval '20 days'")
    assert books.reconcile(days=10) == {}
    books.deployed.rows("update reconciliation_runs set window_start = now() - interval '25 days'")
    assert books.reconcile(days=10) == {"unsettled": 1}, "the runs read all days since then, one after the other"


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
    books: Books, settled_at: str, window: tuple[str, str]
) -> None:
    age = datetime.now(UTC) - datetime.fromisoformat(settled_at)
    with books.ago(seconds=age.total_seconds()):
        _, payment = books.paid()
        assert books.razorpay.settle()
    books.deployed.rows("insert into reconciliation_runs (window_start, window_end) values (%s, %s)", *window)
    books.work_off()
    assert books.stands()[f"{payment} settlement_row"] == "matched"


def test_with_days_of_utc_a_settlement_after_midnight_in_india_would_be_missed(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(phases, "INDIA", ZoneInfo("UTC"))
    settled = datetime.fromisoformat("2026-10-31T18:31:00+00:00")
    with books.ago(seconds=(datetime.now(UTC) - settled).total_seconds()):
        _, payment = books.paid()
        assert books.razorpay.settle()
    window = (settled - timedelta(minutes=10), settled + timedelta(minutes=10))
    books.deployed.rows("insert into reconciliation_runs (window_start, window_end) values (%s, %s)", *window)
    books.work_off()
    assert f"{payment} settlement_row" not in books.stands()


def test_a_seat_whose_money_is_booked_and_that_is_not_confirmed_is_told(books: Books) -> None:
    held, payment = books.paid()
    books.deployed.rows(
        """
        update registrations set status = 'pending', payment_status = 'pending', confirmed_at = null,
            hold_expires_at = now() + interval '10 minutes' where id = %s
        """,
        held.id,
    )
    books.reconcile()
    assert books.found() == [(payment, "captured_not_confirmed", False)]


def test_a_run_that_looks_at_nothing_would_find_nothing(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of this page: verdicts that always agree."""
    held = books.order()
    books.razorpay.pay(held.order_id)
    books.lose_webhooks()

    def agree(*_: Any) -> Judgement:
        return Judgement(None)

    monkeypatch.setattr(verdicts, "judge_payment", agree)
    books.reconcile()
    assert held.row["status"] == "pending"
