"""An administrator who asks for reports, and compares them with the books."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from tests.deployed import Answer, DeployedFunctions
from tests.reports.expected_reports import COUNTED, ExpectedDays, ExpectedReports

ZONE = "Asia/Kolkata"
GROUPINGS = ("day", "week", "month")


@dataclass
class ReportReader:
    """`days` are the ranges that everything is compared in."""

    platform: DeployedFunctions
    admin: UUID
    days: list[ExpectedDays] = field(default_factory=list[ExpectedDays])

    def ask(self, kind: str, **query: str) -> Answer:
        query = {"type": kind} | query
        return self.platform.request(
            "analytics_report", "GET", "analytics-report", user=self.admin, groups=["admin"], query=query
        )

    def report(self, kind: str, **query: str) -> dict[str, Any]:
        answer = self.ask(kind, **query)
        assert answer.status == 200, answer.raw
        return answer.body

    def pages(self, kind: str, rows: str, **query: str) -> list[dict[str, Any]]:
        """All rows of a report that comes in pages."""
        page = self.report(kind, **query)
        found: list[dict[str, Any]] = page[rows]
        while page["nextCursor"]:
            page = self.report(kind, cursor=page["nextCursor"], **query)
            found += page[rows]
        return found

    def refresh(self) -> dict[str, Any]:
        return self.platform.invoke("refresh_reports", {"source": "schedule", "job": "refresh-reports"})

    def differences(self, zone: str = ZONE) -> list[str]:
        """Every report that says something else than the rows it is of, as they are now."""
        books = ExpectedReports(self.platform, zone)
        found: list[str] = []

        def compare(what: str, reported: object, real: object) -> None:
            if reported != real:
                found.append(f"{what}: {reported} reported, {real} real")

        for days in (None, *self.days):
            query = days.query() if days else {}
            overview = self.report("overview", **query)
            for name, real in books.overview(days).items():
                compare(f"overview {days} {name}", overview[name], real)
            totals, board = books.referrals(days)
            referrals = self.report("referrals", **query)
            compare(f"referrals {days}", {name: referrals[name] for name in totals}, totals)
            people = self.pages("referrals", "leaderboard", limit="7", **query)
            ranked = [(each["converted"], each["referrals"], each["userId"], each["rewarded"]) for each in people]
            compare(f"leaderboard {days}", ranked, board)
        for days in self.days:
            for grouping in GROUPINGS:
                periods = self.report("revenue", groupBy=grouping, **days.query())["periods"]
                reported = {
                    (each["startDate"], each["currency"]): {name: each[name] for name in COUNTED}
                    for each in periods
                    if each["payments"] or each["refunds"]
                }
                compare(f"revenue {days} by {grouping}", reported, books.revenue(days, grouping))
        for each in self.pages("events", "events"):
            real = books.event(UUID(each["id"]))
            compare(f"event {each['id']}", {name: each[name] for name in real}, real)
        return found


def days(start: str, end: str) -> ExpectedDays:
    return ExpectedDays(date.fromisoformat(start), date.fromisoformat(end))
