"""The link to the database is cut at every round trip: all or nothing is written, and a repetition completes it."""

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


@pytest.fixture
def link(storefront: Storefront) -> Iterator[Link]:
    with linked(storefront.deployed) as link:
        yield link


def broken_points(
    storefront: Storefront, link: Link, make: Callable[[Storefront], WriteCase]
) -> list[tuple[int, Where, object]]:
    """Cut the link at each round trip; returns the cuts with a wrong final state."""
    storefront.deployed.mute_queue()
    wrong: list[tuple[int, Where, object]] = []
    places: tuple[Where, ...] = ("before", "after")
    for where in places:
        trip = 0
        reached = True
        while reached:
            trip += 1
            case = make(storefront)
            warm_up()
            link.count()
            link.cut(trip, where)
            with suppress(Unavailable, AssertionError):
                case.act()
            reached = link.count() >= trip
            link.repair()
            wait_for_server_rollback(storefront)
            case.again()
            case.act()  # Razorpay's redelivery, the client's second try, the next run of a schedule
            if (found := case.found()) != case.wanted:
                wrong.append((trip, where, found))
        assert trip > 3
    return wrong


@pytest.mark.parametrize("make", CASES)
def test_a_link_cut_at_any_round_trip_leaves_all_or_nothing(
    storefront: Storefront, link: Link, make: Callable[[Storefront], WriteCase]
) -> None:
    """W11."""
    assert broken_points(storefront, link, make) == []


def test_a_delivery_logged_before_its_effect_would_be_lost(storefront: Storefront, link: Link) -> None:
    """The negative control: the log in a transaction of its own."""

    def in_two_transactions(storefront: Storefront) -> WriteCase:
        held = held_seat(storefront)
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

        return WriteCase(deliver, lambda: state(held), (PAID_ORDER, {"payment_success": 2}))

    assert broken_points(storefront, link, in_two_transactions)
