"""I7: a reward is granted once, and taken back with the money that earned it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from functions.process_referrals import queries
from functions.process_referrals.models import DueReward
from shared import clock, db
from shared.actors import SERVICE
from shared.errors import Invalid
from tests.deployed import DeployedFunctions
from tests.seats.concurrency import at_once
from tests.seats.invariants import check
from tests.seats.simulation import PRICE, PlatformSimulation

HOUR = timedelta(hours=1)


def bring(simulation: PlatformSimulation, referrer: UUID, event_id: UUID, friends: int) -> list[tuple[UUID, UUID]]:
    """Friends who register with the referrer's code and pay; each with the registration."""
    people = [simulation.person() for _ in range(friends)]
    return [(who, simulation.buy(who, event_id, referrer)) for who in people]


def rewards(simulation: PlatformSimulation) -> list[tuple[str, str, int]]:
    found = simulation.rows("select kind, status, amount from referral_rewards order by granted_at, id")
    return [(row["kind"], row["status"], row["amount"]) for row in found]


def seat_of(simulation: PlatformSimulation, who: UUID) -> str | None:
    found = simulation.rows(
        "select status || ' ' || payment_status as seat from registrations where user_id = %(who)s "
        "order by created_at desc limit 1",
        who=who,
    )
    return found[0]["seat"] if found else None


def test_two_paid_referrals_give_free_access(simulation: PlatformSimulation) -> None:
    referrer, event_id = simulation.person(), simulation.event(capacity=5)
    bring(simulation, referrer, event_id, 2)
    simulation.process_referrals()
    assert (rewards(simulation), seat_of(simulation, referrer)) == ([("free_access", "granted", 0)], "confirmed free")
    check(simulation)


def test_a_held_seat_becomes_free_and_money_for_it_goes_back(simulation: PlatformSimulation) -> None:
    referrer, event_id = simulation.person(), simulation.event(capacity=5)
    held = simulation.register(referrer, event_id)
    order = simulation.open_order(referrer, held.id)
    bring(simulation, referrer, event_id, 2)
    simulation.process_referrals()
    simulation.razorpay.pay(order.id, "captured")
    simulation.deliver(*simulation.razorpay.webhooks.pop())
    simulation.send_refunds()
    simulation.razorpay.complete_refunds()
    simulation.deliver(*simulation.razorpay.webhooks.pop())
    assert seat_of(simulation, referrer) == "confirmed free"
    check(simulation)


def test_who_has_paid_already_gets_a_credit_of_it(simulation: PlatformSimulation) -> None:
    referrer, event_id = simulation.person(), simulation.event(capacity=5)
    simulation.buy(referrer, event_id)
    bring(simulation, referrer, event_id, 2)
    simulation.process_referrals()
    assert (rewards(simulation), seat_of(simulation, referrer)) == (
        [("credit", "granted", PRICE)],
        "confirmed completed",
    )


def test_a_full_course_gives_a_credit_and_is_not_oversold(simulation: PlatformSimulation) -> None:
    referrer, event_id = simulation.person(), simulation.event(capacity=2)
    bring(simulation, referrer, event_id, 2)
    simulation.process_referrals()
    assert (rewards(simulation), seat_of(simulation, referrer)) == ([("credit", "granted", PRICE)], None)
    check(simulation)


@pytest.mark.parametrize(("category", "friends"), [("non_technical", 2), ("technical", 1)])
def test_nothing_is_given_for_less(simulation: PlatformSimulation, category: str, friends: int) -> None:
    referrer, event_id = simulation.person(), simulation.event(capacity=5, category=category)
    bring(simulation, referrer, event_id, friends)
    simulation.process_referrals()
    assert rewards(simulation) == []


def test_a_refund_within_the_cooling_period_takes_the_reward_and_its_seat_back(simulation: PlatformSimulation) -> None:
    referrer, event_id = simulation.person(), simulation.event(capacity=3)
    (who, seat), _ = bring(simulation, referrer, event_id, 2)
    simulation.process_referrals()
    late = simulation.person()
    entry = simulation.join(late, event_id)
    simulation.now += timedelta(days=6)
    simulation.cancel(who, seat)
    assert rewards(simulation) == [("free_access", "revoked", 0)]
    assert seat_of(simulation, referrer) == "cancelled free"
    assert simulation.claim(late, entry).status == "pending"
    check(simulation)


def test_a_third_paid_referral_stands_in_for_a_refunded_one(simulation: PlatformSimulation) -> None:
    referrer, event_id = simulation.person(), simulation.event(capacity=5)
    (who, seat), *_ = bring(simulation, referrer, event_id, 3)
    simulation.process_referrals()
    simulation.cancel(who, seat)
    assert rewards(simulation) == [("free_access", "granted", 0)]
    check(simulation)


