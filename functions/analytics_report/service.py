"""What each report says, from sums that are exact at the instant they are read."""

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from functions.analytics_report import queries
from functions.analytics_report.dates import DateRange, recent
from functions.analytics_report.models import (
    AnyReport,
    EventFigures,
    EventsReport,
    EventStatus,
    FunnelReport,
    FunnelStep,
    Grouping,
    OverviewReport,
    PresenceReport,
    RatingFigures,
    ReferralsReport,
    Referrer,
    RegistrationCounts,
    ReportType,
    RevenueFigures,
    RevenuePeriod,
    RevenueReport,
    SessionAttendance,
)
from functions.analytics_report.queries import CourseOnPage, FigureSums, PeriodSums, Rank, SessionSummary
from shared import clock
from shared.db import Connection
from shared.errors import Invalid
from shared.paging import DEFAULT_LIMIT, cursor_after, read_cursor
from shared.reports.funnel import STEPS

STATUSES: tuple[EventStatus, ...] = ("draft", "upcoming", "ongoing", "completed", "cancelled")


@dataclass(frozen=True)
class ReportRequest:
    """A report as it was asked for: without days, of everything, or of the last 30 days where that is too much."""

    type: ReportType
    days: DateRange | None
    zone: str
    now: datetime
    grouping: Grouping = "day"
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT

    @property
    def days_or_recent(self) -> DateRange:
        return self.days or recent(clock.in_zone(self.now, self.zone).date(), self.zone)


def make(conn: Connection, asked: ReportRequest) -> AnyReport:
    """Raises Invalid for a foreign cursor."""
    makers: dict[ReportType, Callable[[Connection, ReportRequest], AnyReport]] = {
        "overview": overview,
        "revenue": revenue,
        "events": events,
        "referrals": referrals,
        "funnel": funnel,
        "attendance": attendance,
    }
    return makers[asked.type](conn, asked)


def overview(conn: Connection, asked: ReportRequest) -> OverviewReport:
    figures = _sums(conn, asked.days)
    counted = dict(queries.count_events(conn, asked.days))
    return OverviewReport(
        **_about(asked, asked.days),
        users=sum(each.users for each in figures),
        events={status: counted.get(status, 0) for status in STATUSES},
        registrations=_registrations(figures),
        completed_payments=sum(each.payments for each in figures),
        revenue=_revenue(figures),
        feedback=_feedback(figures),
    )


def revenue(conn: Connection, asked: ReportRequest) -> RevenueReport:
    days, grouping = asked.days_or_recent, asked.grouping
    sums = queries.sum_money(conn, days, grouping)
    found = {(each.start, each.currency): each for each in sums}
    currencies = sorted({each.currency for each in sums})
    return RevenueReport(
        **_about(asked, days),
        group_by=grouping,
        totals=[_total(currency, sums) for currency in currencies],
        periods=[
            _period(part, found.get((part.start, currency)) or PeriodSums(part.start, currency))
            for part in days.periods(grouping)
            for currency in currencies
        ],
    )


def events(conn: Connection, asked: ReportRequest) -> EventsReport:
    after = read_cursor(asked.cursor)
    found = queries.list_events(conn, asked.days, asked.now, after=after, limit=asked.limit + 1)
    page = found[: asked.limit]
    ids = [course.id for course in page]
    figures, attended = queries.sum_events(conn, ids), queries.count_attended(conn, ids)
    more = len(found) > asked.limit
    return EventsReport(
        **_about(asked, asked.days),
        events=[_event(course, figures[course.id], attended.get(course.id, 0)) for course in page],
        next_cursor=cursor_after(page[-1].starts_at, page[-1].id) if more else None,
    )


def referrals(conn: Connection, asked: ReportRequest) -> ReferralsReport:
    figures = _sums(conn, asked.days)
    total, converted = sum(each.referrals for each in figures), sum(each.converted for each in figures)
    found = queries.list_referrers(conn, asked.days, after=read_rank(asked.cursor), limit=asked.limit + 1)
    page = found[: asked.limit]
    last = page[-1] if len(found) > asked.limit else None
    return ReferralsReport(
        **_about(asked, asked.days),
        total=total,
        converted=converted,
        rewarded=sum(each.rewarded for each in figures),
        conversion_rate=_rate(converted, total),
        leaderboard=[Referrer(**asdict(each), conversion_rate=_rate(each.converted, each.referrals)) for each in page],
        next_cursor=cursor_behind((last.converted, last.referrals, last.user_id)) if last else None,
    )


def funnel(conn: Connection, asked: ReportRequest) -> FunnelReport:
    """As of when visitors' events were last counted."""
    days = asked.days_or_recent
    counts = queries.count_visits(conn, days)
    visits = [counts.get(number, 0) for number in range(1, len(STEPS) + 1)]
    until = queries.counted_until(conn)
    return FunnelReport(
        **_about(asked, days, as_of=until or days.begins_at),
        steps=[
            FunnelStep(name=name, sessions=count, of_first=_rate(count, visits[0]), of_previous=_rate(count, before))
            for name, count, before in zip(STEPS, visits, [visits[0], *visits], strict=False)
        ],
    )


