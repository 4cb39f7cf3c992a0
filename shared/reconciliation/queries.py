"""The statements of asking for a reconciliation."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from shared.db import Connection
from shared.reconciliation.models import Requested


def request_run(
    conn: Connection, window: tuple[datetime, datetime], requested_by: UUID | None, now: datetime
) -> Requested:
    """A run over a window, or the one for it that has not finished."""
    row = (
        conn.cursor(row_factory=class_row(Requested))
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
