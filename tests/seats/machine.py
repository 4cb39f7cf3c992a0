"""Everything that can happen to seats, money, the waitlist and referrals, in any order (hypothesis stateful)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Literal
from uuid import UUID

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from shared.errors import AppError
from tests.seats.invariants import check, check_settled
from tests.seats.school import School

PEOPLE = 6
person = st.integers(0, PEOPLE - 1)
course = st.sampled_from([0, 0, 0, 1])
maybe_referrer = st.one_of(st.none(), st.sampled_from([0, 0, 1]))
pick = st.integers(0, 30)


class SeatsMachine(RuleBasedStateMachine):
    """Two technical courses, one tiny and one with a few seats; refusals are answers like any other."""

    school: School

    def __init__(self) -> None:
        super().__init__()
        self.school.forget()
        for _ in range(PEOPLE):
            self.school.person()
        self.school.event(capacity=3)
        self.school.event(capacity=1, category="non_technical")

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
        self._try(lambda: self.school.register(self._person(who), self._event(which), self._referrer(referrer)))

    @rule(who=person, which=course, referrer=maybe_referrer)
    def buy(self, who: int, which: int, referrer: int | None) -> None:
        self._try(lambda: self.school.buy(self._person(who), self._event(which), self._referrer(referrer)))

    @rule(which=pick)
    def open_order(self, which: int) -> None:
        held = self.school.rows("select id, user_id from registrations where status = 'pending' order by created_at, id")
        assume(held)
        row = held[which % len(held)]
        self._try(lambda: self.school.open_order(row["user_id"], row["id"]))

    @rule(which=pick, status=st.sampled_from(["failed", "authorized", "captured", "captured"]))
    def pay(self, which: int, status: Literal["failed", "authorized", "captured"]) -> None:
        """Any order, however old, may still be paid, or paid twice."""
        assume(self.school.bank.orders)
        orders = list(self.school.bank.orders)
        self.school.bank.pay(orders[which % len(orders)], status)

    @rule(which=pick)
    def capture(self, which: int) -> None:
        waiting = self.school.bank.payments("authorized")
        assume(waiting)
        self.school.bank.capture(waiting[which % len(waiting)])

    @rule(which=pick, again=st.booleans())
    def deliver(self, which: int, again: bool) -> None:
        mail = self.school.bank.mail
        assume(mail)
        letter = mail[which % len(mail)] if again else mail.pop(which % len(mail))
        self.school.deliver(*letter)

    @rule(which=pick)
    def cancel(self, which: int) -> None:
        live = self.school.rows(
            "select id, user_id from registrations where status in ('pending', 'confirmed') order by created_at, id"
        )
        assume(live)
        row = live[which % len(live)]
        self._try(lambda: self.school.cancel(row["user_id"], row["id"]))

    @rule(who=person, which=course)
    def join(self, who: int, which: int) -> None:
        self._try(lambda: self.school.join(self._person(who), self._event(which)))

    @rule(which=pick, referrer=maybe_referrer)
    def claim(self, which: int, referrer: int | None) -> None:
        entry = self._entry(which)
        self._try(lambda: self.school.claim(entry["user_id"], entry["id"], self._referrer(referrer)))

    @rule(which=pick)
    def leave(self, which: int) -> None:
        entry = self._entry(which)
        self._try(lambda: self.school.leave(entry["user_id"], entry["id"]))

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

    @rule(which=course, at_all=st.sampled_from([False, False, False, True]))
    def cancel_event(self, which: int, at_all: bool) -> None:
        assume(at_all)
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

    def _entry(self, which: int) -> dict[str, UUID]:
        entries = self.school.rows("select id, user_id from event_waitlist order by joined_at, id")
        assume(entries)
        return entries[which % len(entries)]

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except AppError as refusal:
            assert refusal.status < 500, refusal
