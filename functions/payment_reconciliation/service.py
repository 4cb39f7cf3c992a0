"""Runs of reconciliation: begun once, worked on by one invocation at a time, gone on with by the next.

A second run over the same days writes nothing but its own row: no payment, refund, registration or fee changes, and
no item is added, because an item says what has changed.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from functions.payment_reconciliation import queries, run_queries, settlement_queries
from functions.payment_reconciliation.models import Cursor, Page, Run, RunSummary
from functions.payment_reconciliation.phases import PHASES
from functions.payment_reconciliation.work import OutOfTime, Work
from shared import clock, db
from shared.actors import SERVICE
from shared.clock import in_zone
from shared.config import settings
from shared.db import Connection
from shared.log import logger
from shared.metrics import Metric
from shared.notifications import service as notifications
from shared.notifications.handoff import hand_off
from shared.payments.gateway import Gateway, GatewayDown, GatewayRefused

DAILY_HOUR = 2
DAILY_WINDOW = timedelta(days=7)
"""A payment can move for five days (late authorisation, release of uncaptured money), a settlement takes as long."""
OPEN_FOR_AT_LEAST = timedelta(minutes=15)
OPEN_FOR_AT_MOST = timedelta(hours=3)
"""Older orders whose seat is no longer held are left to the daily run."""
LEASE = timedelta(minutes=15)
"""As long as a function can run: whoever held a lease that is over is not at work any more."""
GIVEN_UP_AFTER = timedelta(hours=30)


class LeaseLost(Exception):
    """Another invocation has taken the run over; nothing of this page was written."""


def begin(now: datetime) -> None:
    """Begin what is due: the daily run once a day, and asking about open orders."""
    due = _daily_due(now)
    with db.transaction(SERVICE) as conn:
        run_queries.lock_runs(conn)
        for run_id in run_queries.give_up(conn, now - GIVEN_UP_AFTER, now):
            logger.error("reconciliation_given_up", run_id=str(run_id))
            _tell(conn, run_id, "A reconciliation did not come to its end", "Razorpay could not be read for a day.")
        run_queries.insert_daily(conn, due - DAILY_WINDOW, due, now)
        run_queries.insert_sweep(conn, now - OPEN_FOR_AT_MOST, now - OPEN_FOR_AT_LEAST, now)
    hand_off(conn.enqueued)


def work_off(gateway: Gateway, has_time: Callable[[], bool], sleep: Callable[[float], None]) -> list[RunSummary]:
    """Go on with unfinished runs while there is time and Razorpay answers; how far each has come."""
    summaries: list[RunSummary] = []
    while has_time() and (run := _claim()) is not None:
        is_finished, counts = _work(Work(run, gateway, has_time, sleep))
        status = "finished" if is_finished else "running"
        summaries.append(RunSummary(id=run.id, kind=run.kind, status=status, counts=counts))
        logger.info("reconciliation_worked_on", run_id=str(run.id), kind=run.kind, status=status, counts=counts)
        if not is_finished:
            break
    return summaries


def _daily_due(now: datetime) -> datetime:
    """The last two o'clock in the morning of the platform's time zone."""
    local = in_zone(now, settings().time_zone)
    due = local.replace(hour=DAILY_HOUR, minute=0, second=0, microsecond=0)
    return due if due <= local else due - timedelta(days=1)


def _claim() -> Run | None:
    now = clock.now()
    with db.transaction(SERVICE) as conn:
        run_queries.lock_runs(conn)
        return run_queries.claim(conn, uuid4(), now, now + LEASE)


def _work(work: Work) -> tuple[bool, dict[str, int]]:
    """Page after page to the end of the run, if nothing stops it; whether it has ended, and its counts."""
    run, counts = work.run, Counter(work.run.counts)
    cursor = Cursor.model_validate(run.cursor) if run.cursor else _start_of(run)
    try:
        while cursor is not None:
            if not work.has_time():
                raise OutOfTime
            page = PHASES[cursor.phase](work, cursor)
            counts += page.counts
            _save(run, page, dict(counts))
            cursor = page.next
    except (GatewayDown, GatewayRefused, OutOfTime) as stop:
        with db.transaction(SERVICE) as conn:
            run_queries.release(conn, run, type(stop).__name__)
        if isinstance(stop, GatewayRefused):  # the account itself, by its keys: for the alarm
            raise
        return False, dict(counts)
    except LeaseLost:
        return False, dict(counts)
    return True, dict(counts)


def _start_of(run: Run) -> Cursor:
    return Cursor(phase="open_orders" if run.kind == "open_orders" else "payments")


def _save(run: Run, page: Page, counts: dict[str, int]) -> None:
    """Write what a page came to, with where the run goes on; raises LeaseLost."""
    with db.transaction(SERVICE) as conn:
        settlement_queries.book_rows(conn, page.rows)
        settlement_queries.book_settlements(conn, page.settlements)
        queries.record(conn, run.id, page.comparisons, repaired=False)
        _keep_place(conn, run, page.next, counts)
    hand_off(conn.enqueued)


def _keep_place(conn: Connection, run: Run, following: Cursor | None, counts: dict[str, int]) -> None:
    if following is not None:
        if not run_queries.advance(conn, run, following, counts):
            raise LeaseLost
        return
    if not run_queries.finish(conn, run, counts, clock.now()):
        raise LeaseLost
    if run.kind == "daily":
        conn.measure(Metric.RECONCILIATION_MISMATCHES, sum(counts.values()) - counts.get("matched", 0))
    if found := queries.count_unrepaired(conn, run.id):
        many = sum(found.values())
        listed = ", ".join(f"{number} {verdict.replace('_', ' ')}" for verdict, number in found.items())
        _tell(conn, run.id, f"{many} finding{'s' if many > 1 else ''} of reconciliation", f"{listed}; run {run.id}.")


def _tell(conn: Connection, run_id: UUID, subject: str, detail: str) -> None:
    notifications.tell_admins(conn, "admin_attention", f"reconciliation:{run_id}", subject=subject, detail=detail)
