"""What people see of a report: its figures, charts and tables, in words and amounts as they are written in India."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from functions.analytics_report.charts import ChartBar, bars, columns
from functions.analytics_report.models import (
    AnyReport,
    EventsReport,
    FunnelReport,
    OverviewReport,
    PresenceReport,
    RatingFigures,
    ReferralsReport,
    RevenueFigures,
    RevenueReport,
)
from shared import clock
from shared.money import compact_amount, format_amount, format_count

CHARTED = 15
"""Rows that fit a chart of bars; the table has all of them."""


@dataclass(frozen=True)
class ReportTable:
    """The first `texts` columns are words, the others numbers."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: int = 1


@dataclass(frozen=True)
class ReportSection:
    """A table, and the chart that shows what is in it."""

    table: ReportTable
    chart: str | None = None


@dataclass(frozen=True)
class ReportView:
    title: str
    figures: Sequence[tuple[str, str]]
    sections: Sequence[ReportSection]
    note: str = ""


def view(report: AnyReport) -> ReportView:
    match report:
        case OverviewReport():
            return _overview(report)
        case RevenueReport():
            return _revenue(report)
        case EventsReport():
            return _events(report)
        case ReferralsReport():
            return _referrals(report)
        case FunnelReport():
            return _funnel(report)
        case PresenceReport():
            return _attendance(report)


def range_of(report: AnyReport) -> str:
    if report.start_date is None or report.end_date is None:
        return "Everything so far"
    return f"{_day(report.start_date)} – {_day(report.end_date)}"


def instant(at: datetime, zone: str) -> str:
    local = clock.in_zone(at, zone)
    return f"{_day(local.date())}, {local:%H:%M}"


def _overview(report: OverviewReport) -> ReportView:
    made = report.registrations
    kinds = [
        ("Paid", made.paid),
        ("Free", made.free),
        ("Held, not paid yet", made.pending),
        ("Cancelled", made.cancelled),
        ("Expired unpaid", made.expired),
    ]
    courses = [(status.capitalize(), format_count(count)) for status, count in report.events.items()]
    return ReportView(
        "Overview",
        [
            ("Users", format_count(report.users)),
            ("Courses", format_count(sum(report.events.values()))),
            ("Registrations", format_count(made.total)),
            ("Completed payments", format_count(report.completed_payments)),
            *((f"Net revenue, {each.currency}", _amount(each.net, each)) for each in report.revenue),
            ("Average rating", _rating(report.feedback)),
        ],
        [
            ReportSection(_money_table("Revenue", report.revenue)),
            ReportSection(
                ReportTable(
                    "Registrations", ("State", "Registrations"), [(name, format_count(n)) for name, n in kinds]
                ),
                bars(
                    "Registrations by state",
                    f"{format_count(made.total)} registrations by what they are now.",
                    [ChartBar(name, count, format_count(count)) for name, count in kinds],
                ),
            ),
            ReportSection(ReportTable("Courses", ("Status", "Courses"), courses)),
        ],
    )


def _revenue(report: RevenueReport) -> ReportView:
    sections = [
        ReportSection(
            ReportTable(
                f"{report.group_by.capitalize()}s, {total.currency}",
                ("From", "Payments", "Gross", "Refunds", "Refunded", "Fees", "of which tax", "Net"),
                [
                    (_day(each.start_date), *_money_cells(each))
                    for each in report.periods
                    if each.currency == total.currency and (each.payments or each.refunds or each.fees)
                ],
            ),
            columns(
                f"Net revenue by {report.group_by}, {total.currency}",
                f"{_amount(total.net, total)} net from {_amount(total.gross, total)} gross, {range_of(report)}.",
                [
                    ChartBar(_day(each.start_date), each.net, _amount(each.net, each))
                    for each in report.periods
                    if each.currency == total.currency
                ],
                partial(compact_amount, currency=total.currency),
            ),
        )
        for total in report.totals
    ]
    return ReportView(
        "Revenue",
        [
            figure
            for each in report.totals
            for figure in (
                (f"Net, {each.currency}", _amount(each.net, each)),
                ("Gross", _amount(each.gross, each)),
                ("Refunded", _amount(each.refunded, each)),
                ("Fees", _amount(each.fees, each)),
                ("of which tax", _amount(each.tax, each)),
                ("Payments", format_count(each.payments)),
            )
        ],
        sections,
        f"{report.group_by.capitalize()}s without payments and refunds are left out of the tables."
        if report.totals
        else "There were no payments and no refunds.",
    )


