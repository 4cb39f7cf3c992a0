"""Reconciliation runs: started once, processed by one invocation at a time, and continued by the next.

A second run over the same days writes only its own row: an item records a change, and there is none.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from functions.payment_reconciliation import queries, run_queries, settlement_queries
from functions.payment_reconciliation.context import OutOfTime, ReconciliationContext
from functions.payment_reconciliation.models import LeasedRun, PhaseResult, RunCursor, RunSummary
from functions.payment_reconciliation.phases import PHASES
from shared import clock, db
from shared.actors import SERVICE
from shared.clock import in_zone
from shared.config import settings
from shared.db import Connection
from shared.log import logger
from shared.metrics import Metric
from shared.notifications import service as notifications
from shared.notifications.handoff import hand_off
from shared.payments.errors import GatewayDown, GatewayKeyRefused, GatewayRefused
from shared.payments.gateway import Gateway

DAILY_HOUR = 2
DAILY_WINDOW = timedelta(days=7)
"""A payment can change for five days (late authorisation, automatic refund), and a settlement can take as long."""
OPEN_ORDER_MIN_AGE = timedelta(minutes=15)
OPEN_ORDER_MAX_AGE = timedelta(hours=3)
"""The daily run covers older orders; their seats are no longer held."""
LEASE = timedelta(minutes=15)
"""The longest run time of a Lambda, so the holder of an expired lease cannot be running."""
STALE_AFTER = timedelta(hours=30)


class LeaseLost(Exception):
    """Another invocation has taken over the run; nothing of this page was written."""


def start_due_runs(now: datetime) -> None:
    """Start the runs that are due: the daily run once a day, and the run over open orders. Fail the stale ones."""
    due = _last_daily_start(now)
    with db.transaction(SERVICE) as conn:
        run_queries.lock_runs(conn)
        for run_id in run_queries.fail_stale_runs(conn, now - STALE_AFTER, now):
            logger.error("reconciliation_stale", run_id=str(run_id))
            _notify_admins(
                conn, run_id, "A reconciliation did not come to its end", "Razorpay could not be read for a day."
            )
        run_queries.insert_daily(conn, due - DAILY_WINDOW, due, now)
        run_queries.insert_sweep(conn, now - OPEN_ORDER_MAX_AGE, now - OPEN_ORDER_MIN_AGE, now)
    hand_off(conn.enqueued)


def continue_runs(gateway: Gateway, has_time: Callable[[], bool], sleep: Callable[[float], None]) -> list[RunSummary]:
    """Continue unfinished runs while there is time and Razorpay answers; returns the progress of each."""
    summaries: list[RunSummary] = []
    while has_time() and (run := _claim()) is not None:
        is_finished, counts = _process_run(ReconciliationContext(run, gateway, has_time, sleep))
        status = "finished" if is_finished else "running"
        summaries.append(RunSummary(id=run.id, kind=run.kind, status=status, counts=counts))
        logger.info("reconciliation_progress", run_id=str(run.id), kind=run.kind, status=status, counts=counts)
        if not is_finished:
            break
    return summaries


def _last_daily_start(now: datetime) -> datetime:
    """The last 02:00 in the platform's time zone."""
    local = in_zone(now, settings().time_zone)
    due = local.replace(hour=DAILY_HOUR, minute=0, second=0, microsecond=0)
    return due if due <= local else due - timedelta(days=1)


def _claim() -> LeasedRun | None:
    now = clock.now()
    with db.transaction(SERVICE) as conn:
        run_queries.lock_runs(conn)
        return run_queries.claim(conn, uuid4(), now, now + LEASE)


def _process_run(context: ReconciliationContext) -> tuple[bool, dict[str, int]]:
    """Process page after page until the run ends or must stop; returns whether it has ended, and its counts."""
    run, counts = context.run, Counter(context.run.counts)
    cursor = RunCursor.model_validate(run.cursor) if run.cursor else _initial_cursor(run)
    try:
        while cursor is not None:
            if not context.has_time():
                raise OutOfTime
            page = PHASES[cursor.phase](context, cursor)
            counts += page.counts
            _save_page(run, page, dict(counts))
            cursor = page.next
    except (GatewayDown, GatewayRefused, OutOfTime) as stop:
        with db.transaction(SERVICE) as conn:
            run_queries.release(conn, run, type(stop).__name__)
        if isinstance(stop, GatewayKeyRefused | GatewayRefused):  # wrong keys or a blocked account: raise the alarm
            raise
        return False, dict(counts)
    except LeaseLost:
        return False, dict(counts)
    return True, dict(counts)


def _initial_cursor(run: LeasedRun) -> RunCursor:
    return RunCursor(phase="open_orders" if run.kind == "open_orders" else "payments")


def _save_page(run: LeasedRun, page: PhaseResult, counts: dict[str, int]) -> None:
    """Save the results of a page and the next cursor in one transaction; raises LeaseLost."""
    with db.transaction(SERVICE) as conn:
        settlement_queries.upsert_settlement_rows(conn, page.rows)
        settlement_queries.upsert_settlements(conn, page.settlements)
        queries.record_comparisons(conn, run.id, page.comparisons, repaired=False)
        _save_progress(conn, run, page.next, counts)
    hand_off(conn.enqueued)


def _save_progress(conn: Connection, run: LeasedRun, following: RunCursor | None, counts: dict[str, int]) -> None:
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
        _notify_admins(
            conn, run.id, f"{many} finding{'s' if many > 1 else ''} of reconciliation", f"{listed}; run {run.id}."
        )


def _notify_admins(conn: Connection, run_id: UUID, subject: str, detail: str) -> None:
    notifications.notify_admins(conn, "admin_attention", f"reconciliation:{run_id}", subject=subject, detail=detail)
