"""Batches of tracked events: whose they are, what is kept of them, and that a retry keeps nothing twice."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from functions.analytics_events import queries, service
from functions.analytics_events.models import TrackedEvent
from functions.analytics_events.service import EventSource
from shared import actors, clock, db
from tests.deployed import Answer, DeployedFunctions, close_connections
from tests.issuer import Issuer
from tests.log import Log

SESSION = "visit-0001"
ADDRESS = "203.0.113.7"
ROWS = "select user_id, session_id, event_name, event_data from analytics_events order by event_name, session_id"
TYPED = TrackedEvent(event_name="a", event_category="error")
COUNT = "select count(*) as count from analytics_events"


def an_event(name: str = "page_view", **fields: Any) -> dict[str, Any]:
    return {"eventName": name, "eventCategory": "navigation", **fields}


def track(
    deployed: DeployedFunctions,
    *events: Any,
    token: str | None = None,
    session: str | None = SESSION,
    body: str | None = None,
) -> Answer:
    headers = {"authorization": f"Bearer {token}"} if token is not None else {}
    batch = {"events": list(events)} | ({"sessionId": session} if session else {})
    return deployed.request("analytics_events", "POST", "analytics-events", headers=headers, body=body or batch)


def kept_rows(deployed: DeployedFunctions) -> int:
    return deployed.row(COUNT)["count"]


def test_events_of_a_visitor_are_the_sessions_and_those_with_a_token_are_the_users(
    deployed: DeployedFunctions, issuer: Issuer
) -> None:
    student = deployed.profile()
    assert track(deployed, an_event("a")).body == {"accepted": 1, "duplicates": 0, "rejected": []}
    answer = track(deployed, an_event("b", eventData={"path": "/é"}), token=issuer.token(student), session=None)
    assert answer.body["accepted"] == 1
    assert deployed.rows(ROWS) == [
        {"user_id": None, "session_id": SESSION, "event_name": "a", "event_data": {}},
        {"user_id": student, "session_id": None, "event_name": "b", "event_data": {"path": "/é"}},
    ]


def test_a_token_that_is_not_valid_is_refused_rather_than_taken_for_a_visitors(
    deployed: DeployedFunctions, issuer: Issuer
) -> None:
    for token in ("", "forged", "a.b.c", issuer.token(uuid4(), exp=1), f"{issuer.token(uuid4())}x"):
        answer = track(deployed, an_event(), token=token)
        assert (answer.status, answer.body["code"]) == (401, "unauthenticated")
    assert kept_rows(deployed) == 0


def test_a_visitor_needs_a_session(deployed: DeployedFunctions) -> None:
    answer = track(deployed, an_event(), session=None)
    assert (answer.status, answer.body["code"]) == (422, "session_needed")


def test_a_wrong_event_is_reported_and_spoils_no_other(deployed: DeployedFunctions) -> None:
    now = datetime.now(UTC)
    wrong = [
        ("eventName", an_event("not a name")),
        ("eventCategory", an_event(eventCategory="fun")),
        ("userId", an_event(userId=str(uuid4()))),
        ("id", an_event(id="7")),
        ("eventData", an_event(eventData={"text": "x" * 4096})),
        ("eventData", an_event(eventData={"deep": [[[[[[[[1]]]]]]]]})),
        ("occurredAt", an_event(occurredAt="yesterday")),
        ("occurredAt", an_event(occurredAt="2026-11-20T10:00:00")),
        ("occurredAt", an_event(occurredAt=(now + timedelta(minutes=6)).isoformat())),
        ("occurredAt", an_event(occurredAt=(now - timedelta(days=7, minutes=1)).isoformat())),
    ]
    late = an_event("late", occurredAt=(now - timedelta(days=6)).isoformat())
    answer = track(deployed, an_event("first"), *(event for _, event in wrong), late)
    assert answer.body["accepted"] == 2
    assert [(each["index"], each["errors"][0]["field"]) for each in answer.body["rejected"]] == [
        (index, field) for index, (field, _) in enumerate(wrong, 1)
    ]
    assert [row["event_name"] for row in deployed.rows(ROWS)] == ["first", "late"]


def test_a_batch_of_wrong_events_only_is_refused_with_every_reason(deployed: DeployedFunctions) -> None:
    answer = track(deployed, an_event("not a name"), an_event(eventCategory="fun"))
    assert (answer.status, answer.body["code"]) == (422, "invalid")
    assert [each["field"] for each in answer.body["errors"]] == [
        "events.0.eventName",
        "events.1.eventCategory",
    ]


def test_what_is_no_batch_is_refused_whole(deployed: DeployedFunctions) -> None:
    for body, status in (
        ('{"sessionId": "visit-0001", "events": []}', 422),
        (json.dumps({"sessionId": SESSION, "events": [an_event()] * 101}), 422),
        ('{"sessionId": "visit-0001", "events": "all"}', 422),
        ('{"sessionId": "a b", "events": [{"eventName": "a", "eventCategory": "error"}]}', 422),
        ('{"sessionId": "visit-0001", "events": [{"eventName": "\\u0000", "eventCategory": "error"}]}', 400),
        ("no json", 400),
        (json.dumps({"sessionId": SESSION, "events": [an_event(eventData={"x": "y" * 1024 * 1024})]}), 413),
    ):
        assert track(deployed, body=body).status == status
    assert kept_rows(deployed) == 0


def test_numbers_that_the_database_cannot_hold_are_rejected_and_the_largest_it_can_are_kept(
    deployed: DeployedFunctions,
) -> None:
    body = json.dumps({"sessionId": SESSION, "events": [an_event(eventData={"n": "BIG"}), an_event()]})
    answer = track(deployed, body=body.replace('"BIG"', "1e400"))
    assert [each["index"] for each in answer.body["rejected"]] == [0]
    bulky = an_event(eventData={"numbers": [1] * 500})
    assert track(deployed, body=body.replace('{"n": "BIG"}', json.dumps(bulky["eventData"]))).body["accepted"] == 2


def test_a_batch_of_a_hundred_is_kept(deployed: DeployedFunctions) -> None:
    answer = track(deployed, *(an_event(id=str(uuid4())) for _ in range(100)))
    assert (answer.body["accepted"], kept_rows(deployed)) == (100, 100)


def test_a_retry_keeps_nothing_twice_and_says_so(deployed: DeployedFunctions) -> None:
    batch = [an_event(id=str(uuid4())) for _ in range(3)]
    track(deployed, *batch[:2])
    assert track(deployed, *batch, batch[0]).body == {"accepted": 1, "duplicates": 3, "rejected": []}
    assert kept_rows(deployed) == 3


def test_without_ids_a_retry_is_not_recognised(deployed: DeployedFunctions) -> None:
    """The negative control of the test before."""
    track(deployed, an_event())
    track(deployed, an_event())
    assert kept_rows(deployed) == 2


def test_nobody_takes_up_the_id_of_anothers_event(deployed: DeployedFunctions, issuer: Issuer) -> None:
    event = an_event(id=str(uuid4()))
    people = [deployed.profile(), deployed.profile()]
    answers = [track(deployed, event, token=issuer.token(each)) for each in people]
    answers += [track(deployed, event, session=name) for name in ("visit-0001", "visit-0002")]
    assert [answer.body["accepted"] for answer in answers] == [1, 1, 1, 1]


@pytest.mark.parametrize(("takes_turns", "times"), [(True, 1), (False, 2)])
def test_two_deliveries_of_one_batch_at_once_keep_it_once_because_they_take_turns(
    deployed: DeployedFunctions, monkeypatch: pytest.MonkeyPatch, takes_turns: bool, times: int
) -> None:
    """The second begins while the first has not committed; without its turn it does not see the first."""
    source, event = (
        EventSource(None, SESSION, ADDRESS),
        TrackedEvent(id=uuid4(), event_name="a", event_category="error"),
    )
    if not takes_turns:
        monkeypatch.setattr(queries, "take_turn", _take_no_turn)
        monkeypatch.setattr(EventSource, "limits", property(lambda _: [(f"of {uuid4()}", 1, 2)]))  # no row to wait for
    second_is_on_its_way = Barrier(2)

    def second() -> int:
        try:
            with db.transaction(actors.ANONYMOUS) as conn:
                second_is_on_its_way.wait(30)
                return service.keep(conn, source, [event], clock.now())
        finally:
            close_connections()

    with ThreadPoolExecutor(1) as pool:
        with db.transaction(actors.ANONYMOUS) as conn:
            service.keep(conn, source, [event], clock.now())
            later = pool.submit(second)
            second_is_on_its_way.wait(30)
            _wait_until_it_waits_or_is_done(deployed, later.done)
        later.result(30)
    assert kept_rows(deployed) == times


def _take_no_turn(*_: object) -> None:
    return


def _wait_until_it_waits_or_is_done(deployed: DeployedFunctions, is_done: Any) -> None:
    waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    while not deployed.rows(waiting) and not is_done():
        pass


def test_a_visitor_reads_no_events_and_writes_none_for_a_user(deployed: DeployedFunctions) -> None:
    student = deployed.profile()
    with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction(actors.ANONYMOUS) as conn:
        conn.execute("select 1 from public.analytics_events")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction(actors.ANONYMOUS) as conn:
        service.keep(conn, EventSource(student, SESSION, ADDRESS), [TYPED], clock.now())
    with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction(actors.user(deployed.profile())) as conn:
        service.keep(conn, EventSource(student, SESSION, ADDRESS), [TYPED], clock.now())


def test_the_log_names_no_person(deployed: DeployedFunctions, issuer: Issuer, log: Log) -> None:
    student = deployed.profile()
    track(deployed, an_event(eventData={"secret": "hush"}), token=issuer.token(student), session="visit-hidden")
    assert [line["message"] for line in log.lines] == ["events_tracked"]
    assert not any(word in log.text for word in (str(student), "hush", "visit-hidden"))


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five events or 1,000 bytes an hour for a session and a user, ten events for an address, 12 for all visitors."""

    def limits(source: EventSource) -> list[tuple[str, int, int]]:
        if source.user_id:
            return [(f"user:{source.user_id}", 5, 1_000)]
        return [
            (f"session:{source.session_id}", 5, 1_000),
            (f"address:{source.address}", 10, 10_000),
            ("visitors", 12, 10_000),
        ]

    monkeypatch.setattr(EventSource, "limits", property(limits))


