"""W10: a mail provider that hangs is send-notifications' trouble; Razorpay's deliveries are answered as before."""

import statistics
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from functions.send_notifications.models import ClaimedNotification
from functions.send_notifications.service import DeliveryPorts, deliver
from shared import db
from shared.actors import SERVICE
from shared.notifications.rendering import Message
from tests.deployed import DeployedFunctions, close_connections
from tests.webhook.deliveries import SignedEvent, buy_many

PER_SECOND = 200
CONNECTIONS = 32
P99_SECONDS = 0.250
MAX_SECONDS = 2.0
RUNS = [2, pytest.param(60, marks=pytest.mark.long)]


@contextmanager
def hung_provider(senders: int = 5) -> Generator[threading.Event]:
    """As many senders as the queue runs, each in a call that does not return until the block ends."""
    let_go, hanging = threading.Event(), threading.Semaphore(0)

    def send(claimed: ClaimedNotification, message: Message) -> str:
        hanging.release()
        let_go.wait(120)
        return "late"

    def work() -> None:
        ways = DeliveryPorts(
            lambda: db.transaction(SERVICE), {"email": send}, push=lambda _: None, has_time=lambda: not let_go.is_set()
        )
        while not let_go.is_set():
            deliver(ways, limit=1)
        close_connections()

    threads = [threading.Thread(target=work) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert hanging.acquire(timeout=60)
    try:
        yield let_go
    finally:
        let_go.set()
        for thread in threads:
            thread.join()


def latencies(deliver_one: Callable[[SignedEvent], object], deliveries: Sequence[SignedEvent]) -> list[float]:
    """Seconds until each answer, at 200 deliveries a second over 32 connections."""
    began = time.perf_counter() + 0.1

    def share(connection: int) -> list[float]:
        took: list[float] = []
        for number in range(connection, len(deliveries), CONNECTIONS):
            time.sleep(max(0, began + number / PER_SECOND - time.perf_counter()))
            asked = time.perf_counter()
            deliver_one(deliveries[number])
            took.append(time.perf_counter() - asked)
        close_connections()
        return took

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [each for took in pool.map(share, range(CONNECTIONS)) for each in took]


def p99(took: Sequence[float]) -> float:
    return statistics.quantiles(took, n=100)[98]


@pytest.mark.parametrize("seconds", RUNS)
def test_deliveries_are_answered_in_time_while_the_mail_provider_hangs(
    deployed: DeployedFunctions, seconds: int
) -> None:
    """Within 250 ms, or as quickly as this machine answers with nothing hanging."""
    deployed.mute_queue()
    count = PER_SECOND * seconds
    purchases = buy_many(deployed, 2 * count + 10)
    usual = latencies(lambda each: each.deliver(deployed), [each.captured() for each in purchases[:count]])
    for each in purchases[-10:]:
        each.captured().deliver(deployed)
    with hung_provider():
        took = latencies(
            lambda each: each.deliver(deployed), [each.captured() for each in purchases[count : 2 * count]]
        )
    assert p99(took) <= max(P99_SECONDS, 2 * p99(usual))
    assert max(took) < max(MAX_SECONDS, 2 * max(usual))


def test_control_a_webhook_that_mails_by_itself_hangs_too(deployed: DeployedFunctions) -> None:
    deployed.mute_queue()
    purchases = buy_many(deployed, 40)
    purchases[0].captured().deliver(deployed)
    with hung_provider(senders=1) as let_go:

        def deliver_and_mail(event: SignedEvent) -> None:
            event.deliver(deployed)
            let_go.wait(P99_SECONDS * 2)

        assert p99(latencies(deliver_and_mail, [each.captured() for each in purchases[1:33]])) > P99_SECONDS
