"""C1 and C3: hundreds of people for a few seats, and a waitlist under claims and expiries at once."""

from datetime import timedelta
from uuid import UUID

import pytest

from shared import db
from shared.actors import service_for
from shared.registrations import service as registrations
from shared.registrations.models import BookableEvent, Registration
from tests.seats.crowd import at_once
from tests.seats.invariants import check
from tests.seats.school import HOLD, School

CLIENTS = 100


def rush(school: School, seats: int) -> int:
    """Everybody registers at once; how many got a seat."""
    event_id = school.event(capacity=seats)
    answers = at_once(lambda who: school.register(who, event_id), school.people)
    winners = [answer for answer in answers if isinstance(answer, Registration)]
    assert {answer for answer in answers if isinstance(answer, str)} <= {"event_full"}
    (taken,) = school.rows("select count(*) from registrations where event_id = %(id)s", id=event_id)
    assert taken["count"] == len(winners)
    return len(winners)


def rounds(long: int) -> list[object]:
    return [2, pytest.param(long, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]


@pytest.mark.parametrize("times", rounds(20))
@pytest.mark.parametrize("seats", [1, 50])
def test_as_many_win_as_there_are_seats(school: School, seats: int, times: int) -> None:
    for _ in range(CLIENTS if times == 2 else 200):
        school.person()
    assert [rush(school, seats) for _ in range(times)] == [seats] * times


class Unlocked(School):
    """Reads the event and counts its seats without the lock, as if nobody else were there."""

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


def test_without_the_lock_the_course_is_oversold(school: School) -> None:
    twin = Unlocked(school.database, school.look)
    for _ in range(CLIENTS):
        twin.person()
    assert any(rush(twin, 1) > 1 for _ in range(30))


@pytest.mark.parametrize("times", rounds(20))
def test_ten_freed_seats_go_to_the_first_who_claim_in_time(school: School, times: int) -> None:
    for _ in range(times):
        waitlist_round(school)


def waitlist_round(school: School) -> None:
    """Ten leave, forty wait; the second wave of offers comes when the first has partly run out."""
    holders = [school.person() for _ in range(10)]
    event_id = school.event(capacity=10, price_amount=0)
    seats = {who: school.register(who, event_id).id for who in holders}
    waiting = [school.person() for _ in range(40)]
    entries = {who: school.join(who, event_id) for who in waiting}
    positions = school.rows(
        "select private.waitlist_position(id) as at from event_waitlist where event_id = %(id)s order by joined_at",
        id=event_id,
    )
    assert [row["at"] for row in positions] == list(range(1, 41))
    at_once(lambda who: school.cancel(who, seats[who]), holders)
    check(school)
    assert claimed(school, entries, waiting[:4]) == waiting[:4]
    school.now += timedelta(hours=25)
    # Six offers have run out: whoever sweeps, claims late or claims what was passed on does so at once.
    school.sweep()
    check(school)
    assert set(claimed(school, entries, waiting)) == {*waiting[:4], *waiting[10:16]}
    check(school)


def claimed(school: School, entries: dict[UUID, UUID], people: list[UUID]) -> list[UUID]:
    """Who of these, each claiming twice at once with the others, has a seat."""
    answers = at_once(lambda who: school.claim(who, entries[who]), people * 2)
    assert {answer for answer in answers if isinstance(answer, str)} <= {"no_offer", "offer_expired"}
    return [who for who, answer in zip(people, answers[: len(people)], strict=True) if isinstance(answer, Registration)]


def test_an_offer_that_runs_out_while_it_is_claimed_seats_one_of_both(school: School) -> None:
    holder, first, second = school.person(), school.person(), school.person()
    event_id = school.event(price_amount=0)
    seat = school.register(holder, event_id).id
    mine, _ = school.join(first, event_id), school.join(second, event_id)
    school.cancel(holder, seat)
    sweep_at = school.now + timedelta(hours=24)

    def act(what: str) -> str:
        if what == "claim":
            return str(school.claim(first, mine).status)
        late = School(school.database, school.look, now=sweep_at)
        late.sweep()
        return "swept"

    answers = at_once(act, ["claim", "sweep"])
    check(school)
    (offer,) = school.rows("select count(*) from event_waitlist where status = 'notified'")
    assert offer["count"] == (0 if "confirmed" in answers else 1)
