"""A credit pays for the next course once, and comes back with a seat that was not kept."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from shared import db
from shared.actors import service_for
from shared.referrals import credit_queries, credits
from shared.registrations import queries as registration_queries
from tests.deployed import DeployedFunctions
from tests.referrals.test_rewards import bring, seat_of
from tests.seats.concurrency import at_once
from tests.seats.invariants import Violation, check
from tests.seats.simulation import PRICE, PlatformSimulation


@pytest.fixture
def simulation(emptied: DeployedFunctions) -> Iterator[PlatformSimulation]:
    with emptied.database.look() as look:
        yield PlatformSimulation(emptied.database, look)


def earn(simulation: PlatformSimulation) -> UUID:
    """Somebody with a credit of PRICE, and the refundable course they have it from first among the events."""
    who, event_id = simulation.person(), simulation.event(capacity=5)
    simulation.buy(who, event_id)
    bring(simulation, who, event_id, 2)
    simulation.process_referrals()
    return who


def balance(simulation: PlatformSimulation, who: UUID) -> int:
    with db.transaction(service_for(who)) as conn:
        return credit_queries.lock_balance(conn, who, "INR")


def to_pay(simulation: PlatformSimulation, who: UUID, price: int) -> tuple[str, int, int]:
    """Register for a course of this price: what the seat is, what is to be paid and what the credit paid."""
    registration = simulation.register(who, simulation.event(capacity=5, price_amount=price))
    return registration.status, registration.amount, registration.credit_amount


@pytest.mark.parametrize(
    ("price", "seat", "left"),
    [
        (3 * PRICE, ("pending", 2 * PRICE, PRICE), 0),
        (PRICE, ("confirmed", 0, PRICE), 0),
        (PRICE // 2, ("confirmed", 0, PRICE // 2), PRICE // 2),
        (PRICE + 50, ("pending", 100, PRICE - 50), 50),  # Razorpay takes no order of 50 paise
        (0, ("confirmed", 0, 0), PRICE),
    ],
)
def test_a_credit_pays_what_it_can_of_the_next_course(
    simulation: PlatformSimulation, price: int, seat: tuple[str, int, int], left: int
) -> None:
    who = earn(simulation)
    assert to_pay(simulation, who, price) == seat
    assert balance(simulation, who) == left
    check(simulation)


def test_its_owner_sees_what_is_left_and_what_it_paid(
    simulation: PlatformSimulation, emptied: DeployedFunctions
) -> None:
    who = earn(simulation)
    to_pay(simulation, who, PRICE // 4)
    shown = emptied.request("account", "GET", "referrals", user=who).body
    assert shown["credits"] == [{"amount": 3 * PRICE // 4, "currency": "INR"}]
    newest = emptied.request("registrations", "GET", "registrations", user=who).body["registrations"]
    assert {(each["amount"], each["creditAmount"]) for each in newest} == {(0, PRICE // 4), (PRICE, 0)}


def test_a_credit_is_spent_once(simulation: PlatformSimulation) -> None:
    who = earn(simulation)
    assert to_pay(simulation, who, PRICE)[2] == PRICE
    assert to_pay(simulation, who, PRICE) == ("pending", PRICE, 0)
    check(simulation)


def test_the_order_asks_for_what_the_credit_did_not_pay_and_its_payment_confirms(
    simulation: PlatformSimulation,
) -> None:
    who = earn(simulation)
    registration = simulation.register(who, simulation.event(capacity=5, price_amount=3 * PRICE))
    assert simulation.open_order(who, registration.id).amount == 2 * PRICE
    simulation.pay(who, registration.id)
    assert seat_of(simulation, who) == "confirmed completed"
    check(simulation)


def test_it_comes_back_when_the_hold_expires_and_late_money_takes_it_again(simulation: PlatformSimulation) -> None:
    who, event_id = earn(simulation), simulation.event(capacity=5, price_amount=3 * PRICE)
    registration = simulation.register(who, event_id)
    order = simulation.open_order(who, registration.id)
    simulation.now += timedelta(minutes=31)
    simulation.sweep()
    assert balance(simulation, who) == PRICE
    simulation.razorpay.pay(order.id, "captured")
    simulation.deliver(*simulation.razorpay.webhooks.pop())
    assert (seat_of(simulation, who), balance(simulation, who)) == ("confirmed completed", 0)
    check(simulation)


def test_late_money_goes_back_when_the_credit_was_spent_elsewhere(simulation: PlatformSimulation) -> None:
    who = earn(simulation)
    registration = simulation.register(who, simulation.event(capacity=5, price_amount=3 * PRICE))
    order = simulation.open_order(who, registration.id)
    simulation.now += timedelta(minutes=31)
    simulation.sweep()
    assert to_pay(simulation, who, PRICE)[0] == "confirmed"
    simulation.razorpay.pay(order.id, "captured")
    simulation.deliver(*simulation.razorpay.webhooks.pop())
    (refund,) = simulation.rows("select amount, reason from refunds")
    assert (refund["amount"], refund["reason"]) == (2 * PRICE, "seat_gone")
    check(simulation)


@pytest.mark.parametrize(
    ("days_before", "money", "credit"),
    [(9, 2 * PRICE, PRICE), (2, PRICE, PRICE // 2), (0.5, None, 0)],
)
def test_a_paid_seat_gives_money_and_credit_back_by_the_events_policy(
    simulation: PlatformSimulation, days_before: float, money: int | None, credit: int
) -> None:
    who = earn(simulation)
    event_id = simulation.event(capacity=5, price_amount=3 * PRICE)
    seat = simulation.buy(who, event_id)
    simulation.now += timedelta(days=10 - days_before)
    simulation.cancel(who, seat)
    assert simulation.rows("select amount from refunds") == ([{"amount": money}] if money else [])
    assert balance(simulation, who) == credit
    check(simulation)


def test_an_unpaid_seat_gives_all_of_it_back_however_late(simulation: PlatformSimulation) -> None:
    who = earn(simulation)
    registration = simulation.register(who, simulation.event(capacity=5, price_amount=3 * PRICE))
    simulation.now += timedelta(days=9, hours=23)
    simulation.cancel(who, registration.id)
    assert balance(simulation, who) == PRICE
    check(simulation)


def test_a_cancelled_course_gives_all_of_it_back(simulation: PlatformSimulation) -> None:
    who, event_id = earn(simulation), simulation.event(capacity=5, price_amount=2 * PRICE)
    simulation.buy(who, event_id)
    simulation.cancel_event(event_id)
    simulation.cancel_remaining_registrations(event_id)
    assert balance(simulation, who) == PRICE


def test_money_that_went_back_elsewhere_brings_the_credit_back(simulation: PlatformSimulation) -> None:
    who, event_id = earn(simulation), simulation.event(capacity=5, price_amount=2 * PRICE)
    simulation.buy(who, event_id)
    (paid,) = [each for each in simulation.razorpay.payments("captured") if each["order_id"] == last_order(simulation)]
    body = {"amount": PRICE, "notes": {}}
    simulation.razorpay.gateway().sdk.call(
        "payment", "refund", paid["id"], body, headers={"X-Refund-Idempotency": "dashboard"}
    )
    simulation.razorpay.complete_refunds()
    simulation.deliver(*simulation.razorpay.webhooks.pop())
    assert (seat_of(simulation, who), balance(simulation, who)) == ("cancelled refunded", PRICE)


def test_a_held_seat_that_becomes_free_of_charge_costs_no_credit(simulation: PlatformSimulation) -> None:
    who, event_id = earn(simulation), simulation.event(capacity=5, price_amount=3 * PRICE)
    simulation.register(who, event_id)
    assert balance(simulation, who) == 0
    bring(simulation, who, event_id, 2)
    simulation.process_referrals()
    assert (seat_of(simulation, who), balance(simulation, who)) == ("confirmed free", PRICE)
    check(simulation)


def test_a_held_seat_that_an_administrator_makes_free_costs_no_credit(
    simulation: PlatformSimulation, emptied: DeployedFunctions
) -> None:
    who, admin = earn(simulation), emptied.profile(admin=True)
    held = simulation.register(who, simulation.event(capacity=5, price_amount=3 * PRICE))
    path = f"admin/registrations/{held.id}/confirm"
    assert (
        emptied.request("admin_sales", "POST", path, user=admin, groups=("admin",), body={"reason": "gift"}).status
        == 200
    )
    emptied.set(DATABASE_SECRET_ID="database-worker")
    assert (seat_of(simulation, who), balance(simulation, who)) == ("confirmed free", PRICE)


def test_a_seat_that_a_credit_paid_earns_its_whole_price_again(simulation: PlatformSimulation) -> None:
    who, event_id = earn(simulation), simulation.event(capacity=5)
    assert simulation.register(who, event_id).status == "confirmed"
    bring(simulation, who, event_id, 2)
    simulation.process_referrals()
    assert balance(simulation, who) == PRICE
    check(simulation)


def test_what_was_spent_of_a_credit_that_is_taken_back_is_owed_by_the_next_one(simulation: PlatformSimulation) -> None:
    who = earn(simulation)
    assert to_pay(simulation, who, PRICE)[0] == "confirmed"
    (friend, *_) = simulation.rows(
        "select referred_user_id as id, registration_id as seat from referrals where referrer_id = %(who)s", who=who
    )
    simulation.cancel(friend["id"], friend["seat"])
    assert balance(simulation, who) == -PRICE
    event_id = simulation.event(capacity=5)
    simulation.buy(who, event_id)
    bring(simulation, who, event_id, 2)
    simulation.process_referrals()
    assert balance(simulation, who) == 0
    assert to_pay(simulation, who, PRICE) == ("pending", PRICE, 0)


def spent_at_once(simulation: PlatformSimulation, register: Callable[[UUID], object]) -> int:
    """Register for ten courses at once; how much the credit paid of them together."""
    events = [simulation.event(capacity=5, price_amount=2 * PRICE) for _ in range(10)]
    at_once(register, events)
    (spent,) = simulation.rows("select coalesce(sum(amount), 0)::bigint as amount from referral_credit_uses")
    return spent["amount"]


def test_ten_registrations_at_once_spend_a_credit_once(simulation: PlatformSimulation) -> None:
    who = earn(simulation)
    assert spent_at_once(simulation, lambda event_id: simulation.register(who, event_id)) == PRICE
    check(simulation)


def test_without_the_lock_they_spend_it_more_than_once(simulation: PlatformSimulation) -> None:
    who = earn(simulation)

    def unlocked(event_id: UUID) -> None:
        with db.transaction(service_for(who)) as conn:
            event = registration_queries.lock_event(conn, event_id).fetchone()
            assert event
            (balance,) = conn.execute(credit_queries.BALANCE, {"user": who, "currency": "INR"}).fetchone() or (0,)
            conn.execute("select pg_sleep(0.2)")
            seat = registration_queries.insert_registration(
                conn,
                user_id=who,
                event=event,
                amount=PRICE,
                hold_expires_at=simulation.now,
                source="direct",
                now=simulation.now,
            )
            assert seat is not None
            credits.spend(conn, seat, who, int(balance), "INR")

    assert spent_at_once(simulation, unlocked) > PRICE
    with pytest.raises(Violation, match="more credit is spent"):
        check(simulation)


def last_order(simulation: PlatformSimulation) -> str:
    return list(simulation.razorpay.orders)[-1]
