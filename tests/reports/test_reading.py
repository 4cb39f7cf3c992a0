"""What a report reads: sums, never the rows behind them, so that it costs the same however many there are."""

import pytest

from functions.analytics_report.dates import Range, recent
from functions.analytics_report.models import ReportType
from functions.analytics_report.service import Asked, make
from shared import db
from shared.actors import administrator
from tests.reports.histories import MIDNIGHT
from tests.reports.office import ZONE, Office

BEHIND = {"registrations", "payment_transactions", "payment_attempts", "refunds", "event_feedback", "analytics_events"}
MONTH = recent(MIDNIGHT.date(), ZONE)
READ = """
    select relname from pg_stat_xact_all_tables
    where schemaname in ('public', 'private') and coalesce(seq_scan, 0) + coalesce(idx_scan, 0) > 0
"""


def tables_read(office: Office, kind: ReportType, days: Range | None) -> set[str]:
    office.platform.set(DATABASE_SECRET_ID="database-app")
    with db.transaction(administrator(office.admin), read_only=True) as conn:
        make(conn, Asked(kind, days, ZONE, MIDNIGHT))
        return {name for (name,) in conn.execute(READ)}


@pytest.mark.parametrize(
    ("kind", "days"),
    [
        *(("overview", None), ("overview", MONTH), ("revenue", MONTH), ("revenue", None)),
        *(("referrals", None), ("funnel", MONTH)),
    ],
)
def test_a_report_reads_sums_alone(office: Office, kind: ReportType, days: Range | None) -> None:
    read = tables_read(office, kind, days)
    assert any(name.startswith("report_") for name in read)
    assert read & (BEHIND | {"referrals"}) == set()


def test_courses_are_read_with_the_stays_and_seats_of_their_page_alone(office: Office) -> None:
    office.platform.confirmed(office.platform.profile(), office.platform.event())
    read = tables_read(office, "events", None)
    assert {"report_events", "registrations", "session_attendance"} <= read
    assert read & BEHIND == {"registrations"}
