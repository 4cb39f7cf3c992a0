"""A Hypothesis state machine over seats, payments, the waitlist and referrals: any request in any order."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Literal
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.errors import AppError
from tests.seats.invariants import check, check_settled
from tests.seats.simulation import PRICE, PlatformSimulation

PEOPLE = 6
person = st.integers(0, PEOPLE - 1)
course = st.sampled_from([0, 0, 0, 1])
maybe_referrer = st.one_of(st.none(), st.sampled_from([0, 0, 1]))
pick = st.integers(0, 30)
DEAR = 3 * PRICE // 2
"""More than the credit for the other course can pay."""


class SeatsMachine(RuleBasedStateMachine):
    """Two courses, one with a single seat and one with three; a 4xx is a valid answer."""

    simulation: PlatformSimulation

    def __init__(self) -> None:
        super().__init__()
        self.simulation.reset()
        for _ in range(PEOPLE):
            self.simulation.person()
        self.simulation.event(capacity=3)
        self.simulation.event(capacity=1, category="non_technical", price_amount=DEAR)

    @initialize(friends=st.sampled_from([0, 2, 3, 3]), waiting=st.integers(0, 2))
    def fill(self, friends: int, waiting: int) -> None:
        """Start with a course that has referred students, and a waitlist if it is full."""
        for friend in range(friends):
            self.simulation.buy(self._person(1 + friend), self._event(0), self._person(0))
        self.simulation.process_referrals()
        for late in range(waiting):
            self._try(partial(self.simulation.join, self._person(4 + late), self._event(0)))

    def teardown(self) -> None:
        """Deliver every pending webhook and finish every refund."""
        while self.simulation.razorpay.webhooks:
            self.simulation.deliver(*self.simulation.razorpay.webhooks.pop(0))
        self.simulation.now += timedelta(minutes=31)
        for _ in range(2):
            self.simulation.sweep()
            self.simulation.send_refunds()
            self.simulation.razorpay.complete_refunds()
            while self.simulation.razorpay.webhooks:
                self.simulation.deliver(*self.simulation.razorpay.webhooks.pop(0))
        check_settled(self.simulation)

    @invariant()
    def everything_holds(self) -> None:
        check(self.simulation)

    @rule(who=person, which=course, referrer=maybe_referrer)
    def register(self, who: int, which: int, referrer: int | None) -> None:
        """A 4xx is a valid answer."""
        self._try(lambda: self.simulation.register(self._person(who), self._event(which), self._referrer(referrer)))

    @rule(who=person, which=course, referrer=maybe_referrer)
    def buy(self, who: int, which: int, referrer: int | None) -> None:
        self._try(lambda: self.simulation.buy(self._person(who), self._event(which), self._referrer(referrer)))

    @rule(which=pick)
    def open_order(self, which: int) -> None:
        held = self.simulation.rows(
            "select id, user_id from registrations where status = 'pending' order by created_at, id"
        )
        if not held:
            return
        row = held[which % len(held)]
        self._try(lambda: self.simulation.open_order(row["user_id"], row["id"]))

    @rule(which=pick, status=st.sampled_from(["failed", "authorized", "captured", "captured"]))
    def pay(self, which: int, status: Literal["failed", "authorized", "captured"]) -> None:
        """Any order of any age can be paid, also twice."""
        if not self.simulation.razorpay.orders:
            return
        orders = list(self.simulation.razorpay.orders)
        self.simulation.razorpay.pay(orders[which % len(orders)], status)

    @rule(which=pick)
    def capture(self, which: int) -> None:
        waiting = self.simulation.razorpay.payments("authorized")
        if not waiting:
            return
        self.simulation.razorpay.capture(waiting[which % len(waiting)])

    @rule(which=pick, again=st.booleans())
    def deliver(self, which: int, again: bool) -> None:
        webhooks = self.simulation.razorpay.webhooks
        if not webhooks:
            return
        letter = webhooks[which % len(webhooks)] if again else webhooks.pop(which % len(webhooks))
        self.simulation.deliver(*letter)

    @rule(which=pick)
    def cancel(self, which: int) -> None:
        live = self.simulation.rows(
            "select id, user_id from registrations where status in ('pending', 'confirmed') order by created_at, id"
        )
        if not live:
            return
        row = live[which % len(live)]
        self._try(lambda: self.simulation.cancel(row["user_id"], row["id"]))

    @rule(who=person, which=course)
    def join(self, who: int, which: int) -> None:
        self._try(lambda: self.simulation.join(self._person(who), self._event(which)))

    @rule(which=pick, referrer=maybe_referrer)
    def claim(self, which: int, referrer: int | None) -> None:
        for entry in self._entry(which):
            self._try(partial(self.simulation.claim, entry["user_id"], entry["id"], self._referrer(referrer)))

    @rule(which=pick)
    def leave(self, which: int) -> None:
        for entry in self._entry(which):
            self._try(partial(self.simulation.leave, entry["user_id"], entry["id"]))

    @rule()
    def sweep(self) -> None:
        self.simulation.sweep()

    @rule()
    def refund(self) -> None:
        self.simulation.send_refunds()

    @rule()
    def settle(self) -> None:
        self.simulation.razorpay.complete_refunds()

    @rule()
    def process_referrals(self) -> None:
        self.simulation.process_referrals()

    @rule(which=course, at_all=st.integers(0, 7))
    def cancel_event(self, which: int, at_all: int) -> None:
        if at_all == 7:
            self.simulation.cancel_event(self._event(which))

    @rule(which=course)
    def cancel_remaining_registrations(self, which: int) -> None:
        self.simulation.cancel_remaining_registrations(self._event(which))

    @rule(which=course)
    def add_seat(self, which: int) -> None:
        self.simulation.add_seat(self._event(which))

    @rule(step=st.sampled_from([timedelta(minutes=10), timedelta(minutes=31), timedelta(hours=25), timedelta(days=3)]))
    def wait(self, step: timedelta) -> None:
        self.simulation.now += step

    def _person(self, number: int) -> UUID:
        return self.simulation.people[number]

    def _referrer(self, number: int | None) -> UUID | None:
        return None if number is None else self.simulation.people[number]

    def _event(self, number: int) -> UUID:
        return self.simulation.events[number]

    def _entry(self, which: int) -> list[dict[str, UUID]]:
        """One waitlist entry, open or closed, if there is any."""
        entries = self.simulation.rows("select id, user_id from event_waitlist order by joined_at, id")
        return [entries[which % len(entries)]] if entries else []

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except AppError as refusal:
            if refusal.status >= 500:
                raise
