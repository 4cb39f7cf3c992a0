"""I7: a reward is granted once, and taken back with the money that earned it."""

from datetime import timedelta
from uuid import UUID

import pytest

from functions.process_referrals import queries
from functions.process_referrals.models import DueReward
from shared import db
from shared.actors import SERVICE
from shared.errors import Invalid
from tests.seats.crowd import at_once
from tests.seats.invariants import check
from tests.seats.school import PRICE, School


def bring(school: School, referrer: UUID, event_id: UUID, friends: int) -> list[tuple[UUID, UUID]]:
    """Friends who register with the referrer's code and pay; each with the registration."""
    people = [school.person() for _ in range(friends)]
    return [(who, school.buy(who, event_id, referrer)) for who in people]


def rewards(school: School) -> list[tuple[str, str, int]]:
    found = school.rows("select kind, status, amount from referral_rewards order by granted_at, id")
    return [(row["kind"], row["status"], row["amount"]) for row in found]


def seat_of(school: School, who: UUID) -> str | None:
    found = school.rows(
        "select status || ' ' || payment_status as seat from registrations where user_id = %(who)s "
        "order by created_at desc limit 1",
        who=who,
    )
    return found[0]["seat"] if found else None


def test_two_paid_referrals_give_free_access(school: School) -> None:
    referrer, event_id = school.person(), school.event(capacity=5)
    bring(school, referrer, event_id, 2)
    school.process_referrals()
    assert (rewards(school), seat_of(school, referrer)) == ([("free_access", "granted", 0)], "confirmed free")
    check(school)


def test_a_held_seat_becomes_free_and_money_for_it_goes_back(school: School) -> None:
    referrer, event_id = school.person(), school.event(capacity=5)
    held = school.register(referrer, event_id)
    order = school.open_order(referrer, held.id)
    bring(school, referrer, event_id, 2)
    school.process_referrals()
    school.bank.pay(order.id, "captured")
    school.deliver(*school.bank.mail.pop())
    school.make_refunds()
    school.bank.settle_refunds()
    school.deliver(*school.bank.mail.pop())
    assert seat_of(school, referrer) == "confirmed free"
    check(school)


def test_who_has_paid_already_gets_a_credit_of_it(school: School) -> None:
    referrer, event_id = school.person(), school.event(capacity=5)
    school.buy(referrer, event_id)
    bring(school, referrer, event_id, 2)
    school.process_referrals()
    assert (rewards(school), seat_of(school, referrer)) == ([("credit", "granted", PRICE)], "confirmed completed")


def test_a_full_course_gives_a_credit_and_is_not_oversold(school: School) -> None:
    referrer, event_id = school.person(), school.event(capacity=2)
    bring(school, referrer, event_id, 2)
    school.process_referrals()
    assert (rewards(school), seat_of(school, referrer)) == ([("credit", "granted", PRICE)], None)
    check(school)


@pytest.mark.parametrize(("category", "friends"), [("non_technical", 2), ("technical", 1)])
def test_nothing_is_given_for_less(school: School, category: str, friends: int) -> None:
    referrer, event_id = school.person(), school.event(capacity=5, category=category)
    bring(school, referrer, event_id, friends)
    school.process_referrals()
    assert rewards(school) == []


def test_a_refund_within_the_cooling_period_takes_the_reward_and_its_seat_back(school: School) -> None:
    referrer, event_id = school.person(), school.event(capacity=3)
    (who, seat), _ = bring(school, referrer, event_id, 2)
    school.process_referrals()
    late = school.person()
    entry = school.join(late, event_id)
    school.now += timedelta(days=6)
    school.cancel(who, seat)
    assert rewards(school) == [("free_access", "revoked", 0)]
    assert seat_of(school, referrer) == "cancelled free"
    assert school.claim(late, entry).status == "pending"
    check(school)


def test_a_third_paid_referral_stands_in_for_a_refunded_one(school: School) -> None:
    referrer, event_id = school.person(), school.event(capacity=5)
    (who, seat), *_ = bring(school, referrer, event_id, 3)
    school.process_referrals()
    school.cancel(who, seat)
    assert rewards(school) == [("free_access", "granted", 0)]
    check(school)


