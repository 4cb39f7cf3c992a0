"""Ranges of days in the platform's time zone, and the instants where they begin and end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from functions.analytics_report.models import Grouping
from shared.errors import Invalid

MAX_DAYS = 366
DEFAULT_DAYS = 30
FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class DateRange:
    """Days from `start` to `end`, both included, in an IANA time zone."""

    start: date
    end: date
    zone: str

    @property
    def begins_at(self) -> datetime:
        return _midnight(self.start, self.zone)

    @property
    def ends_before(self) -> datetime:
        return _midnight(self.end + DAY, self.zone)

    def periods(self, grouping: Grouping) -> Iterator["DateRange"]:
        """The days, weeks (from Monday, ISO 8601) or months of the range, cut to it at both ends."""
        start = self.start
        while start <= self.end:
            end = min(_last_day(start, grouping), self.end)
            yield DateRange(start, end, self.zone)
            start = end + DAY


def read_date_range(start: date | None, end: date | None, *, today: date, zone: str) -> DateRange | None:
    """The range that was asked for: a missing end is today, a missing start 30 days; none where both are missing.

    Raises Invalid for a range that is backwards, longer than 366 days or out of this world.
    """
    if start is None and end is None:
        return None
    end = end or max(today, start or today)
    start = start or end - (DEFAULT_DAYS - 1) * DAY
    if start < FIRST or end > LAST:
        raise Invalid(f"Dates lie between {FIRST} and {LAST}.")
    if start > end:
        raise Invalid("startDate is after endDate.")
    if (end - start).days >= MAX_DAYS:
        raise Invalid(f"A report spans {MAX_DAYS} days at most.")
    return DateRange(start, end, zone)


def recent(today: date, zone: str) -> DateRange:
    """The last 30 days, today included."""
    return DateRange(today - (DEFAULT_DAYS - 1) * DAY, today, zone)


def _last_day(day: date, grouping: Grouping) -> date:
    match grouping:
        case "day":
            return day
        case "week":
            return day + (6 - day.weekday()) * DAY
        case "month":
            return (day.replace(day=1) + 31 * DAY).replace(day=1) - DAY


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
