"""A crash at any instant loses nothing: the lease brings it back, and only what was in flight may go twice."""

import json
import subprocess
import sys
from collections import Counter
from uuid import UUID, uuid4

import pytest

from functions.send_notifications import queries
from functions.send_notifications.models import ClaimedNotification
from functions.send_notifications.service import DeliveryPorts, deliver
from shared import db
from shared.actors import SERVICE
from shared.notifications.rendering import Message
from tests.notifications.notification_platform import Platform


class KilledProcess(BaseException):
    """The execution environment is gone; nothing after it runs, not even an except clause."""


class Killer:
    """Kills the run at its nth step; a step is a transaction or a call to the provider."""

    def __init__(self, platform: Platform, at: int, *, after_sending: bool) -> None:
        self.sent: Counter[UUID] = Counter()
        self.steps = 0
        self._at = at
        self._after_sending = after_sending
        self._ways = platform.ways(self.send)

    def step(self) -> None:
        self.steps += 1
        if self.steps == self._at:
            raise KilledProcess

    def send(self, claimed: ClaimedNotification, message: Message) -> str:
        if not self._after_sending:
            self.step()
        self.sent[claimed.id] += 1
        if self._after_sending:
            self.step()
        return "taken"

    @property
    def ways(self) -> DeliveryPorts:
        def transact() -> object:
            self.step()
            return self._ways.transact()

        return DeliveryPorts(transact, self._ways.senders, self._ways.push, self._ways.has_time)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("after_sending", [False, True])
def test_a_kill_at_every_step_loses_nothing(platform: Platform, after_sending: bool) -> None:
    people = platform.people(3)
    at = 0
    for at in range(1, 30):
        ids = platform.mail_to(*people, times=1)
        killer = Killer(platform, at, after_sending=after_sending)
        try:
            deliver(killer.ways)
        except KilledProcess:
            platform.pass_time(151)
            deliver(killer.ways)
        else:
            break
        assert set(killer.sent) == set(ids)
        assert killer.sent.total() <= len(ids) + 1
        assert {platform.queued(each)["status"] for each in ids} == {"sent"}
        platform.rows("delete from notifications_queue")
    assert at >= 10


def test_control_marking_before_sending_loses_a_mail(platform: Platform) -> None:
    [row] = platform.mail_to(platform.person())
    lease = uuid4()
    with db.transaction(SERVICE) as conn:
        queries.claim(conn, lease, 150, None, 10)
        queries.mark_sent(conn, lease, row, "promised")
    # Killed here: nothing was handed to a provider, and nothing will be.
    platform.pass_time(151)
    killer = Killer(platform, 0, after_sending=False)
    deliver(killer.ways)
    assert killer.sent.total() == 0


def test_who_dies_in_the_third_attempt_is_reported_as_failed(platform: Platform) -> None:
    [row] = platform.mail_to(platform.person())
    for _ in range(3):
        killer = Killer(platform, 3, after_sending=True)
        with pytest.raises(KilledProcess):
            deliver(killer.ways)
        platform.pass_time(151)
    platform.sweep()
    found = platform.queued(row)
    assert (found["status"], found["last_error"]) == ("failed", "no answer to the last attempt")


CAMPAIGNS = [(500, 4, 10), pytest.param(10_000, 8, 50, marks=pytest.mark.long)]


@pytest.mark.parametrize(("notifications", "workers", "kills"), CAMPAIGNS)
def test_workers_killed_at_random_send_everything(
    platform: Platform, notifications: int, workers: int, kills: int
) -> None:
    people = platform.people(100)
    platform.mail_to(*people, times=notifications // 100)
    arguments = [platform.database.worker_url, str(workers), str(kills), "20260115"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.notifications.crash_campaign", *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["kills"] == kills
    assert platform.states() == {"sent": notifications}
    assert result["distinct"] == notifications
    assert result["calls"] <= notifications + kills
