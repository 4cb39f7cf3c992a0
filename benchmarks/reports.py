"""Reports at 1,000, 100,000 and 1,000,000 registrations, their upkeep, and the funnel over 5,000,000 visitors' events.

A course has 500 students; one student in 20 is refunded, one in 10 was brought by somebody and gave feedback.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from uuid import UUID

import psycopg

from functions.analytics_report.dates import DateRange
from functions.analytics_report.models import ReportType
from functions.analytics_report.service import ReportRequest, make
from functions.refresh_reports.service import count_visits, fold_changes
from shared import clock
from shared.actors import SERVICE, administrator
from shared.db import Database
from shared.reports.funnel import STEPS

SIZES = (1_000, 100_000, 1_000_000)
VISITOR_EVENTS = 5_000_000
STUDENTS_PER_COURSE = 500
RUNS = 40
OVERVIEW_BUDGET, BUDGET_MS = 2, 250
CHANGES = 100_000
"""More than five minutes bring: what is not added to the sums yet."""
FOLD_BUDGET, REBUILD_BUDGET_SECONDS = 5, 300
ADMIN = UUID(int=1)
ZONE = "Asia/Kolkata"
PLANT = """
    set session_replication_role = replica;
    create temp table planted as
    select n, md5('p' || n)::uuid as person, md5('e' || n / {per})::uuid as event, md5('r' || n)::uuid as seat,
      md5('t' || n)::uuid as bought, now() - (n::bigint * 7919 % 31536000) * interval '1 second' as at
    from generate_series({first}, {last}) n;
    -- Random codes of a million people would hardly all differ.
    insert into profiles (id, email, referral_code, created_at)
    select person, n || '@example.com', lpad(n::text, 10, '0'), at from planted;
    insert into events (id, title, category, status, starts_at, ends_at, capacity, price_amount)
    select distinct event, 'Course', 'technical', 'completed', now() - (n / {per} % 360) * interval '1 day',
      now() - (n / {per} % 360) * interval '1 day' + interval '2 hours', {per}, 49900 from planted
    on conflict do nothing;
    insert into event_sessions (id, event_id, starts_at, ends_at)
    select distinct e.id, e.id, e.starts_at, e.ends_at from planted p join events e on e.id = p.event
    on conflict do nothing;
    insert into registrations
      (id, user_id, event_id, status, payment_status, amount, currency, confirmed_at, created_at)
    select seat, person, event, 'confirmed', 'completed', 49900, 'INR', at, at from planted;
    insert into payment_transactions (id, registration_id, user_id, razorpay_order_id, razorpay_payment_id, status,
      amount, currency, paid_at, created_at)
    select bought, seat, person, 'order_' || n, 'pay_' || n, 'success', 49900, 'INR', at, at from planted;
    insert into payment_attempts
      (razorpay_payment_id, payment_transaction_id, status, amount, currency, fee, tax, created_at)
    select 'pay_' || n, bought, 'captured', 49900, 'INR', 1178, 180, at from planted;
    insert into refunds (payment_transaction_id, razorpay_payment_id, razorpay_refund_id, amount, currency, reason,
      status, idempotency_key, processed_at)
    select bought, 'pay_' || n, 'rfnd_' || n, 49900, 'INR', 'admin', 'processed', 'refund-key-' || n, at
    from planted where n % 20 = 0;
    insert into event_feedback (registration_id, user_id, event_id, rating, created_at)
    select seat, person, event, 1 + n % 5, at from planted where n % 10 = 0;
    insert into referrals (referrer_id, referred_user_id, event_id, registration_id, created_at)
    select md5('p' || 10 * (n % 99 + 1))::uuid, person, event, seat, at from planted where n % 10 = 1;
    insert into session_attendance
      (registration_id, user_id, event_id, session_id, check_in_time, check_out_time, closed_by)
    select seat, person, event, event, e.starts_at + n % 30 * interval '1 minute', e.ends_at, 'student'
    from planted join events e on e.id = event where n % 4 <> 0;
    set session_replication_role = origin;
    insert into benchmark_planted select * from planted;
    drop table planted;
    truncate private.report_quarters, private.report_events, private.report_referrers;
    insert into private.report_quarters
    select date_bin('15 minutes', at, '2000-01-01 00:00:00+00'), 'INR', {sums} from benchmark_planted group by 1;
    insert into private.report_events select event, 'INR', {sums} from benchmark_planted group by 1;
    insert into private.report_referrers
    select md5('p' || 10 * (n % 99 + 1))::uuid, count(*), 0, 0 from benchmark_planted where n % 10 = 1 group by 1;
    analyze;
"""
# As the schedule leaves them: rebuilding a million rows' sums takes minutes, and is not what is measured.
SUMS = """
    count(*), count(*), count(*), count(*), 0, 0, 0, count(*), count(*) * 49900, count(*) * 1178, count(*) * 180,
    count(*) filter (where n % 20 = 0), count(*) filter (where n % 20 = 0) * 49900,
    count(*) filter (where n % 10 = 0), coalesce(sum(1 + n % 5) filter (where n % 10 = 0), 0),
    count(*) filter (where n % 10 = 1), 0, 0
