"""C1 and C3: hundreds of users for a few seats, and concurrent claims and expiries of a waitlist."""

from datetime import timedelta
from uuid import UUID

import pytest

from shared import db
from shared.actors import service_for
from shared.registrations import service as registrations
from shared.registrations.models import BookableEvent, Registration
from tests.seats.concurrency import at_once
from tests.seats.invariants import check
from tests.seats.simulation import HOLD, PlatformSimulation

CLIENTS = 100


def rush(simulation: PlatformSimulation, seats: int) -> int:
    """Register everybody at once; returns how many got a seat."""
    event_id = simulation.event(capacity=seats)
    answers = at_once(lambda who: simulation.register(who, event_id), simulation.people)
    winners = [answer for answer in answers if isinstance(answer, Registration)]
    assert {answer for answer in answers if isinstance(answer, str)} <= {"event_full"}
    (taken,) = simulation.rows("select count(*) from registrations where event_id = %(id)s", id=event_id)
    assert taken["count"] == len(winners)
    return len(winners)


def rounds(long: int) -> list[object]:
    return [2, pytest.param(long, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]


@pytest.mark.parametrize("times", rounds(20))
@pytest.mark.parametrize("seats", [1, 50])
def test_exactly_as_many_get_a_seat_as_there_are_seats(simulation: PlatformSimulation, seats: int, times: int) -> None:
    for _ in range(CLIENTS if times == 2 else 200):
        simulation.person()
    assert [rush(simulation, seats) for _ in range(times)] == [seats] * times


class UnlockedRegistration(PlatformSimulation):
    """Reads the event and counts its seats without the lock."""

    def register(self, who: UUID, event_id: UUID, referrer: UUID | None = None) -> Registration:
        with db.transaction(service_for(who)) as conn:
            row = conn.execute(
                "select capacity, private.seats_taken(id), price_amount from public.events where id = %s", (event_id,)
            ).fetchone()
            assert row
            if row[1] >= row[0]:
                raise registrations.Conflict("full", code="event_full")
            event = BookableEvent(event_id, "", "upcoming", self.now, self.now, 1, row[2], "INR")
            seat = registrations.take_seat(
                conn, event, who, source="direct", referral_code=None, hold=HOLD, now=self.now
            )
            return registrations.find_registration(conn, seat, who)


def test_without_the_lock_the_course_is_oversold(simulation: PlatformSimulation) -> None:
    control = UnlockedRegistration(simulation.database, simulation.look)
    for _ in range(CLIENTS):
        control.person()
    assert any(rush(control, 1) > 1 for _ in range(30))


@pytest.mark.parametrize("times", rounds(20))
def test_ten_freed_seats_go_to_the_first_claims_in_time(simulation: PlatformSimulation, times: int) -> None:
    for _ in range(times):
        waitlist_round(simulation)


def waitlist_round(simulation: PlatformSimulation) -> None:
    """Ten cancel and forty wait; when the unclaimed offers expire, a second round of offers follows."""
    holders = [simulation.person() for _ in range(10)]
    event_id = simulation.event(capacity=10, price_amount=0)
    seats = {who: simulation.register(who, event_id).id for who in holders}
    waiting = [simulation.person() for _ in range(40)]
    entries = {who: simulation.join(who, event_id) for who in waiting}
    positions = simulation.rows(
        "select private.waitlist_position(id) as at from event_waitlist where event_id = %(id)s order by joined_at",
        id=event_id,
    )
    assert [row["at"] for row in positions] == list(range(1, 41))
    at_once(lambda who: simulation.cancel(who, seats[who]), holders)
    check(simulation)
    assert claimed(simulation, entries, waiting[:4]) == waiting[:4]
    simulation.now += timedelta(hours=25)
    # Six offers have expired: the sweep, late claims and claims of the new offers run at once.
    simulation.sweep()
    check(simulation)
    assert set(claimed(simulation, entries, waiting)) == {*waiting[:4], *waiting[10:16]}
    check(simulation)


def claimed(simulation: PlatformSimulation, entries: dict[UUID, UUID], people: list[UUID]) -> list[UUID]:
    """Claim twice for each user, all at once; returns the users with a seat."""
    answers = at_once(lambda who: simulation.claim(who, entries[who]), people * 2)
    assert {answer for answer in answers if isinstance(answer, str)} <= {"no_offer", "offer_expired"}
    return [who for who, answer in zip(people, answers[: len(people)], strict=True) if isinstance(answer, Registration)]


def test_an_offer_that_expires_during_its_claim_gives_one_seat(simulation: PlatformSimulation) -> None:
    holder, first, second = simulation.person(), simulation.person(), simulation.person()
    event_id = simulation.event(price_amount=0)
    seat = simulation.register(holder, event_id).id
    mine, _ = simulation.join(first, event_id), simulation.join(second, event_id)
    simulation.cancel(holder, seat)
    sweep_at = simulation.now + timedelta(hours=24)

    def act(what: str) -> str:
        if what == "claim":
            return str(simulation.claim(first, mine).status)
        late = PlatformSimulation(simulation.database, simulation.look, now=sweep_at)
        late.sweep()
        return "swept"

    answers = at_once(act, ["claim", "sweep"])
    check(simulation)
    (offer,) = simulation.rows("select count(*) from event_waitlist where status = 'notified'")
    assert offer["count"] == (0 if "confirmed" in answers else 1)
