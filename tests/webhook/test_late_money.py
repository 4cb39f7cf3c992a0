"""Payments that arrive late, twice or for a lost seat."""

from datetime import timedelta

import pytest

from tests.deployed import DeployedFunctions
from tests.webhook.deliveries import AMOUNT, TIME, Purchase, actual_outcomes, buy

FORTY = AMOUNT * 2 // 5


@pytest.mark.parametrize("hours", [0, 1, 24, 72])
def test_a_payment_that_failed_can_be_authorized_and_captured_up_to_three_days_later(
    deployed: DeployedFunctions, hours: int
) -> None:
    """W5."""
    purchase = buy(deployed)
    later = TIME + int(timedelta(hours=hours).total_seconds())
    for event in (purchase.failed(), purchase.authorized(reported_at=later), purchase.captured(reported_at=later + 1)):
        assert event.deliver(deployed) == "processed"
        told = actual_outcomes(deployed)[purchase.order_id]
    assert (told.order, told.registration, told.receipts) == ("success", "confirmed", 2)
    failures = deployed.rows("select status from notifications_queue where template = 'payment_failed'")
    assert {row["status"] for row in failures} == {"cancelled"}, "the failure is not told any more"


def test_a_second_payment_of_a_paid_order_is_sent_back_and_buys_no_second_seat(deployed: DeployedFunctions) -> None:
    """W5."""
    first = buy(deployed)
    second = Purchase(first.order_id, first.registration_id)
    for event in (first.captured(), second.captured(), second.order_paid()):
        event.deliver(deployed)
    refund = deployed.row("select razorpay_payment_id, amount, reason, status from refunds")
    assert refund == {
        "razorpay_payment_id": second.payment_id,
        "amount": AMOUNT,
        "reason": "duplicate_payment",
        "status": "requested",
    }
    order = deployed.row("select status, razorpay_payment_id as paid_by from payment_transactions")
    assert order == {"status": "success", "paid_by": first.payment_id}
    assert deployed.row("select count(*) as n from registrations where status = 'confirmed'") == {"n": 1}
    second.refund(AMOUNT).deliver(deployed)
    assert deployed.row("select status from registrations") == {"status": "confirmed"}, "the first payment's seat stays"


def test_late_money_for_a_seat_that_is_gone_goes_back_once(deployed: DeployedFunctions) -> None:
    event = deployed.event(capacity=1)
    late = buy(deployed, event, status="expired", hold_expires_at=None)
    deployed.confirmed(deployed.profile(), event)
    for told in (late.captured(), late.order_paid(), late.authorized()):
        told.deliver(deployed)
    assert deployed.row("select amount, reason from refunds") == {"amount": AMOUNT, "reason": "seat_gone"}
    assert deployed.row("select status from registrations where id = %s", late.registration_id) == {"status": "expired"}


@pytest.mark.parametrize("outside", [AMOUNT, FORTY])
def test_what_has_gone_back_already_is_not_sent_back_again(deployed: DeployedFunctions, outside: int) -> None:
    event = deployed.event(status="cancelled")
    late = buy(deployed, event)
    late.refund(outside).deliver(deployed)
    late.captured().deliver(deployed)
    requested = deployed.rows("select amount from refunds where status = 'requested'")
    assert [row["amount"] for row in requested] == ([] if outside == AMOUNT else [AMOUNT - outside])
    status = deployed.row("select status from payment_transactions")["status"]
    assert status == ("refunded" if outside == AMOUNT else "success")


def test_late_money_takes_a_seat_that_is_still_free(deployed: DeployedFunctions) -> None:
    late = buy(deployed, status="expired", hold_expires_at=None)
    late.captured().deliver(deployed)
    assert actual_outcomes(deployed)[late.order_id].registration == "confirmed"
