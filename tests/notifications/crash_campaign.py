"""Workers that deliver until nothing is left, SIGKILLed at random instants.

`python -m tests.notifications.crash_campaign <url> <workers> <kills> <seed>` prints what came of it.

One process forks them all, so that a worker is back at work at once. The provider is a file: one appended line a call.
"""

import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from functions.send_notifications.models import ClaimedNotification
from functions.send_notifications.service import DeliveryPorts, deliver
from shared.actors import SERVICE
from shared.db import Database
from shared.log import logger
from shared.notifications.rendering import Message

LEASE_SECONDS = 1


def work(url: str, provider: Path) -> None:
    database = Database(lambda: url)
    calls = os.open(provider, os.O_APPEND | os.O_WRONLY)

    def send(claimed: ClaimedNotification, message: Message) -> str:
        os.write(calls, f"{claimed.id}\n".encode())
        return "taken"

    ways = DeliveryPorts(
        transact=lambda: database.transaction(SERVICE),
        senders={"email": send},
        push=lambda _: None,
        has_time=lambda: True,
        lease_seconds=LEASE_SECONDS,
    )
    while left(database):
        deliver(ways, limit=20)
    database.close()


def left(database: Database) -> bool:
    with database.transaction(SERVICE) as conn:
        found = conn.execute("select exists (select 1 from public.notifications_queue where status = 'pending')")
        return bool(found.fetchone() == (True,))


def start(url: str, provider: Path) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            work(url, provider)
            os._exit(0)
        finally:
            os._exit(1)
    return pid


def main(url: str, workers: int, kills: int, seed: int) -> None:
    logger.setLevel("CRITICAL")
    choose = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        provider = Path(folder) / "calls"
        provider.touch()
        alive = [start(url, provider) for _ in range(workers)]
        killed = 0
        while killed < kills:
            wait_for_more(provider, choose.randint(1, 30))
            victim = choose.randrange(workers)
            os.kill(alive[victim], signal.SIGKILL)
            os.waitpid(alive[victim], 0)
            killed += 1
            alive[victim] = start(url, provider)
        endings = [os.waitpid(pid, 0)[1] for pid in alive]
        calls = provider.read_text().split()
    result = {"calls": len(calls), "distinct": len(set(calls)), "kills": killed, "endings": endings}
    sys.stdout.write(json.dumps(result) + "\n")


def wait_for_more(provider: Path, lines: int) -> None:
    """Until the provider was called some more, or a second passed without."""
    target = provider.stat().st_size + 37 * lines
    deadline = time.monotonic() + 1
    while provider.stat().st_size < target and time.monotonic() < deadline:
        time.sleep(0.001)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
