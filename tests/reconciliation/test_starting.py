"""What starts a run, who goes on with it, and who is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.clock import in_zone
from shared.metrics import Metric
from tests.deployed import SERVICE_KEY
from tests.log import Log
from tests.reconciliation.books import Books

SCHEDULE = {"source": "schedule", "job": "payment-reconciliation"}


def schedule(books: Books) -> list[tuple[str, str]]:
    answer = books.deployed.invoke("payment_reconciliation", SCHEDULE)
    return [(run["kind"], run["status"]) for run in answer["runs"]]


def told(books: Books) -> list[dict[str, Any]]:
    return books.deployed.rows(
        """
        select user_id, type, channel, data ->> 'subject' as subject, data ->> 'detail' as detail
        from notifications_queue where template = 'admin_attention' order by created_at, user_id, type
        """
    )


def test_the_schedule_reconciles_the_day_once_and_asks_about_open_orders_each_time(books: Books) -> None:
    held = books.order()
    books.razorpay.pay(held.order_id)
    books.lose_webhooks()
    assert schedule(books) == [("open_orders", "finished"), ("daily", "finished")]
    assert schedule(books) == [("open_orders", "finished")]
    window = books.deployed.row("select window_start, window_end from reconciliation_runs where kind = 'daily'")
    end = window["window_end"].astimezone(UTC)
    assert (end.hour, end.minute) == (20, 30), "two in the morning in India"
    assert end - window["window_start"] == timedelta(days=7)
    assert datetime.now(UTC) - timedelta(days=1) < end <= datetime.now(UTC)


def test_what_differs_is_measured_every_day_until_it_is_settled(books: Books, log: Log) -> None:
    """A finding is told once; the alarm has to know that it still stands."""
    books.deployed.profile(admin=True)
    with books.ago(days=2):
        payment = books.razorpay.pay(books.razorpay.open_order(12_300)["id"])["id"]
    books.lose_webhooks()
    for days in (10, 20):
        log.forget()
        assert ("daily", "finished") in schedule(books)
        assert log.total(Metric.RECONCILIATION_MISMATCHES) == 1
        books.deployed.rows(
            "update reconciliation_runs set window_start = window_start - %s, window_end = window_end - %s"
            " where kind = 'daily'",
            *(2 * [timedelta(days=days)]),
        )
    assert len({row["detail"] for row in told(books)}) == 1
    books.razorpay.refund(payment)
    log.forget()
    assert ("daily", "finished") in schedule(books)
    assert log.total(Metric.RECONCILIATION_MISMATCHES) == 0


def test_open_orders_are_asked_about_after_a_quarter_of_an_hour(books: Books) -> None:
    """A lost webhook costs minutes. What was opened just now, or is old and holds no seat, is not asked about."""
    ended = {"status": "expired", "payment_status": "failed", "hold_expires_at": None}
    orders = {
        "new": (books.order(), 5),
        "due": (books.order(), 20),
        "due, without a seat": (books.order(**ended), 60),
        "old, with a seat": (books.order(), 600),
        "old, without a seat": (books.order(**ended), 600),
    }
    for held, minutes in orders.values():
        books.deployed.rows(
            "update payment_transactions set created_at = now() - %s where razorpay_order_id = %s",
            timedelta(minutes=minutes),
            held.order_id,
        )
        books.razorpay.pay(held.order_id)
    books.lose_webhooks()
    assert books.sweep() == {"matched": 3}
    confirmed = {name for name, (held, _) in orders.items() if held.row["order_status"] == "success"}
    assert confirmed == {"due", "due, without a seat", "old, with a seat"}
    assert {verdict for _, verdict, _ in books.found()} == {"captured_not_confirmed"}
    assert books.sweep() == {}


def test_an_order_that_waits_for_a_person_is_not_asked_about_again(books: Books) -> None:
    held = books.order()
    books.deployed.rows("update payment_transactions set created_at = now() - interval '20 minutes'")
    books.razorpay.pay(held.order_id, amount=100)
    books.lose_webhooks()
    assert books.sweep() == {"amount_mismatch": 1}
    assert books.sweep() == {}
    assert len(books.found()) == 1


def test_a_machine_starts_a_run_for_days_and_hears_how_far_it_came(books: Books) -> None:
    held = books.order()
    books.razorpay.pay(held.order_id)
    books.lose_webhooks()
    today = in_zone(datetime.now(UTC), "Asia/Kolkata").date()
    days = {"startDate": (today - timedelta(days=2)).isoformat(), "endDate": today.isoformat()}
    answer = books.ask_service(days, SERVICE_KEY)
    assert answer.status == 200
    (run,) = answer.body["runs"]
    assert run == {
        "id": answer.body["runId"],
        "kind": "requested",
        "status": "finished",
        "counts": {"matched": 1},
    }
    assert books.ask_service(None, SERVICE_KEY).body["runId"] is None
    assert {row["kind"] for row in books.deployed.rows("select kind from reconciliation_runs")} == {
        "requested", "daily", "open_orders",
    }  # fmt: skip


def test_a_run_needs_the_service_bearer(books: Books) -> None:
    for key in (None, "", "wrong", SERVICE_KEY[:-1]):
        assert books.ask_service(None, key).status == 401, key
    assert books.deployed.rows("select 1 from reconciliation_runs") == []


def test_wrong_days_are_refused(books: Books) -> None:
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
        answer = books.ask_service(body, SERVICE_KEY)
        assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json"), body
    assert books.deployed.rows("select 1 from reconciliation_runs") == []


def test_every_administrator_is_told_once_of_what_needs_a_person(books: Books) -> None:
    admins = {books.deployed.profile(admin=True) for _ in range(2)}
    books.razorpay.pay(books.razorpay.open_order(12_300)["id"])
    books.razorpay.pay(books.order().order_id, amount=100)
    books.razorpay.pay(books.order().order_id)
    books.lose_webhooks()
    books.reconcile()
    first = told(books)
    assert {row["user_id"] for row in first} == admins
    assert [row["type"] for row in first] == ["email", "in_app"] * 2
    assert {row["subject"] for row in first} == {"2 findings of reconciliation"}
    assert all(row["detail"].startswith("1 amount mismatch, 1 unknown payment; run ") for row in first)
    books.reconcile()
    assert told(books) == first, "what stands since the last time is not told again"


def test_nobody_is_told_of_what_was_repaired(books: Books) -> None:
    books.deployed.profile(admin=True)
    books.razorpay.pay(books.order().order_id)
    books.lose_webhooks()
    books.reconcile()
    assert [each[2] for each in books.found()] == [True]
    assert told(books) == []


def test_a_run_that_cannot_come_to_its_end_is_given_up_and_told(books: Books) -> None:
    books.deployed.profile(admin=True)
    books.request()
    books.deployed.rows("update reconciliation_runs set started_at = now() - interval '31 hours'")
    books.sweep()
    assert books.deployed.row("select status from reconciliation_runs where kind = 'requested'") == {"status": "failed"}
    assert {row["subject"] for row in told(books)} == {"A reconciliation did not come to its end"}
