"""The statements of the reports: sums that are kept (private.report_...), never the rows they are of.

Attendance alone is counted from stays, those of the courses on the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row, dict_row, scalar_row

from functions.analytics_report.dates import DateRange
from functions.analytics_report.models import EventStatus, Grouping
from shared.db import Connection


@dataclass(frozen=True)
class FigureSums:
    """Sums in one currency, the empty one for what has none; `rating` is the sum of all ratings."""

    currency: str
    users: int
    registrations: int
    confirmed: int
    paid: int
    free: int
    cancelled: int
    expired: int
    payments: int
    gross: int
    refunds: int
    refunded: int
    fees: int
    tax: int
    feedback: int
    rating: int
    referrals: int
    converted: int
    rewarded: int


SUMS: LiteralString = """
    currency, sum(users)::bigint as users, sum(registrations)::bigint as registrations,
    sum(confirmed)::bigint as confirmed, sum(paid)::bigint as paid, sum(free)::bigint as free,
    sum(cancelled)::bigint as cancelled, sum(expired)::bigint as expired, sum(payments)::bigint as payments,
    sum(gross)::bigint as gross, sum(refunds)::bigint as refunds, sum(refunded)::bigint as refunded,
    sum(fees)::bigint as fees, sum(tax)::bigint as tax, sum(feedback)::bigint as feedback,
    sum(rating)::bigint as rating, sum(referrals)::bigint as referrals, sum(converted)::bigint as converted,
    sum(rewarded)::bigint as rewarded
"""


def sum_everything(conn: Connection) -> list[FigureSums]:
    """All there ever was, by currency."""
    cursor = conn.cursor(row_factory=class_row(FigureSums))
    return cursor.execute(
        "select " + SUMS + " from private.figures_by_event group by currency order by currency"
    ).fetchall()


def sum_range(conn: Connection, days: DateRange) -> list[FigureSums]:
    """What happened in the range, by currency."""
    cursor = conn.cursor(row_factory=class_row(FigureSums))
    return cursor.execute(
        "select "
        + SUMS
        + """
        from private.figures_by_quarter
        where quarter >= %(begins)s and quarter < %(ends)s
        group by currency order by currency
        """,
        _instants(days),
    ).fetchall()


def count_events(conn: Connection, days: DateRange | None) -> list[tuple[EventStatus, int]]:
    """Courses by status, those that begin in the range."""
    return conn.execute(
        """
        select status, count(*) from public.events
        where starts_at >= coalesce(%(begins)s, '-infinity'::timestamptz)
            and starts_at < coalesce(%(ends)s, 'infinity'::timestamptz)
        group by status
        """,
        _instants(days),
    ).fetchall()


@dataclass(frozen=True)
class PeriodSums:
    """Money of one currency in the period that begins with a day."""

    start: date
    currency: str
    payments: int = 0
    gross: int = 0
    refunds: int = 0
    refunded: int = 0
    fees: int = 0
    tax: int = 0


def sum_money(conn: Connection, days: DateRange, grouping: Grouping) -> list[PeriodSums]:
    """Periods with payments or refunds in them."""
    cursor = conn.cursor(row_factory=class_row(PeriodSums))
    return cursor.execute(
        """
        select greatest(date_trunc(%(grouping)s, quarter at time zone %(zone)s)::date, %(start)s) as start, currency,
            sum(payments)::bigint as payments, sum(gross)::bigint as gross, sum(refunds)::bigint as refunds,
            sum(refunded)::bigint as refunded, sum(fees)::bigint as fees, sum(tax)::bigint as tax
        from private.figures_by_quarter
        where quarter >= %(begins)s and quarter < %(ends)s and (payments <> 0 or refunds <> 0 or fees <> 0)
        group by 1, 2
        order by 1, 2
        """,
        {**_instants(days), "start": days.start, "zone": days.zone, "grouping": grouping},
    ).fetchall()


@dataclass(frozen=True)
class CourseOnPage:
    """A course on a page; `was_held` once its first session is over."""

    id: UUID
    title: str
    category: Any
    status: EventStatus
    starts_at: datetime
    ends_at: datetime
    capacity: int
    seats_taken: int
    was_held: bool


def list_events(
    conn: Connection, days: DateRange | None, now: datetime, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[CourseOnPage]:
    """Courses that were published and begin in the range, the latest first."""
    after_start, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(CourseOnPage))
        .execute(
            """
            select e.id, e.title, e.category, e.status, e.starts_at, e.ends_at, e.capacity,
                private.seats_taken(e.id) as seats_taken, exists (
                    select 1 from public.event_sessions s where s.event_id = e.id and s.ends_at <= %(now)s
                ) as was_held
            from public.events e
            where e.status <> 'draft' and e.starts_at >= coalesce(%(begins)s, '-infinity'::timestamptz)
                and e.starts_at < coalesce(%(ends)s, 'infinity'::timestamptz)
                and (%(after_start)s::timestamptz is null
                    or (e.starts_at, e.id) < (%(after_start)s::timestamptz, %(after_id)s::uuid))
            order by e.starts_at desc, e.id desc
            limit %(limit)s
            """,
            {**_instants(days), "now": now, "after_start": after_start, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def sum_events(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, list[FigureSums]]:
    """What belongs to each of the courses, by currency."""
    rows = (
        conn.cursor(row_factory=dict_row)
        .execute(
            "select event_id, "
            + SUMS
            + """
            from private.figures_by_event
            where event_id = any(%(ids)s)
            group by event_id, currency order by currency
            """,
            {"ids": list(ids)},
        )
        .fetchall()
    )
    found: dict[UUID, list[FigureSums]] = {each: [] for each in ids}
    for row in rows:
        found[row.pop("event_id")].append(FigureSums(**row))
    return found


def count_attended(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many of the students with a confirmed seat were in a session of each course."""
    rows = conn.execute(
        """
        select event_id, count(*) from public.registrations
        where event_id = any(%(ids)s) and status = 'confirmed'
            and id in (select registration_id from public.session_attendance where event_id = any(%(ids)s))
        group by event_id
        """,
        {"ids": list(ids)},
    )
    return dict(rows.fetchall())