def refused(answer: Answer) -> bool:
    if answer.status == 200:
        return False
    assert (answer.status, answer.body["code"]) == (429, "too_many_events")
    assert 1 <= int(answer.headers["retry-after"]) <= 3600
    return True


@pytest.mark.usefixtures("small_limits")
def test_a_session_an_address_and_all_visitors_have_a_quota_an_hour(deployed: DeployedFunctions) -> None:
    five = [an_event() for _ in range(5)]
    assert not refused(track(deployed, *five))
    assert refused(track(deployed, an_event()))
    assert not refused(track(deployed, *five, session="visit-0002"))
    assert refused(track(deployed, an_event(), session="visit-0003"))
    deployed.rows("delete from private.analytics_quotas where starts_with(source, 'address:')")
    assert refused(track(deployed, *five, session="visit-0003"))
    assert not refused(track(deployed, *five[:2], session="visit-0003"))
    assert kept_rows(deployed) == 12, "what is refused is not kept"
    deployed.rows("update private.analytics_quotas set hour = hour - interval '1 hour'")
    assert not refused(track(deployed, an_event()))


@pytest.mark.usefixtures("small_limits")
def test_a_user_has_a_quota_of_their_own(deployed: DeployedFunctions, issuer: Issuer) -> None:
    token = issuer.token(deployed.profile())
    large = an_event(eventData={"text": "x" * 600})
    assert not refused(track(deployed, large, token=token))
    assert refused(track(deployed, large, token=token))
    assert not refused(track(deployed, large, token=issuer.token(deployed.profile())))


@pytest.mark.usefixtures("small_limits")
def test_without_the_count_nothing_is_refused(deployed: DeployedFunctions, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(queries, "count_tracked", lambda conn, *_: conn.execute("select true"))  # pyright: ignore
    for _ in range(4):
        assert not refused(track(deployed, *[an_event() for _ in range(5)]))


def test_a_visitors_event_is_small(deployed: DeployedFunctions, issuer: Issuer) -> None:
    large = an_event(eventData={"text": "x" * 1_100})
    answer = track(deployed, large, an_event())
    assert answer.body["rejected"] == [
        {"index": 0, "errors": [{"field": "eventData", "message": "over 1024 bytes without a token"}]}
    ]
    assert track(deployed, large, token=issuer.token(deployed.profile())).body["accepted"] == 1
