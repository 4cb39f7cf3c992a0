"""Many students, few seats: each seat is sold once, through a pooler too."""

from contextlib import suppress
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

import psycopg
import pytest

from functions.registrations import service
from shared import clock, db
from shared.actors import service_for
from shared.errors import Conflict, Unavailable
from tests.conftest import Database
from tests.deployed import DeployedFunctions
from tests.pgbouncer import PgBouncer

CLIENTS = 100


def register(user: UUID, event: UUID) -> bool:
    """Whether this student got a seat; the next try follows an answer that asks for one."""
    while True:
        with suppress(Unavailable), db.transaction(service_for(user)) as conn:
            try:
                service.register(conn, user, event, None, hold=timedelta(minutes=30), now=clock.now())
            except Conflict as refusal:
                assert refusal.code == "event_full"  # noqa: PT017 - anything else is an error
                return False
            return True


def winners(deployed: DeployedFunctions, people: list[UUID], event: UUID) -> int:
    return sum(deployed.at_once(lambda user: register(user, event), people, threads=len(people)))


def people(deployed: DeployedFunctions, count: int) -> list[UUID]:
    statement = """
        insert into profiles (id, email)
        select id, id || '@example.com' from (select gen_random_uuid() as id from generate_series(1, %s)) ids
        returning id
    """
    return [row["id"] for row in deployed.rows(statement, count)]


def taken(deployed: DeployedFunctions, event: UUID) -> int:
    return deployed.row("select count(*) as n from registrations where event_id = %s", event)["n"]


class UnlockedCursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Self:
        return super().execute(query.replace("for no key update", ""), *args, **kwargs)


class UnlockedConnection(db.Connection):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cursor_factory = UnlockedCursor


@pytest.mark.parametrize(
    ("clients", "seats", "rounds"),
    [
        (CLIENTS, 1, 2),
        (CLIENTS, 20, 1),
        pytest.param(200, 1, 20, marks=pytest.mark.long),
        pytest.param(200, 50, 5, marks=pytest.mark.long),
    ],
)
def test_exactly_as_many_get_a_seat_as_there_are_seats(
    deployed: DeployedFunctions, clients: int, seats: int, rounds: int
) -> None:
    """C1."""
    crowd = people(deployed, clients)
    for _ in range(rounds):
        event = deployed.event(capacity=seats, price_amount=0)
        assert winners(deployed, crowd, event) == seats == taken(deployed, event)


def test_exactly_as_many_get_a_seat_as_there_are_seats_behind_a_pooler(
    database: Database, deployed: DeployedFunctions, pgbouncer: PgBouncer
) -> None:
    """C1: a hundred clients on two backends."""
    deployed.put_secret("database-worker", {"url": pgbouncer.url(database.name, "worker_login")})
    event = deployed.event(capacity=5, price_amount=0)
    assert winners(deployed, people(deployed, CLIENTS), event) == 5 == taken(deployed, event)


def test_without_the_events_lock_a_seat_would_be_sold_twice(
    deployed: DeployedFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of C1: the same statement without its lock."""

    monkeypatch.setattr(db, "Connection", UnlockedConnection)
    crowd = people(deployed, 30)
    assert any(winners(deployed, crowd, deployed.event(capacity=1, price_amount=0)) > 1 for _ in range(30))


def test_one_student_at_every_door_gets_one_seat(deployed: DeployedFunctions) -> None:
    user, event = deployed.profile(), deployed.event(capacity=10, price_amount=0)

    def register_once(_: int) -> str:
        with db.transaction(service_for(user)) as conn:
            try:
                service.register(conn, user, event, None, hold=timedelta(minutes=30), now=clock.now())
            except Conflict as refusal:
                return refusal.code
        return "registered"

    answers = deployed.at_once(register_once, range(20), threads=20)
    assert sorted(answers) == ["already_registered"] * 19 + ["registered"]