def reward_after_a_cancellation(simulation: PlatformSimulation, starts_in: timedelta, after: timedelta) -> str:
    """The status of a reward whose first friend cancels that long after the reward."""
    starts = simulation.now + starts_in
    referrer, event_id = simulation.person(), simulation.event(capacity=5, starts_at=starts, ends_at=starts + HOUR)
    (who, seat), _ = bring(simulation, referrer, event_id, 2)
    simulation.process_referrals()
    simulation.now += after
    simulation.cancel(who, seat)
    simulation.process_referrals()
    check(simulation)
    [(_, status, _)] = rewards(simulation)
    return status


def test_a_reward_stays_once_its_payments_cannot_come_back_in_full(simulation: PlatformSimulation) -> None:
    assert reward_after_a_cancellation(simulation, timedelta(days=10), timedelta(days=7)) == "granted"


def test_a_reward_is_revoked_as_long_as_its_payments_can_come_back_in_full(simulation: PlatformSimulation) -> None:
    assert reward_after_a_cancellation(simulation, timedelta(days=30), timedelta(days=8)) == "revoked"


def test_with_the_cooling_period_alone_money_that_came_back_would_leave_a_reward(
    simulation: PlatformSimulation,
) -> None:
    """The negative control."""
    simulation.look.execute(
        """
        create or replace function private.revocable_until(
            known timestamptz, starts_at timestamptz, full_refund_hours integer, full_refund_until timestamptz
        ) returns timestamptz language sql immutable as 'select known'
        """
    )
    simulation.look.execute(
        "create function cooling_only() returns trigger language plpgsql as"
        " 'begin new.revocable_until := least(new.revocable_until, new.completed_at + interval ''7 days'');"
        " return new; end'"
    )
    simulation.look.execute(
        "create trigger cooling_only before update on referrals for each row execute function cooling_only()"
    )
    assert reward_after_a_cancellation(simulation, timedelta(days=30), timedelta(days=8)) == "granted"


def spell(simulation: PlatformSimulation, people: list[UUID]) -> None:
    """Give them addresses of one mailbox."""
    for number, who in enumerate(people):
        simulation.look.execute("update profiles set email = %s where id = %s", (f"a.sha+{number}@gmail.com", who))


def verify_phone(simulation: PlatformSimulation, people: list[UUID]) -> None:
    simulation.look.execute(
        "update profiles set phone = '+919812345678', phone_verified_at = now() where id = any(%s)", (people,)
    )


def pay_alike(simulation: PlatformSimulation, people: list[UUID]) -> None:
    simulation.look.execute(
        """
        update payment_attempts set instrument_hash = 'of one UPI address' where payment_transaction_id in (
            select id from payment_transactions where user_id = any(%s)
        )
        """,
        (people,),
    )


ALIKE = [spell, verify_phone, pay_alike]


def reward_for_one_person(
    simulation: PlatformSimulation, alike: Callable[[PlatformSimulation, list[UUID]], None]
) -> int:
    """How many rewards a referrer gets for two accounts of one person, and then for somebody else as well."""
    referrer, event_id = simulation.person(), simulation.event(capacity=5)
    friends = bring(simulation, referrer, event_id, 2)
    alike(simulation, [who for who, _ in friends])
    simulation.process_referrals()
    return len(rewards(simulation))


@pytest.mark.parametrize("alike", ALIKE)
def test_accounts_of_one_person_count_once(
    simulation: PlatformSimulation, alike: Callable[[PlatformSimulation, list[UUID]], None]
) -> None:
    assert reward_for_one_person(simulation, alike) == 0
    bring(simulation, simulation.people[0], simulation.events[0], 1)
    simulation.process_referrals()
    assert rewards(simulation) == [("free_access", "granted", 0)]


@pytest.mark.parametrize("alike", ALIKE)
def test_without_the_rule_accounts_of_one_person_earn_a_reward(
    simulation: PlatformSimulation, alike: Callable[[PlatformSimulation, list[UUID]], None]
) -> None:
    """The negative control."""
    simulation.look.execute(
        """
        create or replace function private.counts_for_reward(referral public.referrals) returns boolean
        language sql as 'select true'
        """
    )
    assert reward_for_one_person(simulation, alike) == 1


def test_an_account_stands_in_for_the_refunded_one_of_the_same_person(simulation: PlatformSimulation) -> None:
    referrer, event_id = simulation.person(), simulation.event(capacity=5)
    (who, seat), (other, _), _ = bring(simulation, referrer, event_id, 3)
    spell(simulation, [who, other])
    simulation.process_referrals()
    simulation.cancel(who, seat)
    assert rewards(simulation) == [("free_access", "granted", 0)]
    check(simulation)


