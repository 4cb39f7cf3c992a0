"""The reports. Amounts in minor units of their currency; rates between 0 and 1, null where there is nothing to divide.

`asOf` is the instant that is reported: everything committed before it is counted.
"""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.routing import Schema

ReportType = Literal["overview", "revenue", "events", "referrals", "funnel", "attendance"]
Grouping = Literal["day", "week", "month"]
EventStatus = Literal["draft", "upcoming", "ongoing", "completed", "cancelled"]


class RevenueFigures(Schema):
    """`payments` were captured for `gross`, `refunds` sent `refunded` back; `tax` is the part of `fees` that is GST.

    `net` is gross - refunded - fees. A payment counts on the day it was made, a refund on the day it went back.
    """

    currency: str
    payments: int
    gross: int
    refunds: int
    refunded: int
    fees: int
    tax: int
    net: int


class Report(Schema):
    """What all reports say. Dates are days in `timeZone`, both included; null is everything."""

    success: bool = True
    as_of: datetime
    time_zone: str
    start_date: date | None
    end_date: date | None


class RegistrationCounts(Schema):
    """Registrations made, by what they are now; `paid` and `free` are the two kinds of `confirmed`."""

    total: int
    pending: int
    confirmed: int
    paid: int
    free: int
    cancelled: int
    expired: int


class RatingFigures(Schema):
    count: int
    average_rating: float | None


class OverviewReport(Report):
    """`users` signed up, `events` begin in the range by their status; `revenue` has an entry for each currency."""

    type: Literal["overview"] = "overview"
    users: int
    events: dict[EventStatus, int]
    registrations: RegistrationCounts
    completed_payments: int
    revenue: list[RevenueFigures]
    feedback: RatingFigures


class ReportDays(Schema):
    start_date: date
    end_date: date


class RevenuePeriod(RevenueFigures, ReportDays):
    """The money of some days, both included."""


class RevenueReport(Report):
    """Every period of the range for each currency that has payments or refunds in it."""

    type: Literal["revenue"] = "revenue"
    group_by: Grouping
    totals: list[RevenueFigures]
    periods: list[RevenuePeriod]


class EventFigures(Schema):
    """`seatsTaken` are confirmed and pending seats; `noShows` are confirmed students who were in no session.

    `noShows` and `noShowRate` are null until the first session is over.
    """

    id: UUID
    title: str
    category: Literal["technical", "non_technical"]
    status: EventStatus
    starts_at: datetime
    ends_at: datetime
    capacity: int
    seats_taken: int
    registrations: RegistrationCounts
    attended: int
    no_shows: int | None
    no_show_rate: float | None
    revenue: list[RevenueFigures]
    feedback: RatingFigures


class EventsReport(Report):
    """Courses that begin in the range, the latest first, each with all that was ever registered and paid for it."""

    type: Literal["events"] = "events"
    events: list[EventFigures]
    next_cursor: str | None


class Referrer(Schema):
    """`converted` friends have paid, and their money has not gone back; `rewarded` are those a reward was given for."""

    user_id: UUID
    full_name: str
    email: str
    referrals: int
    converted: int
    rewarded: int
    conversion_rate: float | None


class ReferralsReport(Report):
    """Referrals made in the range; the leaderboard begins with who converted most."""

    type: Literal["referrals"] = "referrals"
    total: int
    converted: int
    rewarded: int
    conversion_rate: float | None
    leaderboard: list[Referrer]
    next_cursor: str | None


class FunnelStep(Schema):
    name: str
    sessions: int
    of_first: float | None
    of_previous: float | None


class FunnelReport(Report):
    """Visits that began in the range, by how far they came within a day; counted up to `asOf`, some minutes ago."""

    type: Literal["funnel"] = "funnel"
    steps: list[FunnelStep]


class SessionAttendance(Schema):
    """`confirmed` students have a seat now, `joined` of them were there for `minutes` together.

    Minutes are those that count for certificates. `noShows` and `noShowRate` are null until the session is over.
    """

    session_id: UUID
    event_id: UUID
    event_title: str
    title: str
    starts_at: datetime
    ends_at: datetime
    confirmed: int
    joined: int
    no_shows: int | None
    no_show_rate: float | None
    minutes: int


class PresenceReport(Report):
    """Live sessions that begin in the range, the latest first."""

    type: Literal["attendance"] = "attendance"
    sessions: list[SessionAttendance]
    next_cursor: str | None


type AnyReport = Annotated[
    OverviewReport | RevenueReport | EventsReport | ReferralsReport | FunnelReport | PresenceReport,
    Field(discriminator="type"),
]