def test_after_the_cooling_period_the_reward_stays(school: School) -> None:
    referrer, event_id = school.person(), school.event(capacity=5)
    (who, seat), _ = bring(school, referrer, event_id, 2)
    school.process_referrals()
    school.now += timedelta(days=7)
    school.cancel(who, seat)
    school.process_referrals()
    assert rewards(school) == [("free_access", "granted", 0)]
    check(school)


def test_a_reward_that_was_taken_back_can_be_earned_again(school: School) -> None:
    referrer, event_id = school.person(), school.event(capacity=5)
    (who, seat), _ = bring(school, referrer, event_id, 2)
    school.process_referrals()
    school.cancel(who, seat)
    bring(school, referrer, event_id, 1)
    school.process_referrals()
    assert sorted(status for _, status, _ in rewards(school)) == ["granted", "revoked"]
    check(school)


def test_whoever_comes_back_is_still_brought_by_the_same_person(school: School) -> None:
    referrer, event_id = school.person(), school.event(capacity=5)
    (who, seat), _ = bring(school, referrer, event_id, 2)
    school.cancel(who, seat)
    school.buy(who, event_id)
    school.process_referrals()
    assert rewards(school) == [("free_access", "granted", 0)]
    check(school)


@pytest.mark.parametrize(
    ("mine", "yours", "refused"),
    [
        ({"email": "asha.rao@gmail.com"}, {"email": "ashaRao+two@googlemail.com"}, True),
        ({"email": "asha@example.com"}, {"email": "ASHA+x@example.com"}, True),
        ({"email": "a@x.in", "phone": "+919876543210"}, {"email": "b@x.in", "phone": "+919876543210"}, True),
        ({"email": "a@x.in", "phone": None}, {"email": "b@x.in", "phone": None}, False),
    ],
)
def test_nobody_refers_themselves(school: School, mine: dict[str, str], yours: dict[str, str], refused: bool) -> None:
    event_id = school.event(capacity=5)
    first, second = school.person(), school.person()
    for who, columns in ((first, mine), (second, yours)):
        school.look.execute(
            "update profiles set email = %s, phone = %s where id = %s", (columns["email"], columns.get("phone"), who)
        )
    if not refused:
        school.register(second, event_id, first)
        return
    with pytest.raises(Invalid, match="own referral code"):
        school.register(second, event_id, first)


def race(school: School) -> list[int]:
    """The second and the third referral complete while the job runs twice at once; rewards by referrer."""
    referrer, event_id = school.person(), school.event(capacity=4)
    bring(school, referrer, event_id, 1)
    school.process_referrals()
    friends = [school.person() for _ in range(2)]
    orders = [school.open_order(who, school.register(who, event_id, referrer).id) for who in friends]
    for order in orders:
        school.bank.pay(order.id, "captured")
    letters = [school.bank.mail.pop(), school.bank.mail.pop()]
    at_once(
        lambda act: act(),
        [
            lambda: school.deliver(*letters[0]),
            lambda: school.deliver(*letters[1]),
            school.process_referrals,
            school.process_referrals,
        ],
    )
    at_once(lambda act: act(), [school.process_referrals, school.process_referrals])
    counted = school.rows("select count(*) from referral_rewards where event_id = %(id)s", id=event_id)
    check(school)
    return [row["count"] for row in counted]


@pytest.mark.parametrize("trials", [25, pytest.param(500, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
def test_referrals_that_complete_while_the_job_runs_twice_are_rewarded_once(school: School, trials: int) -> None:
    assert [race(school) for _ in range(trials)] == [[1]] * trials


def test_without_the_lock_and_the_ledgers_rule_a_reward_is_granted_twice(school: School) -> None:
    school.look.execute("drop index referral_rewards_one_in_force")
    referrer, event_id = school.person(), school.event(capacity=5)
    bring(school, referrer, event_id, 2)
    with db.transaction(SERVICE) as conn:
        queries.complete_paid(conn, school.now, school.now, 10)

    def unlocked(_: int) -> None:
        due = DueReward(event_id, referrer)
        with db.transaction(SERVICE) as conn:
            if queries.has_reward(conn, due):
                return
            conn.execute("select pg_sleep(0.2)")
            conn.execute(
                "insert into public.referral_rewards (referrer_id, event_id, kind) values (%s, %s, 'credit')",
                (referrer, event_id),
            )

    at_once(unlocked, [1, 2])
    assert len(rewards(school)) == 2
