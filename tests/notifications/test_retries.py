"""What becomes of an attempt: three for what may pass, one for what never will, none counted against an outage."""

from collections import Counter
from itertools import pairwise
from uuid import UUID

import pytest

from functions.send_notifications import queries, service
from functions.send_notifications.models import (
    ClaimedNotification,
    DeliveryError,
    ProviderBusy,
    ProviderFailed,
    ProviderRefused,
    ProviderTimedOut,
)
from functions.send_notifications.service import Send, deliver
from shared import db
from shared.actors import SERVICE
from shared.notifications.rendering import Message
from tests.notifications.notification_platform import Platform


class Provider:
    """Takes every mail but those to the given people, and keeps what it was asked."""

    def __init__(self, failing: set[UUID], error: DeliveryError) -> None:
        self.asked: Counter[UUID] = Counter()
        self._failing = failing
        self._error = error

    def __call__(self, claimed: ClaimedNotification, message: Message) -> str:
        self.asked[claimed.user_id] += 1
        if claimed.user_id in self._failing:
            raise self._error
        return "taken"


def run_until_quiet(platform: Platform, send: Send, runs: int) -> list[float]:
    """Run whenever something is due; returns the longest waits between the runs, in seconds."""
    waits: list[float] = []
    for _ in range(runs):
        deliver(platform.ways(send), limit=2000)
        waiting = platform.rows(
            "select extract(epoch from max(scheduled_for) - now())::float as wait from notifications_queue"
            " where status = 'pending'"
        )[0]["wait"]
        if waiting is None:
            break
        waits.append(waiting)
        platform.pass_time(waiting + 1)
    return waits


def test_ten_poisoned_of_a_thousand_are_tried_three_times_and_disturb_nobody(platform: Platform) -> None:
    people = platform.people(1000)
    poisoned = set(people[::100])
    provider = Provider(poisoned, ProviderFailed("HTTP 500"))
    platform.mail_to(*people)
    waits = run_until_quiet(platform, provider, runs=10)
    assert {each: provider.asked[each] for each in poisoned} == dict.fromkeys(poisoned, 3)
    assert platform.states() == {"sent": 990, "failed": 10}
    assert max(provider.asked[each] for each in people if each not in poisoned) == 1
    for attempt, wait in enumerate(waits):
        assert 300 * 2**attempt * 0.8 - 2 <= wait <= 300 * 2**attempt * 1.2
    assert len(waits) == 2


def test_control_attempts_that_are_not_counted_never_end(platform: Platform) -> None:
    class UncountedRetries(ProviderFailed):
        counts = False

    [asha] = platform.people(1)
    provider = Provider({asha}, UncountedRetries("HTTP 500"))
    platform.mail_to(asha)
    run_until_quiet(platform, provider, runs=6)
    assert provider.asked[asha] == 6
    assert platform.states() == {"pending": 1}


def test_the_delays_double_and_differ_by_a_fifth_at_most() -> None:
    for attempt in (1, 2):
        delays = [service.retry_delay(attempt) for _ in range(500)]
        middle = 300 * 2 ** (attempt - 1)
        assert all(0.8 * middle <= delay <= 1.2 * middle for delay in delays)
        assert max(delays) - min(delays) > 0.2 * middle
    assert all(b > a for a, b in pairwise([0.8 * 300, 0.8 * 600]))


def test_a_permanent_refusal_fails_at_once(platform: Platform) -> None:
    asha, birk = platform.people(2)
    provider = Provider({asha}, ProviderRefused("MessageRejected"))
    refused, taken = platform.mail_to(asha, birk)
    assert deliver(platform.ways(provider)).counts == Counter(email=1, failed=1)
    row = platform.queued(refused)
    assert (row["status"], row["last_error"], row["retry_count"]) == ("failed", "MessageRejected", 1)
    assert platform.queued(taken)["status"] == "sent"


@pytest.mark.parametrize(
    ("error", "attempts"), [(ProviderBusy("TooManyRequests"), 0), (ProviderTimedOut("ReadTimeout"), 1)]
)
def test_an_outage_stops_the_run_and_costs_the_others_no_attempt(
    platform: Platform, error: DeliveryError, attempts: int
) -> None:
    people = platform.people(20)
    ids = platform.mail_to(*people)
    provider = Provider(set(people), error)
    deliver(platform.ways(provider))
    assert provider.asked.total() == 1
    assert sorted(platform.queued(each)["retry_count"] for each in ids) == [0] * 19 + [attempts]
    assert platform.rows("select 1 from notifications_queue where lease_token is not null") == []


def test_a_long_outage_loses_nothing_and_everything_catches_up(platform: Platform) -> None:
    people = platform.people(10)
    platform.mail_to(*people)
    down = Provider(set(people), ProviderBusy("out of reach"))
    for _ in range(12):
        deliver(platform.ways(down))
        platform.pass_time(300)
    assert platform.states() == {"pending": 10}
    deliver(platform.ways(Provider(set(), ProviderFailed(""))))
    assert platform.states() == {"sent": 10}


def test_without_time_nothing_is_begun_and_everything_is_given_back(platform: Platform) -> None:
    ids = platform.mail_to(*platform.people(5))
    left = iter([True, True, False])
    provider = Provider(set(), ProviderFailed(""))
    outcome = deliver(platform.ways(provider, has_time=lambda: next(left)))
    assert (outcome.complete, outcome.counts) == (False, Counter(email=2))
    assert deliver(platform.ways(provider)).counts == Counter(email=3)
    assert [platform.queued(each)["retry_count"] for each in ids] == [1] * 5


def test_whoever_lost_a_thousand_leases_writes_nothing_with_them(platform: Platform) -> None:
    people = platform.people(1000)
    ids = platform.mail_to(*people)
    stale, current = UUID(int=1), UUID(int=2)
    with db.transaction(SERVICE) as conn:
        assert len(queries.claim(conn, stale, 150, None, 2000)) == 1000
    platform.pass_time(151)
    with db.transaction(SERVICE) as conn:
        assert len(queries.claim(conn, current, 150, None, 2000)) == 1000
    before = platform.rows("select * from notifications_queue order by id")
    with db.transaction(SERVICE) as conn:
        for each in ids[::10]:
            assert queries.start_attempt(conn, stale, each) is None
            assert not queries.mark_sent(conn, stale, each, "late")
            queries.retry_later(conn, stale, each, 60, "late", uncounted=True)
        queries.end(conn, stale, "failed", dict.fromkeys(ids, "late"))
        queries.release(conn, stale, ids)
    assert platform.rows("select * from notifications_queue order by id") == before


def test_control_writing_without_the_lease_is_noticed(platform: Platform) -> None:
    [row] = platform.mail_to(platform.person())
    with db.transaction(SERVICE) as conn:
        queries.claim(conn, UUID(int=1), 150, None, 10)
    before = platform.queued(row)
    platform.rows("update notifications_queue set status = 'sent', lease_token = null, lease_until = null")
    assert platform.queued(row) != before
