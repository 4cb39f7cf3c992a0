"""The statements that keep the reports' sums."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from psycopg.rows import class_row, scalar_row

from functions.refresh_reports.models import FunnelVisit, StepEvent
from shared.db import Connection


def fold_changes(conn: Connection, limit: int) -> int:
    """Add the oldest changes to the sums; how many, 0 also while another run does."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        "select private.fold_report_changes(%(limit)s)", {"limit": limit}
    )
    return int(cursor.fetchone() or 0)


def is_only_counter(conn: Connection) -> bool:
    """Whether this transaction alone counts visits now; another one has to wait for its turn."""
    locked = conn.execute("select from private.exclusive_locks where name = 'report_visits' for update skip locked")
    return locked.rowcount == 1


def first_uncounted(conn: Connection, steps: Sequence[str], horizon: datetime) -> datetime | None:
    """When the first event of a step arrived that is not counted and older than `horizon`."""
    return (
        conn.cursor(row_factory=scalar_row)
        .execute(
            """
            select min(found.created_at)
            from unnest(%(steps)s::text[]) step
            cross join lateral (
                select created_at from public.analytics_events
                where event_name = step and created_at < %(horizon)s and created_at >= coalesce((
                    select counted_until from private.report_progress where report = 'funnel'
                ), '-infinity'::timestamptz)
                order by created_at
                limit 1
            ) found
            """,
            {"steps": list(steps), "horizon": horizon},
        )
        .fetchone()
    )


def list_step_events(conn: Connection, steps: Sequence[str], begins: datetime, ends: datetime) -> list[StepEvent]:
    """Events of the steps that arrived between two instants, in the order in which they happened and arrived."""
    return (
        conn.cursor(row_factory=class_row(StepEvent))
        .execute(
            """
            select session_id, array_position(%(steps)s::text[], event_name) as step, created_at as at
            from public.analytics_events
            where event_name = any(%(steps)s) and created_at >= %(begins)s and created_at < %(ends)s
                and session_id is not null
            order by created_at, occurred_at, id
            """,
            {"steps": list(steps), "begins": begins, "ends": ends},
        )
        .fetchall()
    )


def list_visits(conn: Connection, session_ids: Iterable[str]) -> list[FunnelVisit]:
    return (
        conn.cursor(row_factory=class_row(FunnelVisit))
        .execute(
            "select session_id, entered_at, reached from private.report_visits where session_id = any(%(ids)s)",
            {"ids": list(session_ids)},
        )
        .fetchall()
    )


def keep_visits(conn: Connection, visits: Iterable[FunnelVisit]) -> None:
    rows = list(visits)
    conn.execute(
        """
        insert into private.report_visits (session_id, entered_at, reached)
        select * from unnest(%(sessions)s::text[], %(entered)s::timestamptz[], %(reached)s::smallint[])
        on conflict (session_id) do update set entered_at = excluded.entered_at, reached = excluded.reached
        """,
        {
            "sessions": [each.session_id for each in rows],
            "entered": [each.entered_at for each in rows],
            "reached": [each.reached for each in rows],
        },
    )


def forget_visits(conn: Connection, entered_before: datetime) -> None:
    """Drop visits that are over; their steps are counted."""
    conn.execute("delete from private.report_visits where entered_at < %(before)s", {"before": entered_before})


def add_steps(conn: Connection, counts: Mapping[tuple[datetime, int], int]) -> None:
    """Add visits by the instant they began at and the step they reached."""
    conn.execute(
        """
        insert into private.report_funnel as known (quarter, step, visits)
        select date_bin('15 minutes', entered_at, '2000-01-01 00:00:00+00'), step, sum(visits)
        from unnest(%(entered)s::timestamptz[], %(steps)s::smallint[], %(visits)s::bigint[])
            as reached (entered_at, step, visits)
        group by 1, 2
        on conflict (quarter, step) do update set visits = known.visits + excluded.visits
        """,
        {
            "entered": [entered_at for entered_at, _ in counts],
            "steps": [step for _, step in counts],
            "visits": list(counts.values()),
        },
    )


def count_until(conn: Connection, instant: datetime) -> None:
    """Everything that arrived before the instant is counted; it never goes back."""
    conn.execute(
        """
        insert into private.report_progress as known (report, counted_until) values ('funnel', %(instant)s)
        on conflict (report) do update set counted_until = greatest(known.counted_until, excluded.counted_until)
        """,
        {"instant": instant},
    )