def _events(report: EventsReport) -> ReportView:
    header = ("Course", "Begins", "Confirmed", "Seats", "Attended", "No-shows", "Rating", "Net revenue")
    rows = [
        (
            each.title,
            instant(each.starts_at, report.time_zone),
            format_count(each.registrations.confirmed),
            f"{format_count(each.seats_taken)} of {format_count(each.capacity)}",
            format_count(each.attended),
            _percent(each.no_show_rate),
            _rating(each.feedback),
            ", ".join(_amount(money.net, money) for money in each.revenue) or "–",
        )
        for each in report.events
    ]
    chart = bars(
        "Seats confirmed and attended",
        "For each course the confirmed seats, and the part of them whose student was in a session.",
        [
            ChartBar(
                each.title,
                each.registrations.confirmed,
                f"{format_count(each.attended)} of {format_count(each.registrations.confirmed)}",
                each.attended,
            )
            for each in report.events[:CHARTED]
        ],
    )
    return ReportView(
        "Courses", [], [ReportSection(ReportTable("Courses", header, rows, texts=2), chart)], _more(report.next_cursor)
    )


def _referrals(report: ReferralsReport) -> ReportView:
    rows = [
        (
            each.full_name or each.email,
            each.email,
            format_count(each.referrals),
            format_count(each.converted),
            format_count(each.rewarded),
            _percent(each.conversion_rate),
        )
        for each in report.leaderboard
    ]
    chart = bars(
        "Top referrers",
        "For each person the friends they brought, and the part of them who paid.",
        [
            ChartBar(
                each.full_name or each.email,
                each.referrals,
                f"{format_count(each.converted)} of {format_count(each.referrals)}",
                each.converted,
            )
            for each in report.leaderboard[:CHARTED]
        ],
    )
    return ReportView(
        "Referrals",
        [
            ("Referrals", format_count(report.total)),
            ("Converted", format_count(report.converted)),
            ("Conversion", _percent(report.conversion_rate)),
            ("Rewarded", format_count(report.rewarded)),
        ],
        [
            ReportSection(
                ReportTable(
                    "Leaderboard", ("Person", "Email", "Referrals", "Converted", "Rewarded", "Rate"), rows, texts=2
                ),
                chart,
            )
        ],
        _more(report.next_cursor),
    )


def _funnel(report: FunnelReport) -> ReportView:
    named = [(each.name.replace("_", " ").capitalize(), each) for each in report.steps]
    rows = [
        (name, format_count(each.sessions), _percent(each.of_first), _percent(each.of_previous)) for name, each in named
    ]
    chart = bars(
        "Visits by how far they came",
        "Visits that took each step of registering, after all steps before it.",
        [
            ChartBar(name, each.sessions, f"{format_count(each.sessions)}, {_percent(each.of_first)}")
            for name, each in named
        ],
    )
    return ReportView(
        "Funnel",
        [],
        [ReportSection(ReportTable("Steps", ("Step", "Visits", "Of the first", "Of the previous"), rows), chart)],
    )


def _attendance(report: PresenceReport) -> ReportView:
    header = ("Course", "Session", "Begins", "Confirmed", "Joined", "No-shows", "Minutes")
    rows = [
        (
            each.event_title,
            each.title,
            instant(each.starts_at, report.time_zone),
            format_count(each.confirmed),
            format_count(each.joined),
            _percent(each.no_show_rate),
            format_count(each.minutes),
        )
        for each in report.sessions
    ]
    chart = bars(
        "Students who joined",
        "For each session the students with a seat, and the part of them who joined.",
        [
            ChartBar(
                f"{each.event_title}, {instant(each.starts_at, report.time_zone)}",
                each.confirmed,
                f"{format_count(each.joined)} of {format_count(each.confirmed)}",
                each.joined,
            )
            for each in report.sessions[:CHARTED]
        ],
    )
    return ReportView(
        "Attendance",
        [],
        [ReportSection(ReportTable("Sessions", header, rows, texts=3), chart)],
        _more(report.next_cursor),
    )


def _money_table(caption: str, amounts: Sequence[RevenueFigures]) -> ReportTable:
    header = ("Currency", "Payments", "Gross", "Refunds", "Refunded", "Fees", "of which tax", "Net")
    return ReportTable(caption, header, [(each.currency, *_money_cells(each)) for each in amounts])


def _money_cells(money: RevenueFigures) -> tuple[str, ...]:
    return (
        format_count(money.payments),
        _amount(money.gross, money),
        format_count(money.refunds),
        _amount(money.refunded, money),
        _amount(money.fees, money),
        _amount(money.tax, money),
        _amount(money.net, money),
    )


def _amount(amount: int, money: RevenueFigures) -> str:
    return format_amount(amount, money.currency)


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f} %"


def _rating(feedback: RatingFigures) -> str:
    average = feedback.average_rating
    return "–" if average is None else f"{average:.2f} ({format_count(feedback.count)})"


def _more(cursor: str | None) -> str:
    return "There are more rows than this page shows." if cursor else ""
