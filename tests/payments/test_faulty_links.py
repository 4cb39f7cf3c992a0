"""P6: with a faulty link to the database no success is reported before its commit, and a healthy link recovers."""

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
from tests.payments.write_cases import (
    CASES,
    PAID_ORDER,
    WriteCase,
    held_seat,
    purchase_of,
    state,
    wait_for_server_rollback,
    warm_up,
)
from tests.registrations.storefront import Storefront

DIRECTIONS: tuple[Direction, ...] = ("up", "down")
ONCE = [1, pytest.param(50, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]
"""The number of random positions at which each toxic starts."""


@pytest.fixture
def link(storefront: Storefront) -> Iterator[AilingLink]:
    with AilingLink(storefront.deployed.database.cluster.port) as link, reaching_it_at(storefront.deployed, link.port):
        yield link


@dataclass(frozen=True)
class LinkFault:
    """A toxic on the link of one request; a `cold` request has to connect first."""

    toxic: Toxic
    cold: bool

    def __str__(self) -> str:
        toxic = self.toxic
        return f"{toxic.harm.__name__} after {toxic.after} bytes {toxic.direction}, {'cold' if self.cold else 'warm'}"


def link_faults(
    dice: random.Random, link: AilingLink, make: Callable[[], WriteCase], times: int
) -> Iterator[LinkFault]:
    """Each toxic, this many times, at random bytes of the exchange of a healthy request."""
    exchanged = {cold: exchange(link, make, cold=cold) for cold in (False, True)}
    for _ in range(times):
        for harm in TOXICS:
            cold, direction = dice.random() < 0.3, dice.choice(DIRECTIONS)
            yield LinkFault(Toxic(harm, direction, dice.randrange(exchanged[cold][direction])), cold)


def exchange(link: AilingLink, make: Callable[[], WriteCase], *, cold: bool) -> dict[Direction, int]:
    """The smallest number of bytes that a request exchanges; the first of its kind may exchange more."""
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


def run_with_fault(storefront: Storefront, link: AilingLink, case: WriteCase, fault: LinkFault) -> Iterator[str]:
    """Send a request over the faulty link and repeat it over the healthy one; yields what went wrong."""
    begin(cold=fault.cold)
    link.poison(fault.toxic)
    try:
        case.act()
        is_answered = True
    except Unavailable:
        is_answered = False
    if is_answered and (found := case.found()) != case.wanted:
        yield f"answered, and found was {found}"
    if not is_answered and fault.toxic.harm in HARMLESS:
        yield "failed, where it is only slow"
    link.heal()
    if case.is_run:
        wait_for_server_rollback(storefront)  # a run skips rows that are locked by another
    case.again()
    try:
        case.act()
    except Unavailable as error:
        yield f"still fails: {error.__cause__!r}"
    if (found := case.found()) != case.wanted:
        yield f"in the end found was {found}"


def failures_under_faults(
    storefront: Storefront, link: AilingLink, make: Callable[[Storefront], WriteCase], times: int
) -> list[str]:
    """All failures of a case under the toxics, each with its fault for a replay."""
    storefront.deployed.mute_queue()
    dice = random.Random(make.__name__)
    found: list[str] = []
    for fault in link_faults(dice, link, lambda: make(storefront), times):
        found += [f"{fault}: {trouble}" for trouble in run_with_fault(storefront, link, make(storefront), fault)]
    return found


@pytest.mark.parametrize("times", ONCE)
@pytest.mark.parametrize("make", CASES)
def test_no_toxic_gets_an_answer_before_its_commit_and_none_outlives_its_removal(
    storefront: Storefront, link: AilingLink, make: Callable[[Storefront], WriteCase], times: int
) -> None:
    assert failures_under_faults(storefront, link, make, times) == []
    logging.getLogger(__name__).info("%s met %d toxics", make.__name__, len(link.met))
    assert len(link.met) * 10 >= times * len(TOXICS) * 9  # one near the end may be missed: not all are of one length


def test_an_answer_before_the_commit_is_found(storefront: Storefront, link: AilingLink) -> None:
    """The negative control."""

    def answers_first(storefront: Storefront) -> WriteCase:
        held = held_seat(storefront)
        paid = PaymentEntity.model_validate(purchase_of(held).payment("captured"))

        def act() -> None:
            now = clock.now()
            try:
                with db.transaction(SERVICE) as conn:
                    order = payments.lock_order(conn, held.order_id).fetchone()
                    assert order
                    service.apply_payment(conn, order, paid, reported_at=now, now=now)
            except Unavailable:
                pass  # answered before the commit

        return WriteCase(act, lambda: state(held), (PAID_ORDER, {"payment_success": 2}))

    assert [each for each in failures_under_faults(storefront, link, answers_first, 1) if "answered, and" in each]


def test_a_kept_dead_connection_is_found(storefront: Storefront, link: AilingLink) -> None:
    """The negative control."""
    url = f"postgresql://worker_login@127.0.0.1:{link.port}/{storefront.deployed.database.name}"
    with psycopg.connect(url, autocommit=True) as kept:

        def never_connects_again(_: Storefront) -> WriteCase:
            def act() -> None:
                try:
                    kept.execute("select 1")
                except psycopg.OperationalError as error:
                    raise Unavailable("again") from error

            return WriteCase(act, lambda: None, None)

        assert [
            each for each in failures_under_faults(storefront, link, never_connects_again, 1) if "still fails" in each
        ]
