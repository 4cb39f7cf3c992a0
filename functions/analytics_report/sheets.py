"""Reports as tables for spreadsheets: one fact a column, amounts in minor units, times in ISO 8601."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from functions.analytics_report.models import (
    AnyReport,
    EventFigures,
    EventsReport,
    FunnelReport,
    FunnelStep,
    OverviewReport,
    PresenceReport,
    ReferralsReport,
    Referrer,
    RevenueFigures,
    RevenuePeriod,
    RevenueReport,
    SessionAttendance,
)
from shared.routing import Schema
from shared.spreadsheets import sheet

MONEY = tuple(RevenueFigures.model_fields)


def csv_of(report: AnyReport) -> str:
    match report:
        case OverviewReport():
            return sheet(("measure", "currency", "value"), _overview(report))
        case RevenueReport():
            return _sheet(RevenuePeriod, report.periods)
        case EventsReport():
            return sheet((*EVENT, *MONEY), _events(report))
        case ReferralsReport():
            return _sheet(Referrer, report.leaderboard)
        case FunnelReport():
            return _sheet(FunnelStep, report.steps)
        case PresenceReport():
            return _sheet(SessionAttendance, report.sessions)


def _sheet(kind: type[Schema], rows: Iterable[Schema]) -> str:
    return sheet(kind.model_fields, (_plain(row).values() for row in rows))


def _plain(row: Schema) -> dict[str, Any]:
    return row.model_dump(mode="json", by_alias=False)


def _overview(report: OverviewReport) -> Iterator[tuple[str, str | None, object]]:
    yield "users", None, report.users
    yield from ((f"events_{status}", None, count) for status, count in report.events.items())
    yield from ((f"registrations_{name}", None, count) for name, count in _plain(report.registrations).items())
    yield "completed_payments", None, report.completed_payments
    for each in report.revenue:
        amounts: Mapping[str, object] = _plain(each)
        yield from ((name, each.currency, amounts[name]) for name in MONEY if name != "currency")
    yield "feedback_count", None, report.feedback.count
    yield "average_rating", None, report.feedback.average_rating


EVENT = (
    *("id", "title", "category", "status", "starts_at", "ends_at", "capacity", "seats_taken"),
    *("registrations", "pending", "confirmed", "paid", "free", "cancelled", "expired"),
    *("attended", "no_shows", "no_show_rate", "feedback", "average_rating"),
)


def _events(report: EventsReport) -> Iterator[Sequence[object]]:
    """One row for each course; a course with money in several currencies has a row more, without counts, for each."""
    for each in report.events:
        amounts = [list(_plain(money).values()) for money in each.revenue] or [[None] * len(MONEY)]
        yield [*_counts(each), *amounts[0]]
        yield from ([each.id, each.title, *[None] * (len(EVENT) - 2), *further] for further in amounts[1:])


def _counts(event: EventFigures) -> list[object]:
    plain = _plain(event)
    return [
        *(plain[name] for name in EVENT[:8]),
        *plain["registrations"].values(),
        *(plain[name] for name in ("attended", "no_shows", "no_show_rate")),
        *plain["feedback"].values(),
    ]
