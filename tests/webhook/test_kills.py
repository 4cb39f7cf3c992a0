"""Workers and the database are killed at random: acknowledged events stay, and no effect happens twice."""

import os
import random
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from local.postgres import Cluster, free_port
from tests.conftest import Database, create_template
from tests.deployed import DeployedFunctions, close_connections, running
from tests.webhook.deliveries import Purchase, SignedEvent, actual_outcomes, buy_many, expected_outcome

SEED = 20_261_114


def start_worker(
    deployed: DeployedFunctions, events: Sequence[SignedEvent], *, acknowledges_first: bool
) -> tuple[int, int]:
    """A process that delivers the events one after the other, and a pipe with a byte for each one answered with 200."""
    close_connections()  # a forked connection would be two processes' connection
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        for event in events:
            if acknowledges_first:
                os.write(writer, b".")
            if deployed.webhook(event.body, event_id=event.event_id).status == 200 and not acknowledges_first:
                os.write(writer, b".")
        os._exit(0)
    os.close(writer)
    return pid, reader


def acknowledged_until_killed(
    deployed: DeployedFunctions, events: Sequence[SignedEvent], seconds: float, *, acknowledges_first: bool = False
) -> int:
    """How many of the events a worker acknowledged that was killed so many seconds after its first."""
    pid, reader = start_worker(deployed, events, acknowledges_first=acknowledges_first)
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        acknowledged = len(pipe.read(1) or b"")
        threading.Event().wait(seconds)  # the random instant, not a condition
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return acknowledged + len(pipe.readall())


def count_unprocessed(deployed: DeployedFunctions, events: Sequence[SignedEvent]) -> int:
    """How many of these events the log does not hold as processed."""
    stored = {row["event_id"] for row in deployed.rows("select event_id from webhook_logs where status = 'processed'")}
    return len({event.event_id for event in events} - stored)


def event_sequence(purchases: Sequence[Purchase]) -> list[SignedEvent]:
    return [event for each in purchases for event in (each.authorized(), each.captured(), each.order_paid())]


@pytest.mark.parametrize(("kills", "purchases"), [(15, 80), pytest.param(200, 1000, marks=pytest.mark.long)])
def test_workers_killed_at_random_lose_and_double_nothing(
    deployed: DeployedFunctions, kills: int, purchases: int
) -> None:
    """W12."""
    deployed.mute_queue()
    rng = random.Random(SEED)
    bought = buy_many(deployed, purchases)
    waiting = event_sequence(bought)
    rng.shuffle(waiting)
    for _ in range(kills):
        turn = waiting[:40]
        count = acknowledged_until_killed(deployed, turn, rng.uniform(0, 0.05))
        assert count_unprocessed(deployed, turn[:count]) == 0
        waiting = waiting[count:]
    for event in waiting:
        event.deliver(deployed)
    found = actual_outcomes(deployed)
    assert {each.order_id: found[each.order_id] for each in bought} == {
        each.order_id: expected_outcome(event_sequence([each]), each) for each in bought
    }


def test_a_worker_that_acknowledges_first_would_lose_events(deployed: DeployedFunctions) -> None:
    """The negative control of W12."""
    deployed.mute_queue()
    events = event_sequence(buy_many(deployed, 10))
    lost = 0
    for event in events:
        acknowledged_until_killed(deployed, [event], 0, acknowledges_first=True)
        lost += count_unprocessed(deployed, [event])
    assert lost > 0


@pytest.fixture
def durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedFunctions]:
    """A platform on a server of its own that writes to disk before it answers."""
    server = Cluster(tmp_path / "data", free_port(), settings={"fsync": "on", "synchronous_commit": "on"}).start()
    try:
        with running(Database(server, create_template(server)), monkeypatch) as deployed:
            yield deployed
    finally:
        server.stop()


def restart(server: Cluster) -> None:
    """As a supervisor does: a dying backend may still hold the dead server's shared memory."""
    for _ in range(20):
        try:
            server.start()
        except RuntimeError:
            continue
        return
    raise RuntimeError("PostgreSQL does not come back")


@pytest.mark.parametrize(("kills", "purchases"), [(3, 40), pytest.param(20, 600, marks=pytest.mark.long)])
def test_a_postmaster_killed_under_load_keeps_what_was_acknowledged(
    durable: DeployedFunctions, kills: int, purchases: int
) -> None:
    """W13."""
    durable.mute_queue()
    events = event_sequence(buy_many(durable, purchases))
    random.Random(SEED).shuffle(events)
    acknowledged: list[SignedEvent] = []
    progress = threading.Condition()

    def deliver(event: SignedEvent) -> None:
        while durable.webhook(event.body, event_id=event.event_id).status != 200:
            with progress:
                progress.wait(0.1)  # Razorpay's first retry comes after 0.2 s
        with progress:
            acknowledged.append(event)
            progress.notify_all()

    load = threading.Thread(target=durable.at_once, args=(deliver, events, 4))
    load.start()
    server = durable.database.cluster
    for number in range(kills):
        with progress:
            wanted = len(events) * (number + 1) // (kills + 1)
            assert progress.wait_for(lambda: len(acknowledged) >= wanted, 60)  # noqa: B023 - waited for here
            before = list(acknowledged)
        server.kill()
        restart(server)
        with durable.database.look() as conn:
            assert count_unprocessed(replace(durable, looking=conn), before) == 0
    load.join(60)
    assert not load.is_alive()
    with durable.database.look() as conn:
        after = replace(durable, looking=conn)
        assert count_unprocessed(after, events) == 0
        assert {ending.receipts for ending in actual_outcomes(after).values()} == {2}
        assert {ending.registration for ending in actual_outcomes(after).values()} == {"confirmed"}
