"""What a report reads: sums, never the rows behind them, so that it costs the same however many there are."""

from typing import LiteralString

import psycopg
import pytest

from functions.analytics_report.dates import DateRange, recent
from functions.analytics_report.models import ReportType
from functions.analytics_report.service import ReportRequest, make
from shared import db
from shared.actors import administrator
from tests.reports.histories import MIDNIGHT
from tests.reports.office import ZONE, ReportReader

BEHIND = {"registrations", "payment_transactions", "payment_attempts", "refunds", "event_feedback", "analytics_events"}
MONTH = recent(MIDNIGHT.date(), ZONE)
COURSES, STUDENTS, PAGE = 40, 250, 2
CROWD = """
    set local session_replication_role = replica;
    create temp table crowd on commit drop as
    select md5('p' || n)::uuid as person, md5('e' || n % 40)::uuid as event, md5('r' || n)::uuid as seat
    from generate_series(1, 10000) n;
    insert into profiles (id, email) select person, person || '@example.com' from crowd;
    insert into events (id, title, category, status, starts_at, ends_at, capacity, price_amount)
    select distinct event, 'Course', 'technical', 'completed', '2026-03-08'::timestamptz, '2026-03-09'::timestamptz,
      250, 49900 from crowd;
    insert into event_sessions (id, event_id, starts_at, ends_at) select id, id, starts_at, ends_at from events;
    insert into registrations (id, user_id, event_id, status, payment_status, amount, currency, confirmed_at)
    select seat, person, event, 'confirmed', 'completed', 49900, 'INR', now() from crowd;
    insert into session_attendance (registration_id, user_id, event_id, session_id, check_in_time)
    select seat, person, event, event, '2026-03-08'::timestamptz from crowd;
"""
READ = """
    select relname from pg_stat_xact_all_tables
    where schemaname in ('public', 'private') and coalesce(seq_scan, 0) + coalesce(idx_scan, 0) > 0
"""


def tables_read(office: ReportReader, kind: ReportType, days: DateRange | None) -> set[str]:
    office.platform.set(DATABASE_SECRET_ID="database-admin")
    with db.transaction(administrator(office.admin), read_only=True) as conn:
        make(conn, ReportRequest(kind, days, ZONE, MIDNIGHT))
        return {name for (name,) in conn.execute(READ)}


@pytest.mark.parametrize(
    ("kind", "days"),
    [
        *(("overview", None), ("overview", MONTH), ("revenue", MONTH), ("revenue", None)),
        *(("referrals", None), ("funnel", MONTH)),
    ],
)
def test_a_report_reads_sums_alone(office: ReportReader, kind: ReportType, days: DateRange | None) -> None:
    read = tables_read(office, kind, days)
    assert any(name.startswith("report_") for name in read)
    assert read & (BEHIND | {"referrals"}) == set()


def test_courses_are_read_with_the_stays_and_seats_of_their_page_alone(office: ReportReader) -> None:
    office.platform.confirmed(office.platform.profile(), office.platform.event())
    read = tables_read(office, "events", None)
    assert {"report_events", "registrations", "session_attendance"} <= read
    assert read & BEHIND == {"registrations"}


def rows_read(office: ReportReader, kind: ReportType, table: str, *, by_index: bool = True) -> int:
    office.platform.set(DATABASE_SECRET_ID="database-admin")
    with db.transaction(administrator(office.admin), read_only=True) as conn:
        if not by_index:
            conn.execute("set local enable_indexscan = off; set local enable_bitmapscan = off")
        before = read_so_far(conn, table)
        make(conn, ReportRequest(kind, MONTH, ZONE, MIDNIGHT, limit=PAGE))
        return read_so_far(conn, table) - before


def read_so_far(conn: psycopg.Connection, table: str) -> int:
    cursor = conn.execute(
        "select seq_tup_read + idx_tup_fetch from pg_stat_xact_all_tables where relname = %s", (table,)
    )
    (count,) = cursor.fetchone() or (0,)
    return count


@pytest.mark.parametrize("kind", ["events", "attendance"])
def test_a_page_reads_the_seats_and_stays_of_its_courses_alone(office: ReportReader, kind: ReportType) -> None:
    with office.platform.database.look() as conn:
        with conn.transaction():
            conn.execute(CROWD)
        conn.execute("analyze")
    for table in ("registrations", "session_attendance"):
        # One course more tells whether there is another page; its seats are counted.
        assert 0 < rows_read(office, kind, table) <= 2 * (PAGE + 1) * STUDENTS
        assert rows_read(office, kind, table, by_index=False) >= COURSES * STUDENTS


CHANGES = 2_000
WRITE = """
    insert into private.report_changes
    select now(), gen_random_uuid(), 'INR', null, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
    from generate_series(1, 2000)
"""


def changes_read(office: ReportReader, fold: LiteralString) -> int:
    """By one transaction that folds, while the planner takes the table for the empty one it mostly is."""
    with office.platform.database.look() as conn:
        conn.execute(WRITE)
        conn.execute("delete from private.report_changes")
        conn.execute("analyze private.report_changes")
        conn.execute(WRITE)
    with office.platform.database.look() as conn:
        conn.execute(fold)
        return read_so_far(conn, "report_changes")


def test_each_change_is_read_a_few_times_however_many_there_are(office: ReportReader) -> None:
    by_range = "select private.fold_report_changes(null)"
    assert CHANGES <= changes_read(office, by_range) <= 3 * CHANGES
    by_join = "delete from private.report_changes where id in (select id from private.report_changes order by id)"
    assert changes_read(office, by_join) > 100 * CHANGES