@dataclass(frozen=True)
class LeaderboardEntry:
    """A person on the leaderboard."""

    user_id: UUID
    full_name: str
    email: str
    referrals: int
    converted: int
    rewarded: int


type Rank = tuple[int, int, UUID]
"""Converted, referrals and the person: the leaderboard's order."""

# Who has no change pending is in the order of the index already; the others are few, and added to what is kept.
LEADERBOARD: LiteralString = """
    with pending as (
        select referrer_id, sum(sign * referrals) as referrals, sum(sign * converted) as converted,
            sum(sign * rewarded) as rewarded
        from private.report_changes where referrer_id is not null
        group by referrer_id
    ),
    ranked as (
        (
            select k.referrer_id, k.referrals, k.converted, k.rewarded
            from private.report_referrers k
            where not exists (select from pending p where p.referrer_id = k.referrer_id)
                and (%(after_converted)s::bigint is null
                    or k.converted <= %(after_converted)s::bigint and (-k.converted, -k.referrals, k.referrer_id)
                        > (-%(after_converted)s::bigint, -%(after_referrals)s::bigint, %(after_id)s::uuid))
            order by k.converted desc, k.referrals desc, k.referrer_id
            limit %(limit)s
        )
        union all
        select p.referrer_id, p.referrals + coalesce(k.referrals, 0), p.converted + coalesce(k.converted, 0),
            p.rewarded + coalesce(k.rewarded, 0)
        from pending p left join private.report_referrers k using (referrer_id)
    )
"""
LEADERBOARD_OF_RANGE: LiteralString = """
    with ranked as (
        select referrer_id, count(*) as referrals,
            count(*) filter (where status in ('completed', 'rewarded')) as converted,
            count(*) filter (where status = 'rewarded') as rewarded
        from public.referrals
        where created_at >= %(begins)s and created_at < %(ends)s
        group by referrer_id
    )
"""


