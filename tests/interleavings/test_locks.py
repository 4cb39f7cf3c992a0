"""C7: handlers that meet on the same rows never block each other for good, and nobody waits for long."""

import random
from collections import Counter
from datetime import timedelta
from threading import Barrier
from typing import Literal
from uuid import UUID

import pytest

from shared import db
from shared.actors import SERVICE
from shared.errors import AppError, Unavailable
from shared.payments.models import PaymentEntity
from shared.seats import queries as seat_queries
from tests.seats.crowd import at_once
from tests.seats.invariants import check
from tests.seats.school import START, School

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
        for _ in range(times):
            try:
                self._dice.choice(self._actions)()
            except Unavailable as error:
                self.delays[type(error.__cause__).__name__] += 1
            except AppError:
                pass  # a refusal is an answer
        return self.delays

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


@pytest.mark.parametrize("times", [25, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
def test_eight_who_do_anything_at_once_never_deadlock(school: School, times: int) -> None:
    for _ in range(6):
        school.person()
    for capacity in (1, 2, 4):
        school.event(capacity=capacity)
    for each in school.people[1:3]:
        school.buy(each, school.events[2], school.people[0])
    students = [Student(school, seed) for seed in range(8)]
    told = at_once(lambda student: student.act(times), students)
    assert {reason for delays in told for reason in delays} <= BUSY
    check(school)


def test_two_who_lock_in_another_order_do(school: School) -> None:
    """The negative control: what a deadlock would be told as."""
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


def test_whoever_waits_for_a_lock_that_is_held_is_told_to_come_again(school: School) -> None:
    """Within the lock's time limit and not when it is let go, and with a connection that works."""
    event_id = school.event(capacity=100)
    people = [school.person() for _ in range(20)]

    def register(who: UUID) -> str:
        try:
            school.register(who, event_id)
        except Unavailable as error:
            with db.transaction(SERVICE, read_only=True) as conn:
                assert conn.execute("select 1").fetchone()
            return type(error.__cause__).__name__
        return "registered"

    with school.database.look() as holder, holder.transaction():
        holder.execute("select 1 from events where id = %s for update", (event_id,))
        assert set(at_once(register, people)) <= BUSY
    assert set(at_once(register, people)) == {"registered"}
