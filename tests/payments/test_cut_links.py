"""The link to the database breaks at every round trip of every function: all or nothing, and a repetition mends it."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from shared import clock, db
from shared.actors import SERVICE
from shared.errors import Unavailable
from shared.payments import queries as payments
from shared.webhooks import queries as log
from shared.webhooks import service as webhook
from shared.webhooks.models import PaymentEvent
from tests.database.link import Link, Where
from tests.deployed import linked
from tests.payments.writes import CASES, PAID_ORDER, Case, hold, let_the_server_notice, purchase_of, state, warm_up
from tests.registrations.school import School


@pytest.fixture
def link(school: School) -> Iterator[Link]:
    with linked(school.deployed) as link:
        yield link


def broken_points(school: School, link: Link, make: Callable[[School], Case]) -> list[tuple[int, Where, object]]:
    """Cut the link at each round trip; returns where that left another end than it should."""
    school.deployed.mute_queue()
    wrong: list[tuple[int, Where, object]] = []
    places: tuple[Where, ...] = ("before", "after")
    for where in places:
        trip = 0
        reached = True
        while reached:
            trip += 1
            case = make(school)
            warm_up()
            link.count()
            link.cut(trip, where)
            with suppress(Unavailable, AssertionError):
                case.act()
            reached = link.count() >= trip
            link.mend()
            let_the_server_notice(school)
            case.again()
            case.act()  # Razorpay's redelivery, the client's second try, the next run of a schedule
            if (found := case.found()) != case.wanted:
                wrong.append((trip, where, found))
        assert trip > 3
    return wrong


@pytest.mark.parametrize("make", CASES)
def test_a_link_cut_at_any_round_trip_leaves_all_or_nothing(
    school: School, link: Link, make: Callable[[School], Case]
) -> None:
    """W11."""
    assert broken_points(school, link, make) == []


def test_a_delivery_logged_before_its_effect_would_be_lost(school: School, link: Link) -> None:
    """The negative control: the log in a transaction of its own."""

    def in_two_transactions(school: School) -> Case:
        held = hold(school)
        received, event = webhook.parse(purchase_of(held).captured().body, {"x-razorpay-event-id": str(held.id)})
        assert isinstance(event, PaymentEvent)

        def deliver() -> None:
            with db.transaction(SERVICE) as conn:
                new = log.insert_delivery(conn, received).fetchone()
            if new is None:
                return
            with db.transaction(SERVICE) as conn:
                order = payments.lock_order(conn, held.order_id).fetchone()
                assert order
                webhook._apply(conn, event, order, clock.now())  # pyright: ignore[reportPrivateUsage]

        return Case(deliver, lambda: state(held), (PAID_ORDER, {"payment_success": 2}))

    assert broken_points(school, link, in_two_transactions)
