"""Expired holds: Razorpay is asked before a seat is freed, and a late payment gets a free seat or one refund."""

from datetime import timedelta

import pytest

from shared.payments.errors import GatewayDown
from tests.seats.invariants import check, check_settled
from tests.seats.simulation import PRICE, PlatformSimulation


def seat(simulation: PlatformSimulation) -> str:
    (row,) = simulation.rows(
        "select status || ' ' || payment_status as seat from registrations order by created_at limit 1"
    )
    return row["seat"]


def held(simulation: PlatformSimulation) -> str:
    """The open order of a held seat whose hold has expired."""
    who, event_id = simulation.person(), simulation.event(capacity=1)
    order = simulation.open_order(who, simulation.register(who, event_id).id)
    simulation.now += timedelta(minutes=31)
    return order.id


@pytest.mark.parametrize(
    ("paid", "outcome"),
    [
        ("captured", "confirmed completed"),
        ("authorized", "pending pending"),
        ("failed", "expired failed"),
        (None, "expired failed"),
    ],
)
def test_razorpay_is_asked_before_a_seat_is_freed(
    simulation: PlatformSimulation, paid: str | None, outcome: str
) -> None:
    order = held(simulation)
    if paid:
        simulation.razorpay.pay(order, paid)  # pyright: ignore[reportArgumentType]
        simulation.razorpay.webhooks.clear()
    simulation.sweep()
    simulation.sweep()
    assert seat(simulation) == outcome
    check(simulation)


def test_no_seat_is_freed_without_an_answer_of_razorpay(simulation: PlatformSimulation) -> None:
    held(simulation)
    simulation.razorpay.is_down = True
    with pytest.raises(GatewayDown):
        simulation.sweep()
    assert seat(simulation) == "pending pending"


def test_an_order_that_razorpay_does_not_know_blocks_no_other(simulation: PlatformSimulation) -> None:
    lost = held(simulation)
    held(simulation)
    del simulation.razorpay.orders[lost]
    simulation.sweep()
    seats = simulation.rows("select status from registrations order by status")
    assert [row["status"] for row in seats] == ["expired", "pending"]


def test_a_late_payment_gets_the_seat_if_it_is_still_free(simulation: PlatformSimulation) -> None:
    order = held(simulation)
    simulation.sweep()
    simulation.razorpay.pay(order, "captured")
    simulation.deliver(*simulation.razorpay.webhooks.pop())
    assert seat(simulation) == "confirmed completed"


def test_a_late_payment_gets_the_seat_that_is_offered_to_the_payer(simulation: PlatformSimulation) -> None:
    first, second, event_id = simulation.person(), simulation.person(), simulation.event(capacity=1)
    order = simulation.open_order(first, simulation.register(first, event_id).id)
    simulation.now += timedelta(minutes=31)
    simulation.sweep()
    other = simulation.register(second, event_id)
    simulation.join(first, event_id)
    simulation.cancel(second, other.id)
    simulation.razorpay.pay(order.id, "captured")
    simulation.deliver(*simulation.razorpay.webhooks.pop())
    assert seat(simulation) == "confirmed completed"
    check(simulation)


def test_a_late_payment_for_a_lost_seat_is_refunded_once_with_a_notification(simulation: PlatformSimulation) -> None:
    order = held(simulation)
    simulation.sweep()
    simulation.register(simulation.person(), simulation.events[0])
    payment = simulation.razorpay.pay(order, "captured")
    for letter in simulation.razorpay.webhooks * 3:
        simulation.deliver(*letter)
    simulation.razorpay.webhooks.clear()
    simulation.send_refunds()
    simulation.send_refunds()
    simulation.razorpay.complete_refunds()
    simulation.deliver(*simulation.razorpay.webhooks.pop())
    assert simulation.razorpay.refunded(payment["id"]) == PRICE
    told = simulation.rows(
        "select count(*) from notifications_queue where template = 'refund_started' and type = 'email'"
    )
    assert told[0]["count"] == 1
    check_settled(simulation)


def test_offers_and_the_waitlist_end_with_the_sales(simulation: PlatformSimulation) -> None:
    holder, first, second = simulation.person(), simulation.person(), simulation.person()
    event_id = simulation.event(price_amount=0, starts_at=simulation.now + timedelta(hours=30))
    kept = simulation.register(holder, event_id).id
    simulation.join(first, event_id)
    simulation.join(second, event_id)
    simulation.now += timedelta(hours=29)
    simulation.cancel(holder, kept)
    (offer,) = simulation.rows("select expires_at from event_waitlist where status = 'notified'")
    assert offer["expires_at"] == simulation.now + timedelta(hours=1)
    simulation.now += timedelta(hours=1)
    simulation.sweep()
    ended = simulation.rows("select status from event_waitlist")
    assert [row["status"] for row in ended] == ["expired", "expired"]
    told = simulation.rows("select template from notifications_queue where type = 'email'")
    assert {"waitlist_closed", "waitlist_offer_expired"} <= {row["template"] for row in told}
