"""P6: while the link to the database ails nobody is told of what was not done, and once it is well all works again."""

import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest

from shared import clock, db
from shared.actors import SERVICE
from shared.errors import Unavailable
from shared.payments import queries as payments
from shared.payments import service
from shared.payments.models import PaymentEntity
from tests.database.toxics import HARMLESS, TOXICS, AilingLink, Direction, Toxic
from tests.deployed import close_connections, reaching_it_at
from tests.payments.writes import CASES, PAID_ORDER, Case, hold, let_the_server_notice, purchase_of, state, warm_up
from tests.registrations.school import School

DIRECTIONS: tuple[Direction, ...] = ("up", "down")
ONCE = [1, pytest.param(50, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]
"""How many places of the exchange each toxic begins at."""


@pytest.fixture
def link(school: School) -> Iterator[AilingLink]:
    with AilingLink(school.deployed.database.cluster.port) as link, reaching_it_at(school.deployed, link.port):
        yield link


@dataclass(frozen=True)
class Illness:
    """A toxic on the way of one request; one that is `cold` has to connect first."""

    toxic: Toxic
    cold: bool

    def __str__(self) -> str:
        toxic = self.toxic
        return f"{toxic.harm.__name__} after {toxic.after} bytes {toxic.direction}, {'cold' if self.cold else 'warm'}"


def illnesses(dice: random.Random, link: AilingLink, make: Callable[[], Case], times: int) -> Iterator[Illness]:
    """Each toxic, so many times, from anywhere in what a well request exchanges."""
    exchanged = {cold: exchange(link, make, cold=cold) for cold in (False, True)}
    for _ in range(times):
        for harm in TOXICS:
            cold, direction = dice.random() < 0.3, dice.choice(DIRECTIONS)
            yield Illness(Toxic(harm, direction, dice.randrange(exchanged[cold][direction])), cold)


def exchange(link: AilingLink, make: Callable[[], Case], *, cold: bool) -> dict[Direction, int]:
    """The bytes of a request, at the least: the first run of its kind may find more to do."""
    found: list[dict[Direction, int]] = []
    for _ in range(2):
        case = make()
        begin(cold=cold)
        link.passed.clear()
        case.act()
        found.append({direction: link.passed[direction] for direction in DIRECTIONS})
    return {direction: min(each[direction] for each in found) for direction in DIRECTIONS}


def begin(*, cold: bool) -> None:
    if cold:
        close_connections()
    else:
        warm_up()


def suffer(school: School, link: AilingLink, case: Case, illness: Illness) -> Iterator[str]:
    """One request while the link ails and the same once it is well; what they should not have done."""
    begin(cold=illness.cold)
    link.poison(illness.toxic)
    try:
        case.act()
        answered = True
    except Unavailable:
        answered = False
    if answered and (found := case.found()) != case.wanted:
        yield f"answered, and found was {found}"
    if not answered and illness.toxic.harm in HARMLESS:
        yield "failed, where it is only slow"
    link.heal()
    if case.is_run:
        let_the_server_notice(school)  # a run leaves out what another one seems to have in hand
    case.again()
    try:
        case.act()
    except Unavailable as error:
        yield f"still fails: {error.__cause__!r}"
    if (found := case.found()) != case.wanted:
        yield f"in the end found was {found}"


def troubles(school: School, link: AilingLink, make: Callable[[School], Case], times: int) -> list[str]:
    """What the toxics did to a case, each by what it takes to replay it."""
    school.deployed.mute_queue()
    dice = random.Random(make.__name__)
    found: list[str] = []
    for illness in illnesses(dice, link, lambda: make(school), times):
        found += [f"{illness}: {trouble}" for trouble in suffer(school, link, make(school), illness)]
    return found


@pytest.mark.parametrize("times", ONCE)
@pytest.mark.parametrize("make", CASES)
def test_no_toxic_gets_an_answer_before_its_commit_and_none_outlives_its_removal(
    school: School, link: AilingLink, make: Callable[[School], Case], times: int
) -> None:
    assert troubles(school, link, make, times) == []
    logging.getLogger(__name__).info("%s met %d toxics", make.__name__, len(link.met))
    assert len(link.met) * 10 >= times * len(TOXICS) * 9  # one near the end may be missed: not all are of one length


def test_whoever_answers_before_the_commit_is_found(school: School, link: AilingLink) -> None:
    """The negative control."""

    def answers_first(school: School) -> Case:
        held = hold(school)
        paid = PaymentEntity.model_validate(purchase_of(held).payment("captured"))

        def act() -> None:
            now = clock.now()
            try:
                with db.transaction(SERVICE) as conn:
                    order = payments.lock_order(conn, held.order_id).fetchone()
                    assert order
                    service.apply_payment(conn, order, paid, reported_at=now, now=now)
            except Unavailable:
                pass  # the answer is on its way

        return Case(act, lambda: state(held), (PAID_ORDER, {"payment_success": 2}))

    assert [each for each in troubles(school, link, answers_first, 1) if "answered, and" in each]


def test_whoever_keeps_a_dead_connection_is_found(school: School, link: AilingLink) -> None:
    """The negative control."""
    url = f"postgresql://worker_login@127.0.0.1:{link.port}/{school.deployed.database.name}"
    with psycopg.connect(url, autocommit=True) as kept:

        def never_connects_again(_: School) -> Case:
            def act() -> None:
                try:
                    kept.execute("select 1")
                except psycopg.OperationalError as error:
                    raise Unavailable("again") from error

            return Case(act, lambda: None, None)

        assert [each for each in troubles(school, link, never_connects_again, 1) if "still fails" in each]
