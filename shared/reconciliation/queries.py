"""SQL for requesting a reconciliation run."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from shared.db import Connection
from shared.reconciliation.models import RequestedRun


def request_run(
    conn: Connection, window: tuple[datetime, datetime], requested_by: UUID | None, now: datetime
) -> RequestedRun:
    """Insert a run over a window, or return the unfinished run over the same window."""
    row = (
        conn.cursor(row_factory=class_row(RequestedRun))
        .execute(
            """
            insert into public.reconciliation_runs as r (kind, window_start, window_end, requested_by, started_at)
            values ('requested', %(start)s, %(end)s, %(by)s, %(now)s)
            on conflict (window_start, window_end) where kind = 'requested' and status = 'running'
                do update set window_start = r.window_start
            returning id, xmax = 0 as is_new
            """,
            {"start": window[0], "end": window[1], "by": requested_by, "now": now},
        )
        .fetchone()
    )
    assert row is not None
    return row