def list_referrers(
    conn: Connection, days: DateRange | None, *, after: Rank | None, limit: int
) -> list[LeaderboardEntry]:
    """The leaderboard of the range, or of all time, behind a place on it."""
    after_converted, after_referrals, after_id = after or (None, None, None)
    return (
        conn.cursor(row_factory=class_row(LeaderboardEntry))
        .execute(
            (LEADERBOARD_OF_RANGE if days else LEADERBOARD)
            + """
            select p.id as user_id, p.full_name, p.email, r.referrals::bigint as referrals,
                r.converted::bigint as converted, r.rewarded::bigint as rewarded
            from (
                select referrer_id, referrals, converted, rewarded from ranked
                where referrals > 0 and (%(after_converted)s::bigint is null
                    or (-converted, -referrals, referrer_id)
                        > (-%(after_converted)s::bigint, -%(after_referrals)s::bigint, %(after_id)s::uuid))
                order by converted desc, referrals desc, referrer_id
                limit %(limit)s
            ) r
            join public.profiles p on p.id = r.referrer_id
            order by r.converted desc, r.referrals desc, r.referrer_id
            """,
            {
                **_instants(days),
                "after_converted": after_converted,
                "after_referrals": after_referrals,
                "after_id": after_id,
                "limit": limit,
            },
        )
        .fetchall()
    )


def count_visits(conn: Connection, days: DateRange) -> dict[int, int]:
    """Visits that began in the range by the step they reached, 1 for the first."""
    return dict(
        conn.execute(
            """
            select step, sum(visits)::bigint from private.report_funnel
            where quarter >= %(begins)s and quarter < %(ends)s
            group by step
            """,
            _instants(days),
        ).fetchall()
    )


def counted_until(conn: Connection) -> datetime | None:
    """Up to when visitors' events are counted; null before the first time."""
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute("select counted_until from private.report_progress where report = 'funnel'").fetchone()


@dataclass(frozen=True)
class SessionSummary:
    """A live session on a page, with how many have a seat."""

    session_id: UUID
    event_id: UUID
    event_title: str
    title: str
    starts_at: datetime
    ends_at: datetime
    confirmed: int


def list_sessions(
    conn: Connection, days: DateRange, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[SessionSummary]:
    """Sessions that begin in the range, the latest first."""
    after_start, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(SessionSummary))
        .execute(
            """
            select s.id as session_id, s.event_id, e.title as event_title, s.title, s.starts_at, s.ends_at, coalesce((
                select sum(f.confirmed)::bigint from private.figures_by_event f where f.event_id = s.event_id
            ), 0) as confirmed
            from public.event_sessions s join public.events e on e.id = s.event_id
            where e.status <> 'draft' and s.starts_at >= %(begins)s and s.starts_at < %(ends)s
                and (%(after_start)s::timestamptz is null
                    or (s.starts_at, s.id) < (%(after_start)s::timestamptz, %(after_id)s::uuid))
            order by s.starts_at desc, s.id desc
            limit %(limit)s
            """,
            {**_instants(days), "after_start": after_start, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def sum_stays(conn: Connection, sessions: Sequence[SessionSummary], now: datetime) -> dict[UUID, tuple[int, int]]:
    """Who of those with a seat was in each session, and their minutes as `private.attended_minutes` has them."""
    rows = conn.execute(
        """
        with seats as materialized (
            select id from public.registrations where event_id = any(%(events)s) and status = 'confirmed'
        ),
        stays as (
            select s.id as session_id, coalesce(range_agg(
                tstzrange(greatest(a.check_in_time, s.starts_at),
                    least(coalesce(a.check_out_time, s.ends_at), s.ends_at, %(now)s))
            ) filter (
                where greatest(a.check_in_time, s.starts_at)
                    < least(coalesce(a.check_out_time, s.ends_at), s.ends_at, %(now)s)
            ), '{}') as merged
            from public.session_attendance a join public.event_sessions s on s.id = a.session_id
            join seats on seats.id = a.registration_id
            where a.session_id = any(%(sessions)s)
            group by s.id, a.registration_id
        )
        select session_id, count(*), sum((
            select coalesce(floor(sum(extract(epoch from upper(stay) - lower(stay))) / 60), 0)
            from unnest(merged) stay
        ))::bigint
        from stays group by session_id
        """,
        {
            "sessions": [each.session_id for each in sessions],
            "events": list({each.event_id for each in sessions}),
            "now": now,
        },
    )
    return {session_id: (joined, minutes) for session_id, joined, minutes in rows}


def _instants(days: DateRange | None) -> dict[str, datetime | None]:
    return {"begins": days.begins_at if days else None, "ends": days.ends_before if days else None}
