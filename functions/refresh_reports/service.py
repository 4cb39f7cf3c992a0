"""Keeps what reports read small and current: adds changes to the sums, and counts the steps of visitors."""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

from functions.refresh_reports import queries
from functions.refresh_reports.models import FunnelVisit, StepEvent
from shared import db
from shared.actors import SERVICE
from shared.db import Connection
from shared.reports.funnel import STEPS, VISIT

PER_PAGE = 5_000
WINDOW = timedelta(hours=1)
STILL_ARRIVING = timedelta(minutes=2)
"""An event is dated when its transaction begins; none of ours lasts as long as this."""

type Transaction = Callable[[], AbstractContextManager[Connection]]


def _transaction() -> AbstractContextManager[Connection]:
    return db.transaction(SERVICE)


def fold_changes(has_time: Callable[[], bool], transaction: Transaction = _transaction) -> int:
    """Add all changes to the sums, page by page; how many there were."""
    folded = 0
    while has_time():
        with transaction() as conn:
            page = queries.fold_changes(conn, PER_PAGE)
        folded += page
        if page < PER_PAGE:
            break
    return folded


def count_visits(now: datetime, has_time: Callable[[], bool], transaction: Transaction = _transaction) -> int:
    """Count the steps that arrived since the last time, an hour's at a time; how many events there were."""
    counted = 0
    while has_time():
        with transaction() as conn:
            events = _count_window(conn, now - STILL_ARRIVING)
        if events is None:
            break
        counted += events
    return counted


def walk(
    events: Iterable[StepEvent], open_visits: Iterable[FunnelVisit]
) -> tuple[list[FunnelVisit], Counter[tuple[datetime, int]]]:
    """Lead visits through the funnel: as they are now, and how many reached which step anew, by when they began.

    A visit begins with the first step and takes the others in their order within a day; whatever else is no step.
    """
    visits = {visit.session_id: visit for visit in open_visits}
    reached: Counter[tuple[datetime, int]] = Counter()
    for event in events:
        visit = visits.get(event.session_id)
        if visit is None or event.at >= visit.entered_at + VISIT:
            visit = FunnelVisit(event.session_id, event.at, 0)
        if event.step == visit.reached + 1:
            visits[event.session_id] = visit = replace(visit, reached=event.step)
            reached[visit.entered_at, event.step] += 1
    return list(visits.values()), reached


def _count_window(conn: Connection, horizon: datetime) -> int | None:
    """Count the next hour that has events in it; none when everything before the horizon is counted."""
    if not queries.is_only_counter(conn):
        return None
    begins = queries.first_uncounted(conn, STEPS, horizon)
    if begins is None:
        queries.count_until(conn, horizon)
        return None
    ends = min(begins + WINDOW, horizon)
    events = queries.list_step_events(conn, STEPS, begins, ends)
    visits, reached = walk(events, queries.list_visits(conn, {event.session_id for event in events}))
    queries.keep_visits(conn, visits)
    queries.add_steps(conn, reached)
    queries.forget_visits(conn, ends - VISIT)
    queries.count_until(conn, ends)
    return len(events)
