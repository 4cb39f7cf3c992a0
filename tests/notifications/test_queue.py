"""SQS: batches that fail in part, messages that come twice and out of order, the DLQ and what a redrive does."""

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import batched, product
from typing import Any
from uuid import UUID

import pytest

from shared.notifications.handoff import IDS_PER_MESSAGE, hand_off
from shared.notifications.models import Notice
from tests.notifications.notification_platform import Context, Platform, client

MALFORMED = [
    "",
    "{",
    "[]",
    '{"ids": "x"}',
    '{"ids": ["x"]}',
    '{"ids": [], "more": 1}',
    "\x00",
    '{"eventType": "Bounce"}',
]
type Drain = Callable[..., dict[str, Any]]


def in_app(platform: Platform, count: int) -> list[UUID]:
    data: dict[str, str | int | None] = {"eventTitle": "Deep Rust"}
    people = platform.people(count)
    return platform.enqueue(*(Notice(each, "waitlist_joined", "1", data, types=("in_app",)) for each in people))


def failures_match(drain: Drain, subsets: Any) -> bool:
    """Whether exactly the failing messages of each batch are reported."""
    for number, subset in enumerate(subsets):
        bodies = [
            MALFORMED[(number + n) % len(MALFORMED)] if fails else '{"ids": []}' for n, fails in enumerate(subset)
        ]
        expected = [{"itemIdentifier": f"message-{n}"} for n, fails in enumerate(subset) if fails]
        if drain(*bodies) != {"batchItemFailures": expected}:
            return False
    return True


def test_every_subset_of_failing_messages_is_reported_exactly(platform: Platform) -> None:
    subsets = list(product([False, True], repeat=10))
    assert len(subsets) == 1024
    assert failures_match(platform.drain, subsets)


def test_control_a_batch_that_stops_at_its_first_failure_is_noticed(platform: Platform) -> None:
    def stops(*bodies: str) -> dict[str, Any]:
        failures = platform.drain(*bodies)["batchItemFailures"]
        return {"batchItemFailures": failures[:1]}

    assert not failures_match(stops, product([False, True], repeat=10))


def test_a_malformed_message_fails_alone(platform: Platform) -> None:
    ids = in_app(platform, 5)
    bodies = [{"ids": [str(each)]} for each in ids]
    answer = platform.drain(*bodies[:2], "not json", *bodies[2:])
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-2"}]}
    assert platform.states() == {"sent": 5}


def test_a_message_whose_time_ran_out_comes_again(platform: Platform) -> None:
    ids = platform.mail_to(platform.person())
    body = {"ids": [str(each) for each in ids]}
    answer = platform.drain(body, context=Context(remaining_ms=11_000))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert platform.drain(body) == {"batchItemFailures": []}
    assert platform.states() == {"sent": 1}


def test_with_the_database_away_every_message_comes_again(platform: Platform) -> None:
    ids = in_app(platform, 2)
    bodies = [{"ids": [str(each)]} for each in ids]
    platform.rows("alter role worker_login nologin")
    try:
        platform.rows("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'worker_login'")
        answer = platform.drain(*bodies)
    finally:
        platform.rows("alter role worker_login login")
    assert len(answer["batchItemFailures"]) == 2
    assert platform.drain(*bodies) == {"batchItemFailures": []}
    assert platform.states() == {"sent": 2}


class Mapping:
    """What Lambda's event source mapping does: receive, invoke, delete what did not fail."""

    def __init__(self, platform: Platform) -> None:
        self.sqs = client("sqs")
        self.url = self.sqs.get_queue_url(QueueName="notifications")["QueueUrl"]
        self.dead_url = self.sqs.get_queue_url(QueueName="dead")["QueueUrl"]
        self._platform = platform

    def run(self) -> None:
        """Until the queue is empty; its visibility timeout is zero, so failures come back at once."""
        while received := self.receive(self.url):
            answer = self._platform.drain(*(each["Body"] for each in received))
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            for number, each in enumerate(received):
                if f"message-{number}" not in failed:
                    self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=each["ReceiptHandle"])

    def receive(self, url: str) -> list[dict[str, Any]]:
        return self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])

    def send(self, bodies: Sequence[str]) -> None:
        for start in range(0, len(bodies), 10):
            batch = bodies[start : start + 10]
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(batch)]
            self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)

    def redrive(self) -> list[str]:
        """Move everything from the DLQ back, as the console's redrive does."""
        moved: list[str] = []
        while received := self.receive(self.dead_url):
            for each in received:
                moved.append(each["Body"])
                self.sqs.delete_message(QueueUrl=self.dead_url, ReceiptHandle=each["ReceiptHandle"])
        self.send(moved)
        return moved


@pytest.mark.parametrize(
    ("count", "poisoned"),
    [(60, 3), pytest.param(1000, 10, marks=[pytest.mark.long, pytest.mark.timeout(900)])],
)
def test_repeated_and_reordered_messages_take_effect_once_and_poison_ends_in_the_dlq(
    platform: Platform, count: int, poisoned: int
) -> None:
    choose = random.Random(20260115)
    ids = in_app(platform, count)
    bodies = [json.dumps({"ids": [str(each)]}) for each in ids for _ in range(choose.randint(1, 3))]
    poison = [f'{{"poison": {n}}}' for n in range(poisoned)]
    mixed = bodies + poison
    choose.shuffle(mixed)
    mapping = Mapping(platform)
    for some in batched(mixed, 100, strict=False):  # moto looks through the whole queue for every message
        mapping.send(some)
        mapping.run()
    assert platform.states() == {"sent": count}
    assert platform.rows("select count(*) as n from in_app_notifications") == [{"n": count}]
    assert sorted(mapping.redrive()) == sorted(poison)
    mapping.run()
    assert platform.rows("select count(*) as n from in_app_notifications") == [{"n": count}]
    assert len(mapping.redrive()) == poisoned


def test_control_a_reader_that_does_not_claim_tells_people_twice(platform: Platform) -> None:
    ids = in_app(platform, 20)
    told: Counter[UUID] = Counter()
    for each in ids * 2:
        pending = platform.rows("select id from notifications_queue where id = %s", each)
        told.update(row["id"] for row in pending)
    assert max(told.values()) > 1


def test_a_hand_off_reaches_the_queue_in_few_messages_and_drains(platform: Platform) -> None:
    ids = in_app(platform, 60)
    assert hand_off(ids) == []
    mapping = Mapping(platform)
    received = mapping.receive(mapping.url)
    assert [len(json.loads(each["Body"])["ids"]) for each in received] == [IDS_PER_MESSAGE, IDS_PER_MESSAGE, 10]
    mapping.run()
    assert platform.states() == {"sent": 60}


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/away", ""])
def test_a_queue_that_is_away_refuses_what_it_was_handed_and_raises_nothing(platform: Platform, url: str) -> None:
    platform.set(notification_queue_url=url, aws_endpoint_url="http://127.0.0.1:9")
    ids = [UUID(int=n) for n in range(600)]
    assert hand_off(ids) == ids
    platform.set(aws_endpoint_url=platform.moto_url)
