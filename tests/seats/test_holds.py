"""The sweep over unpaid seats: it asks before it frees, and late money takes a free seat or goes back once."""

from datetime import timedelta

import pytest

from shared.payments.errors import GatewayDown
from tests.seats.invariants import check, check_settled
from tests.seats.school import PRICE, School


def seat(school: School) -> str:
    (row,) = school.rows(
        "select status || ' ' || payment_status as seat from registrations order by created_at limit 1"
    )
    return row["seat"]


def held(school: School) -> str:
    """A held seat with an open order whose half hour is over."""
    who, event_id = school.person(), school.event(capacity=1)
    order = school.open_order(who, school.register(who, event_id).id)
    school.now += timedelta(minutes=31)
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
def test_razorpay_is_asked_before_a_seat_is_freed(school: School, paid: str | None, outcome: str) -> None:
    order = held(school)
    if paid:
        school.bank.pay(order, paid)  # pyright: ignore[reportArgumentType]
        school.bank.mail.clear()
    school.sweep()
    school.sweep()
    assert seat(school) == outcome
    check(school)


def test_no_seat_is_freed_on_a_guess(school: School) -> None:
    held(school)
    school.bank.is_down = True
    with pytest.raises(GatewayDown):
        school.sweep()
    assert seat(school) == "pending pending"


def test_an_order_razorpay_will_not_show_keeps_nobody_else_waiting(school: School) -> None:
    lost = held(school)
    held(school)
    del school.bank.orders[lost]
    school.sweep()
    seats = school.rows("select status from registrations order by status")
    assert [row["status"] for row in seats] == ["expired", "pending"]


def test_late_money_takes_the_seat_if_it_is_still_free(school: School) -> None:
    order = held(school)
    school.sweep()
    school.bank.pay(order, "captured")
    school.deliver(*school.bank.mail.pop())
    assert seat(school) == "confirmed completed"


def test_late_money_takes_the_seat_that_is_offered_to_its_payer(school: School) -> None:
    first, second, event_id = school.person(), school.person(), school.event(capacity=1)
    order = school.open_order(first, school.register(first, event_id).id)
    school.now += timedelta(minutes=31)
    school.sweep()
    other = school.register(second, event_id)
    school.join(first, event_id)
    school.cancel(second, other.id)
    school.bank.pay(order.id, "captured")
    school.deliver(*school.bank.mail.pop())
    assert seat(school) == "confirmed completed"
    check(school)


def test_late_money_for_a_seat_that_is_gone_goes_back_once_and_is_told(school: School) -> None:
    order = held(school)
    school.sweep()
    school.register(school.person(), school.events[0])
    payment = school.bank.pay(order, "captured")
    for letter in school.bank.mail * 3:
        school.deliver(*letter)
    school.bank.mail.clear()
    school.make_refunds()
    school.make_refunds()
    school.bank.settle_refunds()
    school.deliver(*school.bank.mail.pop())
    assert school.bank.refunded(payment["id"]) == PRICE
    told = school.rows("select count(*) from notifications_queue where template = 'refund_started' and type = 'email'")
    assert told[0]["count"] == 1
    check_settled(school)


def test_an_offer_ends_at_the_end_of_sales_and_the_queue_with_it(school: School) -> None:
    holder, first, second = school.person(), school.person(), school.person()
    event_id = school.event(price_amount=0, starts_at=school.now + timedelta(hours=30))
    kept = school.register(holder, event_id).id
    school.join(first, event_id)
    school.join(second, event_id)
    school.now += timedelta(hours=29)
    school.cancel(holder, kept)
    (offer,) = school.rows("select expires_at from event_waitlist where status = 'notified'")
    assert offer["expires_at"] == school.now + timedelta(hours=1)
    school.now += timedelta(hours=1)
    school.sweep()
    ended = school.rows("select status from event_waitlist")
    assert [row["status"] for row in ended] == ["expired", "expired"]
    told = school.rows("select template from notifications_queue where type = 'email'")
    assert {"waitlist_closed", "waitlist_offer_expired"} <= {row["template"] for row in told}