def attendance(conn: Connection, asked: ReportRequest) -> PresenceReport:
    days = asked.days_or_recent
    after = read_cursor(asked.cursor)
    found = queries.list_sessions(conn, days, after=after, limit=asked.limit + 1)
    page = found[: asked.limit]
    stays = queries.sum_stays(conn, page, asked.now)
    more = len(found) > asked.limit
    return PresenceReport(
        **_about(asked, days),
        sessions=[_session(held, *stays.get(held.session_id, (0, 0)), asked.now) for held in page],
        next_cursor=cursor_after(page[-1].starts_at, page[-1].session_id) if more else None,
    )


def cursor_behind(rank: Rank) -> str:
    """The cursor behind a place on the leaderboard."""
    return base64.urlsafe_b64encode(" ".join(map(str, rank)).encode()).decode().rstrip("=")


def read_rank(cursor: str | None) -> Rank | None:
    """What `cursor_behind` wrote; raises Invalid for anything else."""
    if cursor is None:
        return None
    try:
        converted, total, who = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
        rank = int(converted), int(total), UUID(who)
    except (ValueError, binascii.Error) as error:
        raise Invalid("The cursor is not one of ours.") from error
    if max(map(abs, rank[:2])) >= 2**62:
        raise Invalid("The cursor is not one of ours.")
    return rank


def _sums(conn: Connection, days: DateRange | None) -> list[FigureSums]:
    return queries.sum_range(conn, days) if days else queries.sum_everything(conn)


def _about(asked: ReportRequest, days: DateRange | None, *, as_of: datetime | None = None) -> dict[str, Any]:
    return {
        "as_of": as_of or asked.now,
        "time_zone": asked.zone,
        "start_date": days.start if days else None,
        "end_date": days.end if days else None,
    }


def _registrations(figures: Iterable[FigureSums]) -> RegistrationCounts:
    def total(of: Callable[[FigureSums], int]) -> int:
        return sum(map(of, figures))

    made, confirmed = total(lambda each: each.registrations), total(lambda each: each.confirmed)
    cancelled, expired = total(lambda each: each.cancelled), total(lambda each: each.expired)
    return RegistrationCounts(
        total=made,
        pending=made - confirmed - cancelled - expired,
        confirmed=confirmed,
        paid=total(lambda each: each.paid),
        free=total(lambda each: each.free),
        cancelled=cancelled,
        expired=expired,
    )


def _revenue(figures: Iterable[FigureSums]) -> list[RevenueFigures]:
    return [_money(each) for each in figures if each.payments or each.refunds]


def _feedback(figures: Iterable[FigureSums]) -> RatingFigures:
    count, ratings = sum(each.feedback for each in figures), sum(each.rating for each in figures)
    return RatingFigures(count=count, average_rating=round(ratings / count, 2) if count else None)


def _money(sums: FigureSums | PeriodSums) -> RevenueFigures:
    return RevenueFigures(
        currency=sums.currency,
        payments=sums.payments,
        gross=sums.gross,
        refunds=sums.refunds,
        refunded=sums.refunded,
        fees=sums.fees,
        tax=sums.tax,
        net=sums.gross - sums.refunded - sums.fees,
    )


def _period(days: DateRange, sums: PeriodSums) -> RevenuePeriod:
    return RevenuePeriod(start_date=days.start, end_date=days.end, **_money(sums).model_dump(by_alias=False))


def _total(currency: str, sums: Iterable[PeriodSums]) -> RevenueFigures:
    ours = [_money(each) for each in sums if each.currency == currency]
    amounts = {
        name: sum(getattr(each, name) for each in ours) for name in RevenueFigures.model_fields if name != "currency"
    }
    return RevenueFigures(currency=currency, **amounts)


def _event(course: CourseOnPage, figures: list[FigureSums], attended: int) -> EventFigures:
    registrations = _registrations(figures)
    absent = registrations.confirmed - attended if course.was_held else None
    return EventFigures(
        **{name: value for name, value in asdict(course).items() if name != "was_held"},
        registrations=registrations,
        attended=attended,
        no_shows=absent,
        no_show_rate=_rate(absent, registrations.confirmed),
        revenue=_revenue(figures),
        feedback=_feedback(figures),
    )


def _session(held: SessionSummary, joined: int, minutes: int, now: datetime) -> SessionAttendance:
    absent = held.confirmed - joined if held.ends_at <= now else None
    return SessionAttendance(
        **asdict(held),
        joined=joined,
        minutes=minutes,
        no_shows=absent,
        no_show_rate=_rate(absent, held.confirmed),
    )


def _rate(part: int | None, whole: int) -> float | None:
    return None if part is None or not whole else round(part / whole, 4)
