"""Few round trips, and none that a transaction pooler could trip over."""

import re

from tests.database.link import Link
from tests.deployed import DeployedFunctions
from tests.webhook.deliveries import buy

SESSION_BOUND = re.compile(
    rb"(?i)^\W*(set|reset|discard|prepare|listen|declare|create\s+temp)\b"
    rb"|\b(set_config|nextval|pg_advisory_lock|pg_try_advisory_lock)\b"
)


def test_a_warm_capture_takes_four_round_trips(deployed: DeployedFunctions, link: Link) -> None:
    buy(deployed).captured().deliver(deployed)
    link.count()
    assert buy(deployed).captured().deliver(deployed) == "processed"
    assert link.count() == 4  # begin, log and lock, effects, commit


def test_a_duplicate_takes_three_round_trips(deployed: DeployedFunctions, link: Link) -> None:
    event = buy(deployed).captured()
    event.deliver(deployed)
    link.count()
    assert event.deliver(deployed) == "duplicate"
    assert link.count() == 3


def test_nothing_is_prepared_and_nothing_is_set_for_the_session(deployed: DeployedFunctions, link: Link) -> None:
    """P1, for this slice; `make test` runs everything through a pooler too."""
    for _ in range(8):  # psycopg prepares what it sees five times
        purchase = buy(deployed)
        purchase.captured().deliver(deployed)
        purchase.refund(purchase.amount).deliver(deployed)
    user, event = deployed.profile(), deployed.event(price_amount=0)
    for _ in range(8):
        deployed.request("registrations", "POST", "registrations", user=user, body={"eventId": str(event)})
        deployed.request("registrations", "GET", "registrations", user=user)
        deployed.request("events", "GET", "events")
    assert link.named == []
    assert [each for each in link.statements if SESSION_BOUND.search(each)] == []
    assert max(map(len, link.statements)) < 16 * 1024
    assert len(link.statements) > 100


def test_the_link_sees_a_session_setting_and_a_prepared_statement(deployed: DeployedFunctions, link: Link) -> None:
    """The negative control."""
    assert SESSION_BOUND.search(b"set search_path = x")
    assert SESSION_BOUND.search(b"set role app_admin")
    assert SESSION_BOUND.search(b"select pg_advisory_lock(1)")