def test_a_reward_is_shown_as_pending_until_it_is_final(
    simulation: PlatformSimulation, deployed: DeployedFunctions
) -> None:
    referrer, event_id = simulation.person(), simulation.event(capacity=5)
    bring(simulation, referrer, event_id, 2)
    simulation.process_referrals()

    def shown(now: datetime) -> tuple[str, str | None]:
        deployed.monkeypatch.setattr(clock, "now", lambda: now)
        [reward] = deployed.request("account", "GET", "referrals", user=referrer).body["rewards"]
        return reward["status"], reward["revocableUntil"]

    status, until = shown(simulation.now)
    assert status == "pending"
    assert until
    assert shown(datetime.fromisoformat(until)) == ("granted", None)


def test_a_reward_that_was_taken_back_can_be_earned_again(simulation: PlatformSimulation) -> None:
    referrer, event_id = simulation.person(), simulation.event(capacity=5)
    (who, seat), _ = bring(simulation, referrer, event_id, 2)
    simulation.process_referrals()
    simulation.cancel(who, seat)
    bring(simulation, referrer, event_id, 1)
    simulation.process_referrals()
    assert sorted(status for _, status, _ in rewards(simulation)) == ["granted", "revoked"]
    check(simulation)


def test_whoever_comes_back_is_still_brought_by_the_same_person(simulation: PlatformSimulation) -> None:
    referrer, event_id = simulation.person(), simulation.event(capacity=5)
    (who, seat), _ = bring(simulation, referrer, event_id, 2)
    simulation.cancel(who, seat)
    simulation.buy(who, event_id)
    simulation.process_referrals()
    assert rewards(simulation) == [("free_access", "granted", 0)]
    check(simulation)


@pytest.mark.parametrize(
    ("mine", "yours", "refused"),
    [
        ({"email": "asha.rao@gmail.com"}, {"email": "ashaRao+two@googlemail.com"}, True),
        ({"email": "asha@example.com"}, {"email": "ASHA+x@example.com"}, True),
        ({"email": "a@x.in", "phone": "+919876543210"}, {"email": "b@x.in", "phone": "+919876543210"}, True),
        ({"email": "a@x.in", "phone": None}, {"email": "b@x.in", "phone": None}, False),
    ],
)
def test_nobody_refers_themselves(
    simulation: PlatformSimulation, mine: dict[str, str], yours: dict[str, str], refused: bool
) -> None:
    event_id = simulation.event(capacity=5)
    first, second = simulation.person(), simulation.person()
    for who, columns in ((first, mine), (second, yours)):
        simulation.look.execute(
            "update profiles set email = %s, phone = %s where id = %s", (columns["email"], columns.get("phone"), who)
        )
    if not refused:
        simulation.register(second, event_id, first)
        return
    with pytest.raises(Invalid, match="own referral code"):
        simulation.register(second, event_id, first)


def race(simulation: PlatformSimulation) -> list[int]:
    """The second and the third referral complete while the job runs twice at once; rewards by referrer."""
    referrer, event_id = simulation.person(), simulation.event(capacity=4)
    bring(simulation, referrer, event_id, 1)
    simulation.process_referrals()
    friends = [simulation.person() for _ in range(2)]
    orders = [simulation.open_order(who, simulation.register(who, event_id, referrer).id) for who in friends]
    for order in orders:
        simulation.razorpay.pay(order.id, "captured")
    letters = [simulation.razorpay.webhooks.pop(), simulation.razorpay.webhooks.pop()]
    at_once(
        lambda act: act(),
        [
            lambda: simulation.deliver(*letters[0]),
            lambda: simulation.deliver(*letters[1]),
            simulation.process_referrals,
            simulation.process_referrals,
        ],
    )
    at_once(lambda act: act(), [simulation.process_referrals, simulation.process_referrals])
    counted = simulation.rows("select count(*) from referral_rewards where event_id = %(id)s", id=event_id)
    check(simulation)
    return [row["count"] for row in counted]


@pytest.mark.parametrize("trials", [25, pytest.param(500, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
def test_referrals_that_complete_while_the_job_runs_twice_are_rewarded_once(
    simulation: PlatformSimulation, trials: int
) -> None:
    assert [race(simulation) for _ in range(trials)] == [[1]] * trials


def test_without_the_lock_and_the_ledgers_rule_a_reward_is_granted_twice(simulation: PlatformSimulation) -> None:
    simulation.look.execute("drop index referral_rewards_one_in_force")
    referrer, event_id = simulation.person(), simulation.event(capacity=5)
    bring(simulation, referrer, event_id, 2)
    with db.transaction(SERVICE) as conn:
        queries.complete_paid(conn, simulation.now, simulation.now, 10)

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
    assert len(rewards(simulation)) == 2
