"""C7: handlers that meet on the same rows never block each other for good, and nobody waits for long."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Literal
from uuid import UUID

import psycopg
import pytest

from shared import db
from shared.actors import SERVICE
from shared.errors import AppError, Unavailable
from shared.payments.models import PaymentEntity
from shared.seats import queries as seat_queries
from tests.deployed import Deployed
from tests.seats.crowd import at_once
from tests.seats.invariants import Violation, check
from tests.seats.school import START, School
from tests.webhook.deliveries import Signed, buy_many

LOCK_SECONDS, STATEMENT_SECONDS = 3, 5
RETRIES = 3
BUSY = {"LockNotAvailable", "QueryCanceled"}
"""`lock_timeout`, or `statement_timeout` for who waits first for another one who waits."""
STATUSES: tuple[Literal["failed", "captured"], ...] = ("failed", "captured", "captured")


class Student:
    """Does one thing after the other, whatever comes to mind; what it was told to try again, and why."""

    def __init__(self, school: School, seed: int) -> None:
        self.delays: Counter[str] = Counter()
        self._school = school
        self._dice = random.Random(seed)
        self._actions = [
            *(self._register, self._register, self._pay, self._pay, self._cancel, self._join, self._wait),
            *(school.process_referrals, school.sweep),
        ]

    def act(self, times: int) -> Counter[str]:
        """Raises Unavailable for what was told to come again more often than clients do."""
        for _ in range(times):
            self._insist()
        return self.delays

    def _insist(self) -> None:
        """The same again: the dice fall as they fell."""
        before = self._dice.getstate()
        for tried in range(RETRIES + 1):
            self._dice.setstate(before)
            try:
                self._dice.choice(self._actions)()
            except Unavailable as error:
                self.delays[type(error.__cause__).__name__] += 1
                if tried == RETRIES:
                    raise
            except AppError:
                return  # a refusal is an answer
            else:
                return

    def _register(self) -> None:
        referrer = self._dice.choice((None, self._school.people[0]))
        who = self._person()
        registration = self._school.register(who, self._event(), referrer)
        self._school.open_order(who, registration.id)

    def _pay(self) -> None:
        if orders := list(self._school.bank.orders):
            order, status = self._dice.choice(orders), self._dice.choice(STATUSES)
            self._school.deliver(order, PaymentEntity.model_validate(self._school.bank.pay(order, status)))

    def _cancel(self) -> None:
        with self._school.database.look() as look:
            live = look.execute("select user_id, id from registrations where status in ('pending', 'confirmed')")
            if found := live.fetchall():
                self._school.cancel(*self._dice.choice(found))

    def _join(self) -> None:
        self._school.join(self._person(), self._event())

    def _wait(self) -> None:
        """Until holds expire, but not until a course starts."""
        if self._school.now < START + timedelta(days=5):
            self._school.now += timedelta(minutes=10)

    def _person(self) -> UUID:
        return self._dice.choice(self._school.people)

    def _event(self) -> UUID:
        return self._dice.choice(self._school.events)


class Careless(Student):
    """Also takes two courses at once, whichever comes first."""

    def __init__(self, school: School, seed: int) -> None:
        super().__init__(school, seed)
        self._actions = [*self._actions, self._take_two]

    def _take_two(self) -> None:
        with db.transaction(SERVICE) as conn:
            for event_id in self._dice.sample(self._school.events, 2):
                seat_queries.lock_event(conn, event_id)


def campaign(school: School, kind: type[Student], times: int, seed: int = 0) -> set[str]:
    """Eight of a kind who do so many things to random pairs of people, courses and orders; why they had to wait."""
    school.forget()
    for _ in range(6):
        school.person()
    for capacity in (1, 2, 4):
        school.event(capacity=capacity)
    for each in school.people[1:3]:
        school.buy(each, school.events[2], school.people[0])
    students = [kind(school, seed + number) for number in range(8)]
    told = at_once(lambda student: student.act(times), students)
    assert not [each for each in told if isinstance(each, str)]  # the code of what was given up
    check(school)
    return {reason for delays in told for reason in delays}


@pytest.mark.parametrize("times", [100, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
def test_eight_who_do_anything_at_once_never_deadlock(school: School, times: int) -> None:
    assert campaign(school, Student, times) <= BUSY


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_campaigns_of_seeds_that_nobody_tried_find_nothing(school: School) -> None:
    """Each run has other seeds; a failing one is in the message, and the variable `FIRST_SEED` begins with it again."""
    first = int(os.environ.get("FIRST_SEED") or time.time_ns() % 2**32)
    for seed in range(first, first + 80 * 8, 8):
        try:
            assert campaign(school, Student, 100, seed) <= BUSY
        except AssertionError as error:
            raise Violation(f"FIRST_SEED={seed}") from error


def test_a_deadlock_of_eight_who_lock_in_any_order_is_seen(school: School) -> None:
    """The negative control: a race may be won by chance, so it is run until it is lost."""
    assert any("DeadlockDetected" in campaign(school, Careless, 25, seed=8 * round_) for round_ in range(30))


def test_two_who_lock_in_another_order_do(school: School) -> None:
    """What a deadlock is told as."""
    events = [school.event(), school.event()]
    both_hold_one = Barrier(2)

    def lock(order: list[UUID]) -> str:
        try:
            with db.transaction(SERVICE) as conn:
                seat_queries.lock_event(conn, order[0])
                both_hold_one.wait(60)
                seat_queries.lock_event(conn, order[1])
        except Unavailable as error:
            return type(error.__cause__).__name__
        return "done"

    assert sorted(at_once(lock, [events, events[::-1]])) == ["DeadlockDetected", "done"]


@dataclass(frozen=True)
class Told:
    """What somebody who had to wait was told, after how long, and how that left the connection."""

    answer: str
    seconds: float
    state: str


def told(look: psycopg.Connection, request: Callable[[], str], begin: Barrier) -> Told:
    """One request on a connection that is there; of a failure its cause."""
    with db.transaction(SERVICE) as conn:
        pid = conn.info.backend_pid
    begin.wait(60)
    started = time.monotonic()
    try:
        answer = request()
    except Unavailable as error:
        answer = type(error.__cause__).__name__
    seconds = time.monotonic() - started
    (state,) = look.execute("select state from pg_stat_activity where pid = %s", (pid,)).fetchone() or ("gone",)
    return Told(answer, seconds, state)


def test_fifty_who_wait_for_a_lock_that_is_held_are_told_to_come_again(school: School, emptied: Deployed) -> None:
    """C7: within the lock's time limit and half a second, all but who waits first.

    PostgreSQL waits for a row twice: for the place at the head of its queue, then for the transaction that holds it,
    each for up to `lock_timeout`. Of those who came together one gets to the head as the first there gives up, in the
    instant before its own time is over, and begins its second wait: `statement_timeout` ends that.
    """
    school.now = datetime.now(UTC)
    purchases = buy_many(emptied, 25, capacity=100)
    event_id = emptied.row("select id from events")["id"]
    deliveries = [purchase.captured() for purchase in purchases]

    def deliver(event: Signed) -> str:
        answer = emptied.webhook(event.body, event_id=event.event_id)
        return str(answer.status if answer.status == 503 else answer.body["status"])

    def register(who: UUID) -> str:
        school.register(who, event_id)
        return "registered"

    requests = [
        *(partial(register, emptied.profile()) for _ in range(25)),
        *(partial(deliver, event) for event in deliveries),
    ]
    begin = Barrier(len(requests))
    with school.database.look() as holder, holder.transaction():
        holder.execute("select 1 from events where id = %s for update", (event_id,))
        waited = at_once(lambda request: told(school.look, request, begin), requests)
        seconds = sorted(each.seconds for each in waited if isinstance(each, Told))
        assert len(seconds) == len(requests)
        assert {each.answer for each in waited if isinstance(each, Told)} <= {*BUSY, "503"}
        assert {each.state for each in waited if isinstance(each, Told)} == {"idle"}
        assert seconds[-1] <= STATEMENT_SECONDS + 0.5
        assert seconds[-2] <= LOCK_SECONDS + 0.5
        assert seconds[0] >= LOCK_SECONDS - 0.1
    assert set(at_once(lambda request: request(), requests)) == {"registered", "processed"}
