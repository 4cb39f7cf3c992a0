"""Everything that can happen to seats, money, the waitlist and referrals, in any order (hypothesis stateful)."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Literal
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.errors import AppError
from tests.seats.invariants import check, check_settled
from tests.seats.school import PRICE, School

PEOPLE = 6
person = st.integers(0, PEOPLE - 1)
course = st.sampled_from([0, 0, 0, 1])
maybe_referrer = st.one_of(st.none(), st.sampled_from([0, 0, 1]))
pick = st.integers(0, 30)
DEAR = 3 * PRICE // 2
"""More than a credit for the other course pays."""


class SeatsMachine(RuleBasedStateMachine):
    """Two courses, one tiny and one with a few seats; refusals are answers like any other."""

    school: School

    def __init__(self) -> None:
        super().__init__()
        self.school.forget()
        for _ in range(PEOPLE):
            self.school.person()
        self.school.event(capacity=3)
        self.school.event(capacity=1, category="non_technical", price_amount=DEAR)

    @initialize(friends=st.sampled_from([0, 2, 3, 3]), waiting=st.integers(0, 2))
    def fill(self, friends: int, waiting: int) -> None:
        """A course that some were brought to already, and that others wait for if it is full."""
        for friend in range(friends):
            self.school.buy(self._person(1 + friend), self._event(0), self._person(0))
        self.school.process_referrals()
        for late in range(waiting):
            self._try(partial(self.school.join, self._person(4 + late), self._event(0)))

    def teardown(self) -> None:
        """Let everything arrive that is on its way."""
        while self.school.bank.mail:
            self.school.deliver(*self.school.bank.mail.pop(0))
        self.school.now += timedelta(minutes=31)
        for _ in range(2):
            self.school.sweep()
            self.school.make_refunds()
            self.school.bank.settle_refunds()
            while self.school.bank.mail:
                self.school.deliver(*self.school.bank.mail.pop(0))
        check_settled(self.school)

    @invariant()
    def everything_holds(self) -> None:
        check(self.school)

    @rule(who=person, which=course, referrer=maybe_referrer)
    def register(self, who: int, which: int, referrer: int | None) -> None:
        """Refusals are answers like any other."""
        self._try(lambda: self.school.register(self._person(who), self._event(which), self._referrer(referrer)))

    @rule(who=person, which=course, referrer=maybe_referrer)
    def buy(self, who: int, which: int, referrer: int | None) -> None:
        self._try(lambda: self.school.buy(self._person(who), self._event(which), self._referrer(referrer)))

    @rule(which=pick)
    def open_order(self, which: int) -> None:
        held = self.school.rows(
            "select id, user_id from registrations where status = 'pending' order by created_at, id"
        )
        if not held:
            return
        row = held[which % len(held)]
        self._try(lambda: self.school.open_order(row["user_id"], row["id"]))

    @rule(which=pick, status=st.sampled_from(["failed", "authorized", "captured", "captured"]))
    def pay(self, which: int, status: Literal["failed", "authorized", "captured"]) -> None:
        """Any order, however old, may still be paid, or paid twice."""
        if not self.school.bank.orders:
            return
        orders = list(self.school.bank.orders)
        self.school.bank.pay(orders[which % len(orders)], status)

    @rule(which=pick)
    def capture(self, which: int) -> None:
        waiting = self.school.bank.payments("authorized")
        if not waiting:
            return
        self.school.bank.capture(waiting[which % len(waiting)])

    @rule(which=pick, again=st.booleans())
    def deliver(self, which: int, again: bool) -> None:
        mail = self.school.bank.mail
        if not mail:
            return
        letter = mail[which % len(mail)] if again else mail.pop(which % len(mail))
        self.school.deliver(*letter)

    @rule(which=pick)
    def cancel(self, which: int) -> None:
        live = self.school.rows(
            "select id, user_id from registrations where status in ('pending', 'confirmed') order by created_at, id"
        )
        if not live:
            return
        row = live[which % len(live)]
        self._try(lambda: self.school.cancel(row["user_id"], row["id"]))

    @rule(who=person, which=course)
    def join(self, who: int, which: int) -> None:
        self._try(lambda: self.school.join(self._person(who), self._event(which)))

    @rule(which=pick, referrer=maybe_referrer)
    def claim(self, which: int, referrer: int | None) -> None:
        for entry in self._entry(which):
            self._try(partial(self.school.claim, entry["user_id"], entry["id"], self._referrer(referrer)))

    @rule(which=pick)
    def leave(self, which: int) -> None:
        for entry in self._entry(which):
            self._try(partial(self.school.leave, entry["user_id"], entry["id"]))

    @rule()
    def sweep(self) -> None:
        self.school.sweep()

    @rule()
    def refund(self) -> None:
        self.school.make_refunds()

    @rule()
    def settle(self) -> None:
        self.school.bank.settle_refunds()

    @rule()
    def process_referrals(self) -> None:
        self.school.process_referrals()

    @rule(which=course, at_all=st.integers(0, 7))
    def cancel_event(self, which: int, at_all: int) -> None:
        if at_all == 7:
            self.school.cancel_event(self._event(which))

    @rule(which=course)
    def work_off(self, which: int) -> None:
        self.school.work_off(self._event(which))

    @rule(which=course)
    def add_seat(self, which: int) -> None:
        self.school.add_seat(self._event(which))

    @rule(step=st.sampled_from([timedelta(minutes=10), timedelta(minutes=31), timedelta(hours=25), timedelta(days=3)]))
    def wait(self, step: timedelta) -> None:
        self.school.now += step

    def _person(self, number: int) -> UUID:
        return self.school.people[number]

    def _referrer(self, number: int | None) -> UUID | None:
        return None if number is None else self.school.people[number]

    def _event(self, number: int) -> UUID:
        return self.school.events[number]

    def _entry(self, which: int) -> list[dict[str, UUID]]:
        """One of the places in a queue, live or not, if there are any."""
        entries = self.school.rows("select id, user_id from event_waitlist order by joined_at, id")
        return [entries[which % len(entries)]] if entries else []

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except AppError as refusal:
            if refusal.status >= 500:
                raise