"""
WRITE_CHANGES = """
    insert into private.report_changes
    select date_bin('15 minutes', at, '2000-01-01 00:00:00+00'), event, 'INR', null,
      0, 1, 1, 1, 0, 0, 0, 1, 49900, 1178, 180, 0, 0, 0, 0, 0, 0, 0, case when n % 2 = 0 then 1 else -1 end
    from benchmark_planted where n <= {count}
"""
VISITORS = """
    insert into analytics_events (session_id, event_name, event_category, created_at)
    select 'session-' || n % 1000003, (array[{steps}, 'page_viewed', 'page_viewed', 'page_viewed'])[1 + n % 7],
      'conversion', now() - (n::bigint * 31 % 2592000) * interval '1 second'
    from generate_series(1, {count}) n
"""


@dataclass(frozen=True)
class Cost:
    """Median milliseconds of a report at each size."""

    report: str
    milliseconds: dict[int, float]

    @property
    def growth(self) -> float:
        return self.milliseconds[SIZES[-1]] / self.milliseconds[SIZES[0]]

    @property
    def largest(self) -> float:
        return max(self.milliseconds.values())


@dataclass(frozen=True)
class Upkeep:
    """At the largest size: a report while changes wait to be added, adding them, and summing everything up anew."""

    overview_ms: float
    fold_seconds: float
    write_seconds: float
    rebuild_seconds: float

    @property
    def fold_ratio(self) -> float:
        return self.fold_seconds / self.write_seconds


def measure(superuser_url: str, admin_url: str, worker_url: str) -> tuple[list[Cost], Upkeep, Cost]:
    """Every report at every size, the upkeep, and the funnel; on a migrated, otherwise empty database."""
    found: dict[str, dict[int, float]] = {}
    with psycopg.connect(superuser_url, autocommit=True) as owner:
        owner.execute("insert into profiles (id, email) values (%s, 'admin@example.com')", (ADMIN,))
        owner.execute("insert into admins (user_id) values (%s)", (ADMIN,))
        owner.execute(
            "create unlogged table benchmark_planted"
            " (n int, person uuid, event uuid, seat uuid, bought uuid, at timestamptz)"
        )
        last = 0
        for size in SIZES:
            owner.execute(PLANT.format(per=STUDENTS_PER_COURSE, first=last + 1, last=size, sums=SUMS).encode())
            last = size
            for name, milliseconds in _ask_all(admin_url).items():
                found.setdefault(name, {})[size] = milliseconds
        upkeep = _upkeep(owner, admin_url, worker_url)
        owner.execute(VISITORS.format(steps=", ".join(f"'{step}'" for step in STEPS), count=VISITOR_EVENTS).encode())
        owner.execute("analyze analytics_events")
    return [Cost(name, sizes) for name, sizes in found.items()], upkeep, Cost("funnel", _funnel(admin_url, worker_url))


def _ask_all(admin_url: str) -> dict[str, float]:
    today = clock.in_zone(clock.now(), ZONE).date()
    year = DateRange(today - timedelta(days=365), today, ZONE)
    asked: dict[str, tuple[ReportType, DateRange | None]] = {
        "overview": ("overview", None),
        "overview of a year": ("overview", year),
        "revenue of a year by day": ("revenue", year),
        "events, a page": ("events", None),
        "attendance, a page": ("attendance", None),
        "referrals, a page": ("referrals", None),
    }
    database = Database(lambda: admin_url)
    try:
        return {name: _median_ms(_report(database, *of)) for name, of in asked.items()}
    finally:
        database.close()


def _upkeep(owner: psycopg.Connection, admin_url: str, worker_url: str) -> Upkeep:
    """Writing is what the rows cost when the owner writes all of them by one statement, past every trigger."""
    worker, app = Database(lambda: worker_url), Database(lambda: admin_url)
    try:
        written = _seconds(lambda: owner.execute(WRITE_CHANGES.format(count=CHANGES).encode()))
        overview = _median_ms(_report(app, "overview", None))
        folded = _seconds(lambda: fold_changes(lambda: True, lambda: worker.transaction(SERVICE)))
        rebuilt = _seconds(lambda: owner.execute("select private.rebuild_reports()"))
        return Upkeep(overview, folded, written, rebuilt)
    finally:
        worker.close()
        app.close()


def _funnel(admin_url: str, worker_url: str) -> dict[int, float]:
    """Counted by the schedule's own code first."""
    worker, app = Database(lambda: worker_url), Database(lambda: admin_url)
    try:
        count_visits(clock.now(), lambda: True, lambda: worker.transaction(SERVICE))
        return {VISITOR_EVENTS: _median_ms(_report(app, "funnel", None))}
    finally:
        worker.close()
        app.close()


def _report(database: Database, kind: ReportType, days: DateRange | None) -> Callable[[], object]:
    def ask() -> object:
        with database.transaction(administrator(ADMIN), read_only=True) as conn:
            return make(conn, ReportRequest(kind, days, ZONE, clock.now())).model_dump_json(by_alias=True)

    return ask


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _median_ms(work: Callable[[], object]) -> float:
    return median(_seconds(work) for _ in range(RUNS)) * 1000
