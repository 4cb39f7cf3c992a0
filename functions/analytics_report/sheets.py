"""Reports as tables for spreadsheets: one fact a column."""

from collections.abc import Iterator
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
from shared.spreadsheets import amount_cells, amount_headings, model_sheet, record_sheet, sheet

MONEY = tuple(RevenueFigures.model_fields)
AMOUNTS = ("gross", "refunded", "fees", "tax", "net")


def csv_of(report: AnyReport) -> str:
    match report:
        case OverviewReport():
            return sheet(("measure", "currency", "value"), _overview(report))
        case RevenueReport():
            return model_sheet(RevenuePeriod, report.periods, *AMOUNTS)
        case EventsReport():
            return record_sheet((*EVENT, *MONEY), _events(report), dict.fromkeys(AMOUNTS, "currency"))
        case ReferralsReport():
            return model_sheet(Referrer, report.leaderboard)
        case FunnelReport():
            return model_sheet(FunnelStep, report.steps)
        case PresenceReport():
            return model_sheet(SessionAttendance, report.sessions)


def _plain(row: Schema) -> dict[str, Any]:
    return row.model_dump(mode="json", by_alias=False)


def _overview(report: OverviewReport) -> Iterator[tuple[str, str | None, object]]:
    yield "users", None, report.users
    yield from ((f"events_{status}", None, count) for status, count in report.events.items())
    yield from ((f"registrations_{name}", None, count) for name, count in _plain(report.registrations).items())
    yield "completed_payments", None, report.completed_payments
    for each in report.revenue:
        yield "payments", each.currency, each.payments
        yield "refunds", each.currency, each.refunds
        for name in AMOUNTS:
            cells = amount_cells(getattr(each, name), each.currency)
            yield from (
                (heading, each.currency, cell) for heading, cell in zip(amount_headings(name), cells, strict=True)
            )
    yield "feedback_count", None, report.feedback.count
    yield "average_rating", None, report.feedback.average_rating


EVENT = (
    *("id", "title", "category", "status", "starts_at", "ends_at", "capacity", "seats_taken"),
    *("registrations", "pending", "confirmed", "paid", "free", "cancelled", "expired"),
    *("attended", "no_shows", "no_show_rate", "feedback", "average_rating"),
)


def _events(report: EventsReport) -> Iterator[dict[str, object]]:
    """One row for each course; a course with money in several currencies has a row more, without counts, for each."""
    for each in report.events:
        amounts = [_plain(money) for money in each.revenue] or [dict.fromkeys(MONEY)]
        counts = dict(zip(EVENT, _counts(each), strict=True))
        yield {**counts, **amounts[0]}
        named: dict[str, object] = {**dict.fromkeys(EVENT), "id": each.id, "title": each.title}
        yield from ({**named, **further} for further in amounts[1:])


def _counts(event: EventFigures) -> list[object]:
    plain = _plain(event)
    return [
        *(plain[name] for name in EVENT[:8]),
        *plain["registrations"].values(),
        *(plain[name] for name in ("attended", "no_shows", "no_show_rate")),
        *plain["feedback"].values(),
    ]
