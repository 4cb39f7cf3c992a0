"""SQL for runs: start, lease, save the cursor, finish."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from functions.payment_reconciliation.models import LeasedRun, RunCursor
from shared.db import Connection


def lock_runs(conn: Connection) -> None:
    """Wait for the lock under which runs are started and claimed."""
    conn.execute("select from private.exclusive_locks where name = 'payment_reconciliation' for update")


def insert_daily(conn: Connection, window_start: datetime, window_end: datetime, now: datetime) -> None:
    conn.execute(
        """
        insert into public.reconciliation_runs (kind, window_start, window_end, started_at)
        values ('daily', %(start)s, %(end)s, %(now)s)
        on conflict (window_end) where kind = 'daily' do nothing
        """,
        {"start": window_start, "end": window_end, "now": now},
    )


def insert_sweep(conn: Connection, window_start: datetime, window_end: datetime, now: datetime) -> None:
    conn.execute(
        """
        insert into public.reconciliation_runs (kind, window_start, window_end, started_at)
        values ('open_orders', %(start)s, %(end)s, %(now)s)
        on conflict (kind) where kind = 'open_orders' and status = 'running' do nothing
        """,
        {"start": window_start, "end": window_end, "now": now},
    )


def fail_stale_runs(conn: Connection, started_before: datetime, now: datetime) -> list[UUID]:
    """Mark the unfinished runs that started before this time as failed; returns their ids."""
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        """
        update public.reconciliation_runs
        set status = 'failed', finished_at = %(now)s, lease_token = null, lease_until = null
        where status = 'running' and started_at < %(before)s and (lease_until is null or lease_until <= %(now)s)
        returning id
        """,
        {"before": started_before, "now": now},
    ).fetchall()


def claim(conn: Connection, token: UUID, now: datetime, lease_until: datetime) -> LeasedRun | None:
    """Lease the next unfinished run, open orders first; None while another invocation holds a lease."""
    return (
        conn.cursor(row_factory=class_row(LeasedRun))
        .execute(
            """
            update public.reconciliation_runs set lease_token = %(token)s, lease_until = %(until)s
            where id = (
                select id from public.reconciliation_runs
                where status = 'running' and not exists (
                    select 1 from public.reconciliation_runs busy where busy.lease_until > %(now)s
                )
                order by kind <> 'open_orders', started_at, id
                limit 1
            )
            returning id, kind, window_start, window_end, started_at, cursor, counts, lease_token
            """,
            {"token": token, "until": lease_until, "now": now},
        )
        .fetchone()
    )


def release(conn: Connection, run: LeasedRun, error: str) -> None:
    conn.execute(
        """
        update public.reconciliation_runs set lease_token = null, lease_until = null, last_error = %(error)s
        where id = %(id)s and lease_token = %(token)s
        """,
        {"id": run.id, "token": run.lease_token, "error": error},
    )


def advance(conn: Connection, run: LeasedRun, cursor: RunCursor, counts: dict[str, int]) -> bool:
    """Save the cursor and counts of a run; false when this invocation has lost its lease."""
    return (
        conn.execute(
            """
            update public.reconciliation_runs set cursor = %(cursor)s, counts = %(counts)s, last_error = null
            where id = %(id)s and lease_token = %(token)s
            """,
            {
                "id": run.id,
                "token": run.lease_token,
                "cursor": Jsonb(cursor.model_dump(mode="json")),
                "counts": Jsonb(counts),
            },
        ).rowcount
        == 1
    )


def finish(conn: Connection, run: LeasedRun, counts: dict[str, int], now: datetime) -> bool:
    """Finish a run; false when this invocation has lost its lease."""
    return (
        conn.execute(
            """
            update public.reconciliation_runs
            set status = 'finished', finished_at = %(now)s, cursor = '{}', counts = %(counts)s,
                lease_token = null, lease_until = null, last_error = null
            where id = %(id)s and lease_token = %(token)s
            """,
            {"id": run.id, "token": run.lease_token, "counts": Jsonb(counts), "now": now},
        ).rowcount
        == 1
    )
