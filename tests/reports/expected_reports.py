"""The reports, worked out anew from the rows themselves, in plain Python and without any of the sums."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.deployed import DeployedFunctions

type Row = dict[str, Any]
ROWS: dict[str, LiteralString] = {
    "people": "select id, erased_at, created_at from profiles",
    "registrations": "select event_id, status, payment_status, created_at from registrations",
    "payments": """
        select a.amount, a.currency, a.fee, a.tax, a.created_at, r.event_id from payment_attempts a
        join payment_transactions t on t.id = a.payment_transaction_id join registrations r on r.id = t.registration_id
        where a.status in ('captured', 'refunded')
    """,
    "refunds": """
        select f.amount, f.currency, coalesce(f.processed_at, f.created_at) as created_at, r.event_id from refunds f
        join payment_transactions t on t.id = f.payment_transaction_id join registrations r on r.id = t.registration_id
        where f.status = 'processed'
    """,
    "feedback": "select event_id, rating, created_at from event_feedback",
    "referrals": "select referrer_id, status, created_at from referrals",
}
COUNTED = ("currency", "payments", "gross", "refunds", "refunded", "fees", "tax", "net")


@dataclass(frozen=True)
class ExpectedDays:
    start: date
    end: date

    def query(self) -> dict[str, str]:
        return {"startDate": self.start.isoformat(), "endDate": self.end.isoformat()}


class ExpectedReports:
    """All rows as they are now, in a time zone."""

    def __init__(self, platform: DeployedFunctions, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._rows = {name: platform.rows(statement) for name, statement in ROWS.items()}

    def overview(self, days: ExpectedDays | None = None) -> Row:
        made, feedback = self._of("registrations", days), self._of("feedback", days)
        return {
            "users": sum(each["erased_at"] is None for each in self._of("people", days)),
            "registrations": registrations(made),
            "completedPayments": len(self._of("payments", days)),
            "revenue": self._money(self._of("payments", days), self._of("refunds", days)),
            "feedback": opinions(feedback),
        }

    def revenue(self, days: ExpectedDays, grouping: str) -> dict[tuple[str, str], Row]:
        """Money by the first day of its period and its currency, where there is any."""
        payments: defaultdict[date, list[Row]] = defaultdict(list)
        refunds: defaultdict[date, list[Row]] = defaultdict(list)
        for kept, name in ((payments, "payments"), (refunds, "refunds")):
            for each in self._of(name, days):
                kept[max(first_day(self._day(each), grouping), days.start)].append(each)
        return {
            (start.isoformat(), money["currency"]): money
            for start in payments.keys() | refunds.keys()
            for money in self._money(payments[start], refunds[start])
        }

    def event(self, event_id: UUID) -> Row:
        def ours(name: str) -> list[Row]:
            return [each for each in self._rows[name] if each["event_id"] == event_id]

        return {
            "registrations": registrations(ours("registrations")),
            "revenue": self._money(ours("payments"), ours("refunds")),
            "feedback": opinions(ours("feedback")),
        }

    def referrals(self, days: ExpectedDays | None = None) -> tuple[Row, list[tuple[int, int, str, int]]]:
        """The totals, and (converted, referrals, person, rewarded) in the leaderboard's order."""
        made = self._of("referrals", days)
        people: defaultdict[UUID, list[Row]] = defaultdict(list)
        for each in made:
            people[each["referrer_id"]].append(each)
        board = [(*brought(theirs)[:2], str(who), brought(theirs)[2]) for who, theirs in people.items()]
        converted, total, rewarded = brought(made)
        totals = {"total": total, "converted": converted, "rewarded": rewarded}
        return totals, sorted(board, key=lambda each: (-each[0], -each[1], each[2]))

    def _of(self, name: str, days: ExpectedDays | None) -> list[Row]:
        return [each for each in self._rows[name] if days is None or days.start <= self._day(each) <= days.end]

    def _day(self, row: Row) -> date:
        at: datetime = row["created_at"]
        return at.astimezone(self._zone).date()

    @staticmethod
    def _money(payments: Iterable[Row], refunds: Iterable[Row]) -> list[Row]:
        sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for each in payments:
            taken = {"payments": 1, "gross": each["amount"], "fees": each["fee"] or 0, "tax": each["tax"] or 0}
            sums[each["currency"]].update(taken)
        for each in refunds:
            sums[each["currency"]].update({"refunds": 1, "refunded": each["amount"]})
        found: list[Row] = []
        for currency, amounts in sorted(sums.items()):
            amounts["net"] = amounts["gross"] - amounts["refunded"] - amounts["fees"]
            found.append({"currency": currency} | {name: amounts[name] for name in COUNTED[1:]})
        return found


def registrations(rows: list[Row]) -> Row:
    counts = Counter(each["status"] for each in rows)
    confirmed = Counter(each["payment_status"] for each in rows if each["status"] == "confirmed")
    return {
        "total": len(rows),
        **{status: counts[status] for status in ("pending", "confirmed", "cancelled", "expired")},
        "paid": confirmed["completed"],
        "free": confirmed["free"],
    }


def opinions(rows: list[Row]) -> Row:
    ratings = [each["rating"] for each in rows]
    return {"count": len(ratings), "averageRating": round(sum(ratings) / len(ratings), 2) if ratings else None}


def brought(rows: list[Row]) -> tuple[int, int, int]:
    converted = sum(each["status"] in ("completed", "rewarded") for each in rows)
    return converted, len(rows), sum(each["status"] == "rewarded" for each in rows)


def first_day(day: date, grouping: str) -> date:
    if grouping == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grouping == "month" else day
