"""The 5-minute sweep: twice at once is once, after a day's gap everything comes, and a backlog goes to the queue."""

import json
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from threading import Barrier
from uuid import UUID

import psycopg
import pytest

from functions.send_notifications import queries
from functions.send_notifications.models import ClaimedNotification
from functions.send_notifications.service import hand_off_rest, sweep
from shared import db
from shared.actors import SERVICE
from shared.notifications.handoff import IDS_PER_MESSAGE, hand_off, messages
from shared.notifications.models import Notice
from shared.notifications.rendering import Message
from tests.notifications.notification_platform import Platform, client

DATA: dict[str, str | int | None] = {"eventTitle": "Deep Rust"}


def at_once(run: Callable[[], object], times: int = 2) -> None:
    barrier = Barrier(times)

    def start() -> None:
        barrier.wait()
        try:
            run()
        finally:
            db._database("database-worker").close()  # pyright: ignore[reportPrivateUsage] - this thread's connection

    with ThreadPoolExecutor(times) as pool:
        for each in [pool.submit(start) for _ in range(times)]:
            each.result()


@pytest.mark.parametrize("trials", [25, pytest.param(100, marks=pytest.mark.long)])
def test_two_sweeps_at_once_end_as_one(platform: Platform, trials: int) -> None:
    people = platform.people(5)
    for trial in range(trials):
        calls: Counter[UUID] = Counter()

        def send(claimed: ClaimedNotification, message: Message, calls: Counter[UUID] = calls) -> str:
            calls[claimed.id] += 1
            return "taken"

        platform.enqueue(*(Notice(each, "waitlist_joined", f"trial {trial}", DATA) for each in people))
        at_once(lambda send=send: sweep(platform.ways(send), lambda ids: []))
        assert sorted(calls.values()) == [1] * 5
    assert platform.states() == {"sent": 10 * trials}
    assert platform.rows("select count(*) as n from in_app_notifications") == [{"n": 5 * trials}]


def test_what_one_run_has_claimed_another_neither_gets_nor_waits_for(platform: Platform) -> None:
    people = platform.people(5)
    platform.enqueue(*(Notice(each, "waitlist_joined", "claimed", DATA) for each in people))
    mails = platform.mail_to(*people)

    def claim_rest() -> list[ClaimedNotification]:
        try:
            with db.transaction(SERVICE) as conn:
                conn.execute("set local statement_timeout = '2s'")
                return queries.claim(conn, UUID(int=2), 150, None, 100)
        finally:
            db._database("database-worker").close()  # pyright: ignore[reportPrivateUsage] - this thread's connection

    with ThreadPoolExecutor(1) as pool, db.transaction(SERVICE) as conn:
        claimed = queries.claim(conn, UUID(int=1), 150, None, 100)
        assert {each.type for each in claimed} == {"email", "in_app"}
        assert len(claimed) >= len(people) + len(mails)
        assert pool.submit(claim_rest).result() == []


def test_what_is_in_an_inbox_is_not_put_there_again(platform: Platform) -> None:
    platform.enqueue(Notice(platform.person(), "waitlist_joined", "once", DATA))
    platform.sweep()
    before = platform.rows("select * from notifications_queue order by id")
    [notification] = platform.rows("select notification_id as id, title, message, type from in_app_notifications")
    with db.transaction(SERVICE) as conn:
        assert queries.insert_inbox_rows(conn, [notification | {"id": str(notification["id"])}]) == []
    assert platform.rows("select * from notifications_queue order by id") == before


def test_control_reading_then_writing_tells_people_twice(platform: Platform) -> None:
    platform.mail_to(*platform.people(5))
    calls: list[UUID] = []
    both_have_read = Barrier(2)

    def run() -> None:
        with psycopg.connect(platform.database.superuser_url, autocommit=True) as conn:
            due = conn.execute("select id from notifications_queue where status = 'pending'").fetchall()
            both_have_read.wait()
            for (each,) in due:
                calls.append(each)
                conn.execute("update notifications_queue set status = 'sent' where id = %s", (each,))

    at_once(run)
    assert len(calls) == 10


def test_after_a_day_without_runs_everything_comes_once(platform: Platform) -> None:
    people = platform.people(40)
    platform.enqueue(*(Notice(each, "waitlist_joined", "1", DATA) for each in people))
    platform.pass_time(86_400)
    for _ in range(3):
        platform.sweep()
    assert platform.states() == {"sent": 80}
    assert len(platform.mails()) == 40


def test_what_exceeds_a_run_goes_to_the_queue_once(platform: Platform) -> None:
    people = platform.people(160)
    platform.enqueue(*(Notice(each, "waitlist_joined", "1", DATA, types=("in_app",)) for each in people))
    assert platform.sweep()["total"] == 100
    assert len(handed_over()) == 60
    hand_off_rest(platform.ways(never), hand_off)
    assert handed_over() == []


@pytest.mark.parametrize("count", [2_000, pytest.param(50_000, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
def test_one_sweep_hands_a_whole_backlog_to_the_queue_which_drains_it(platform: Platform, count: int) -> None:
    backlog(platform, count)
    queue: list[str] = []

    def take(ids: Sequence[UUID]) -> Sequence[UUID]:
        queue.extend(body for _, body in messages(ids))
        return []

    began = time.monotonic()
    assert sweep(platform.ways(never), take)["in_app"] == 100
    handed = time.monotonic() - began
    assert len(queue) == math.ceil((count - 100) / IDS_PER_MESSAGE)
    batches = iter(list(batched(queue, 10, strict=False)))
    at_once(lambda: [platform.drain(*map(json.loads, batch)) for batch in batches])
    took = time.monotonic() - began
    logging.getLogger(__name__).info("%d handed over in %.1f s, %.0f drained a second", count, handed, count / took)
    assert platform.states() == {"sent": count}
    assert platform.rows("select count(*) as n from in_app_notifications") == [{"n": count}]


def test_control_without_the_queue_a_backlog_takes_a_run_for_each_hundred(platform: Platform) -> None:
    backlog(platform, 500)
    for _ in range(4):
        sweep(platform.ways(never), lambda ids: ids)
    assert platform.states() == {"sent": 400, "pending": 100}


def test_what_the_queue_refused_or_lost_is_handed_over_again(platform: Platform) -> None:
    ids = set(platform.mail_to(*platform.people(30)))
    offered: list[set[UUID]] = []

    def refuse(some: Sequence[UUID]) -> Sequence[UUID]:
        offered.append(set(some))
        return some

    hand_off_rest(platform.ways(never), refuse)
    hand_off_rest(platform.ways(never), hand_off)
    assert offered == [ids]
    assert set(handed_over()) == ids
    platform.pass_time(29 * 60)
    hand_off_rest(platform.ways(never), hand_off)
    assert handed_over() == []
    platform.pass_time(2 * 60)
    hand_off_rest(platform.ways(never), hand_off)
    assert set(handed_over()) == ids


def backlog(platform: Platform, count: int) -> None:
    people = platform.people(100)
    for some in batched(range(count // 100), 50, strict=False):
        notices = (Notice(who, "waitlist_joined", f"{n}", DATA, types=("in_app",)) for who in people for n in some)
        platform.enqueue(*notices)


def never(claimed: ClaimedNotification, message: Message) -> str:
    raise AssertionError("nothing is sent here")


def handed_over() -> list[UUID]:
    """The ids that are at the queue now; they are taken from it."""
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName="notifications")["QueueUrl"]
    ids: list[UUID] = []
    while received := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for each in received:
            ids += map(UUID, json.loads(each["Body"])["ids"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return ids
