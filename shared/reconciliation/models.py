"""The subjects and verdicts of reconciliation, and the days of a requested run."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import model_validator

from shared.routing import Schema

Verdict = Literal[
    "missing_capture",
    "captured_not_confirmed",
    "amount_mismatch",
    "refunded_outside",
    "unknown_payment",
    "unsettled",
    "unreported_dispute",
    "unexplained_adjustment",
    "unreadable",
    "matched",
]
ComparisonSubject = Literal["payment", "refund", "settlement_row", "settlement", "dispute", "order"]
"""Compared: a payment, refund or dispute with our rows, a settlement row with its payment or dispute, and a settlement
with its rows. An order is the subject where Razorpay gives no usable answer about its payments."""
RunKind = Literal["daily", "requested", "open_orders"]
RunStatus = Literal["running", "finished", "failed"]
MAX_DAYS = 31


class ReconciliationDays(Schema):
    """A range of days in the platform's time zone, both ends included; at most 31 days, from 2020 to 2099."""

    start_date: date
    end_date: date

    @model_validator(mode="after")
    def _validate_range(self) -> Self:
        if not date(2020, 1, 1) <= self.start_date <= self.end_date < date(2100, 1, 1):
            raise ValueError("startDate must not be after endDate, nor either outside 2020 to 2099")
        if (self.end_date - self.start_date).days >= MAX_DAYS:
            raise ValueError(f"at most {MAX_DAYS} days")
        return self

    def window(self, zone: str) -> tuple[datetime, datetime]:
        """From midnight of the first day to midnight after the last day."""
        midnight = time(tzinfo=ZoneInfo(zone))
        return (
            datetime.combine(self.start_date, midnight),
            datetime.combine(self.end_date + timedelta(days=1), midnight),
        )


@dataclass(frozen=True)
class RequestedRun:
    """A requested run; `is_new` is false for an unfinished run over the same days, which is reused."""

    id: UUID
    is_new: bool
