"""A credit pays for the next course once, and comes back with a seat that was not kept."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from shared import db
from shared.actors import service_for
from shared.referrals import credit_queries, credits
from shared.registrations import queries as registration_queries
from tests.deployed import Deployed
from tests.referrals.test_rewards import bring, seat_of
from tests.seats.crowd import at_once
from tests.seats.invariants import Violation, check
from tests.seats.school import PRICE, School


@pytest.fixture
def school(emptied: Deployed) -> Iterator[School]:
    with emptied.database.look() as look:
        yield School(emptied.database, look)


def earn(school: School) -> UUID:
    """Somebody with a credit of PRICE, and the refundable course they have it from first among the events."""
    who, event_id = school.person(), school.event(capacity=5)
    school.buy(who, event_id)
    bring(school, who, event_id, 2)
    school.process_referrals()
    return who


def balance(school: School, who: UUID) -> int:
    with db.transaction(service_for(who)) as conn:
        return credit_queries.lock_balance(conn, who, "INR")


def to_pay(school: School, who: UUID, price: int) -> tuple[str, int, int]:
    """Register for a course of this price: what the seat is, what is to be paid and what the credit paid."""
    registration = school.register(who, school.event(capacity=5, price_amount=price))
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
    school: School, price: int, seat: tuple[str, int, int], left: int
) -> None:
    who = earn(school)
    assert to_pay(school, who, price) == seat
    assert balance(school, who) == left
    check(school)


def test_its_owner_sees_what_is_left_and_what_it_paid(school: School, emptied: Deployed) -> None:
    who = earn(school)
    to_pay(school, who, PRICE // 4)
    shown = emptied.request("account", "GET", "referrals", user=who).body
    assert shown["credits"] == [{"amount": 3 * PRICE // 4, "currency": "INR"}]
    newest = emptied.request("registrations", "GET", "registrations", user=who).body["registrations"]
    assert {(each["amount"], each["creditAmount"]) for each in newest} == {(0, PRICE // 4), (PRICE, 0)}


def test_a_credit_is_spent_once(school: School) -> None:
    who = earn(school)
    assert to_pay(school, who, PRICE)[2] == PRICE
    assert to_pay(school, who, PRICE) == ("pending", PRICE, 0)
    check(school)


def test_the_order_asks_for_what_the_credit_did_not_pay_and_its_payment_confirms(school: School) -> None:
    who = earn(school)
    registration = school.register(who, school.event(capacity=5, price_amount=3 * PRICE))
    assert school.open_order(who, registration.id).amount == 2 * PRICE
    school.pay(who, registration.id)
    assert seat_of(school, who) == "confirmed completed"
    check(school)


def test_it_comes_back_when_the_hold_expires_and_late_money_takes_it_again(school: School) -> None:
    who, event_id = earn(school), school.event(capacity=5, price_amount=3 * PRICE)
    registration = school.register(who, event_id)
    order = school.open_order(who, registration.id)
    school.now += timedelta(minutes=31)
    school.sweep()
    assert balance(school, who) == PRICE
    school.bank.pay(order.id, "captured")
    school.deliver(*school.bank.mail.pop())
    assert (seat_of(school, who), balance(school, who)) == ("confirmed completed", 0)
    check(school)


def test_late_money_goes_back_when_the_credit_was_spent_elsewhere(school: School) -> None:
    who = earn(school)
    registration = school.register(who, school.event(capacity=5, price_amount=3 * PRICE))
    order = school.open_order(who, registration.id)
    school.now += timedelta(minutes=31)
    school.sweep()
    assert to_pay(school, who, PRICE)[0] == "confirmed"
    school.bank.pay(order.id, "captured")
    school.deliver(*school.bank.mail.pop())
    (refund,) = school.rows("select amount, reason from refunds")
    assert (refund["amount"], refund["reason"]) == (2 * PRICE, "seat_gone")
    check(school)


@pytest.mark.parametrize(
    ("days_before", "money", "credit"),
    [(9, 2 * PRICE, PRICE), (2, PRICE, PRICE // 2), (0.5, None, 0)],
)
def test_a_paid_seat_gives_money_and_credit_back_by_the_events_policy(
    school: School, days_before: float, money: int | None, credit: int
) -> None:
    who = earn(school)
    event_id = school.event(capacity=5, price_amount=3 * PRICE)
    seat = school.buy(who, event_id)
    school.now += timedelta(days=10 - days_before)
    school.cancel(who, seat)
    assert school.rows("select amount from refunds") == ([{"amount": money}] if money else [])
    assert balance(school, who) == credit
    check(school)


def test_an_unpaid_seat_gives_all_of_it_back_however_late(school: School) -> None:
    who = earn(school)
    registration = school.register(who, school.event(capacity=5, price_amount=3 * PRICE))
    school.now += timedelta(days=9, hours=23)
    school.cancel(who, registration.id)
    assert balance(school, who) == PRICE
    check(school)


def test_a_cancelled_course_gives_all_of_it_back(school: School) -> None:
    who, event_id = earn(school), school.event(capacity=5, price_amount=2 * PRICE)
    school.buy(who, event_id)
    school.cancel_event(event_id)
    school.work_off(event_id)
    assert balance(school, who) == PRICE


def test_money_that_went_back_elsewhere_brings_the_credit_back(school: School) -> None:
    who, event_id = earn(school), school.event(capacity=5, price_amount=2 * PRICE)
    school.buy(who, event_id)
    (paid,) = [each for each in school.bank.payments("captured") if each["order_id"] == last_order(school)]
    body = {"amount": PRICE, "notes": {}}
    school.bank.gateway().sdk.call("payment", "refund", paid["id"], body, headers={"X-Refund-Idempotency": "dashboard"})
    school.bank.settle_refunds()
    school.deliver(*school.bank.mail.pop())
    assert (seat_of(school, who), balance(school, who)) == ("cancelled refunded", PRICE)


def test_a_held_seat_that_becomes_free_of_charge_costs_no_credit(school: School) -> None:
    who, event_id = earn(school), school.event(capacity=5, price_amount=3 * PRICE)
    school.register(who, event_id)
    assert balance(school, who) == 0
    bring(school, who, event_id, 2)
    school.process_referrals()
    assert (seat_of(school, who), balance(school, who)) == ("confirmed free", PRICE)
    check(school)


def test_a_held_seat_that_an_administrator_makes_free_costs_no_credit(school: School, emptied: Deployed) -> None:
    who, admin = earn(school), emptied.profile(admin=True)
    held = school.register(who, school.event(capacity=5, price_amount=3 * PRICE))
    path = f"admin/registrations/{held.id}/confirm"
    assert emptied.request("admin", "POST", path, user=admin, groups=("admin",), body={"reason": "gift"}).status == 200
    emptied.set(DATABASE_SECRET_ID="database-worker")
    assert (seat_of(school, who), balance(school, who)) == ("confirmed free", PRICE)


def test_a_seat_that_a_credit_paid_earns_its_whole_price_again(school: School) -> None:
    who, event_id = earn(school), school.event(capacity=5)
    assert school.register(who, event_id).status == "confirmed"
    bring(school, who, event_id, 2)
    school.process_referrals()
    assert balance(school, who) == PRICE
    check(school)


def test_what_was_spent_of_a_credit_that_is_taken_back_is_owed_by_the_next_one(school: School) -> None:
    who = earn(school)
    assert to_pay(school, who, PRICE)[0] == "confirmed"
    (friend, *_) = school.rows(
        "select referred_user_id as id, registration_id as seat from referrals where referrer_id = %(who)s", who=who
    )
    school.cancel(friend["id"], friend["seat"])
    assert balance(school, who) == -PRICE
    event_id = school.event(capacity=5)
    school.buy(who, event_id)
    bring(school, who, event_id, 2)
    school.process_referrals()
    assert balance(school, who) == 0
    assert to_pay(school, who, PRICE) == ("pending", PRICE, 0)


def spent_at_once(school: School, register: Callable[[UUID], object]) -> int:
    """Register for ten courses at once; how much the credit paid of them together."""
    events = [school.event(capacity=5, price_amount=2 * PRICE) for _ in range(10)]
    at_once(register, events)
    (spent,) = school.rows("select coalesce(sum(amount), 0)::bigint as amount from referral_credit_uses")
    return spent["amount"]


def test_ten_registrations_at_once_spend_a_credit_once(school: School) -> None:
    who = earn(school)
    assert spent_at_once(school, lambda event_id: school.register(who, event_id)) == PRICE
    check(school)


def test_without_the_lock_they_spend_it_more_than_once(school: School) -> None:
    who = earn(school)

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
                hold_expires_at=school.now,
                source="direct",
                now=school.now,
            )
            assert seat is not None
            credits.spend(conn, seat, who, int(balance), "INR")

    assert spent_at_once(school, unlocked) > PRICE
    with pytest.raises(Violation, match="more credit is spent"):
        check(school)


def last_order(school: School) -> str:
    return list(school.bank.orders)[-1]
