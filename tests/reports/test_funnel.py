"""The funnel: visits by how far they came, as a walk through each session's events would count them."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
import time_machine

from functions.refresh_reports.service import STILL_ARRIVING
from shared.reports.funnel import STEPS
from tests.reports.office import ReportReader

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
NAMES = (*STEPS, "page_viewed")

type Tracked = tuple[str, str, datetime, datetime]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def track(office: ReportReader, *events: Tracked) -> None:
    """Session, name, when it happened at the client, when it arrived."""
    with office.platform.database.look() as conn, conn.cursor() as cursor:
        cursor.executemany(
            "insert into analytics_events (session_id, event_name, event_category, occurred_at, created_at)"
            " values (%s, %s, 'conversion', %s, %s)",
            events,
        )


def walk(events: list[Tracked], days: set[str]) -> list[int]:
    """Step by step, session by session, without any of the platform's code."""
    reached: Counter[int] = Counter()
    sessions: defaultdict[str, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for session, name, occurred, arrived in events:
        sessions[session].append((arrived, occurred, name))
    for theirs in sessions.values():
        began, step = None, 0
        for arrived, _, name in sorted(theirs):
            if began is not None and arrived - began >= timedelta(days=1):
                began, step = None, 0
            if name == "page_viewed" or name != STEPS[min(step, len(STEPS) - 1)] or step == len(STEPS):
                continue
            began, step = began or arrived, step + 1
            if began.astimezone(ZoneInfo("Asia/Kolkata")).date().isoformat() in days:
                reached[step] += 1
    return [reached[number] for number in range(1, len(STEPS) + 1)]


def visits(office: ReportReader, start: str, end: str) -> list[int]:
    return [each["sessions"] for each in office.report("funnel", startDate=start, endDate=end)["steps"]]


def test_random_visits_are_counted_as_a_walk_through_them_counts(
    office: ReportReader, clock: time_machine.Traveller
) -> None:
    random = Random(5)
    known: list[Tracked] = []
    for part in range(3):
        begins = NOW + timedelta(days=2 * part)
        arriving: list[Tracked] = []
        for _ in range(1_500):
            arrived = begins + timedelta(seconds=random.randrange(2 * 86_400))
            name = random.choices(NAMES, (5, 4, 3, 2, 2))[0]
            occurred = arrived - timedelta(seconds=random.randrange(60))
            arriving.append((f"session-{random.randrange(200)}", name, occurred, arrived))
        track(office, *arriving)
        known += arriving
        clock.move_to(begins + timedelta(days=2) + STILL_ARRIVING)
        assert office.refresh()["counted"] == sum(name in STEPS for _, name, _, _ in arriving)
        assert office.refresh()["counted"] == 0
        for days in (["2026-03-10"], ["2026-03-11", "2026-03-12"], [f"2026-03-{day}" for day in range(10, 18)]):
            assert visits(office, days[0], days[-1]) == walk(known, set(days))
    assert visits(office, "2026-03-10", "2026-03-17")[3] > 10


def test_a_funnel_says_up_to_when_it_was_counted(office: ReportReader, clock: time_machine.Traveller) -> None:
    track(office, ("session-1", STEPS[0], NOW, NOW - timedelta(seconds=90)))
    assert office.refresh()["counted"] == 0
    report = office.report("funnel")
    assert datetime.fromisoformat(report["asOf"]) == NOW - STILL_ARRIVING
    assert [each["sessions"] for each in report["steps"]] == [0, 0, 0, 0]
    clock.move_to(NOW + timedelta(minutes=5))
    assert office.refresh()["counted"] == 1
    report = office.report("funnel")
    assert datetime.fromisoformat(report["asOf"]) == NOW + timedelta(minutes=5) - STILL_ARRIVING
    assert [(each["sessions"], each["ofFirst"]) for each in report["steps"]] == [(1, 1.0), (0, 0.0), (0, 0.0), (0, 0.0)]


def test_steps_of_one_batch_count_in_the_order_they_happened(office: ReportReader) -> None:
    arrived = NOW - timedelta(hours=1)
    batch = [("session-1", name, arrived - timedelta(seconds=9 - n), arrived) for n, name in enumerate(STEPS)]
    backwards = [("session-2", name, arrived - timedelta(seconds=n), arrived) for n, name in enumerate(STEPS)]
    track(office, *reversed(batch), *backwards)
    office.refresh()
    assert visits(office, "2026-03-10", "2026-03-10") == [2, 1, 1, 1]


def test_a_run_that_stops_early_is_gone_on_with(office: ReportReader) -> None:
    times = [NOW - timedelta(hours=hours) for hours in (30, 20, 10, 2)]
    track(office, *(("session-1", STEPS[0], at, at) for at in times), *(("s-2", STEPS[1], at, at) for at in times))
    for _ in range(9):
        office.refresh()
    first = visits(office, "2026-03-01", "2026-03-10")
    assert first == [2, 0, 0, 0]
    assert office.platform.rows("select session_id from private.report_visits") == [{"session_id": "session-1"}]
