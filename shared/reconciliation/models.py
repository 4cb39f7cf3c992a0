"""What reconciliation compares, what it can find, and the days it is asked to look at."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import model_validator

from shared.http import Schema

Verdict = Literal[
    "missing_capture",
    "captured_not_confirmed",
    "amount_mismatch",
    "refunded_outside",
    "unknown_payment",
    "unsettled",
    "matched",
]
Subject = Literal["payment", "refund", "settlement_row", "settlement"]
"""What is compared: a payment or a refund with our rows, a settlement's row with the payment, its sum with its rows."""
Kind = Literal["daily", "requested", "open_orders"]
Status = Literal["running", "finished", "failed"]
LONGEST_DAYS = 31


class Days(Schema):
    """Days of the platform's time zone, both included; at most 31, none before 2020."""

    start_date: date
    end_date: date

    @model_validator(mode="after")
    def _few_and_past(self) -> Self:
        if not date(2020, 1, 1) <= self.start_date <= self.end_date < date(2100, 1, 1):
            raise ValueError("startDate must not be after endDate, nor either outside 2020 to 2099")
        if (self.end_date - self.start_date).days >= LONGEST_DAYS:
            raise ValueError(f"at most {LONGEST_DAYS} days")
        return self

    def window(self, zone: str) -> tuple[datetime, datetime]:
        """From the first day's midnight to the midnight after the last."""
        midnight = time(tzinfo=ZoneInfo(zone))
        return (
            datetime.combine(self.start_date, midnight),
            datetime.combine(self.end_date + timedelta(days=1), midnight),
        )


@dataclass(frozen=True)
class Requested:
    """A run that was asked for; one for the same days that has not finished is not begun again."""

    id: UUID
    is_new: bool
