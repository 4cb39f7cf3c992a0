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
    """Money in one currency. A payment counts on the day it was made, a refund on the day it went back."""

    currency: str
    payments: int
    """Captured payments."""
    gross: int
    refunds: int
    """Processed refunds."""
    refunded: int
    fees: int
    tax: int
    net: int


class Report(Schema):
    success: bool = True
    as_of: datetime
    time_zone: str
    start_date: date | None
    """First day, in `timeZone`; null for everything."""
    end_date: date | None
    """Last day, included, in `timeZone`; null for everything."""


class RegistrationCounts(Schema):
    """Registrations made, by what they are now."""

    total: int
    """All of them."""
    pending: int
    """Seats that are held until they are paid."""
    confirmed: int
    """Confirmed seats: `paid` and `free` together."""
    paid: int
    """Confirmed seats that were paid for."""
    free: int
    """Confirmed seats without a payment."""
    cancelled: int
    """Seats that were given up."""
    expired: int
    """Seats whose hold ended unpaid."""


class RatingFigures(Schema):
    count: int
    """Ratings given."""
    average_rating: float | None
    """Mean of the ratings, 1 to 5; null without any."""


class OverviewReport(Report):
    type: Literal["overview"] = "overview"
    """Names the report."""
    users: int
    """Users who signed up."""
    events: dict[EventStatus, int]
    """Courses that begin in the range, by status."""
    registrations: RegistrationCounts
    """Registrations made in the range."""
    completed_payments: int
    """Captured payments in all currencies."""
    revenue: list[RevenueFigures]
    """One entry per currency."""
    feedback: RatingFigures
    """Ratings given in the range."""


class ReportDays(Schema):
    start_date: date
    end_date: date


class RevenuePeriod(RevenueFigures, ReportDays):
    """The money of some days, both included."""


class RevenueReport(Report):
    """Every period of the range for each currency that has payments or refunds in it."""

    type: Literal["revenue"] = "revenue"
    """Names the report."""
    group_by: Grouping
    """Length of a period; weeks begin on Monday."""
    totals: list[RevenueFigures]
    """The whole range, one entry per currency."""
    periods: list[RevenuePeriod]
    """Every period of the range, for each currency."""


class EventFigures(Schema):
    """A course with all that was ever registered and paid for it."""

    id: UUID
    title: str
    """Title of the course."""
    category: Literal["technical", "non_technical"]
    status: EventStatus
    """State of the course."""
    starts_at: datetime
    ends_at: datetime
    capacity: int
    seats_taken: int
    registrations: RegistrationCounts
    """Registrations by state."""
    attended: int
    """Confirmed students who joined a session."""
    no_shows: int | None
    no_show_rate: float | None
    revenue: list[RevenueFigures]
    """Money of the course, one entry per currency."""
    feedback: RatingFigures
    """Ratings of the course."""


class EventsReport(Report):
    """Courses that begin in the range, the latest first, each with all that was ever registered and paid for it."""

    type: Literal["events"] = "events"
    """Names the report."""
    events: list[EventFigures]
    next_cursor: str | None


class Referrer(Schema):
    """A user who referred others."""

    user_id: UUID
    full_name: str
    email: str
    referrals: int
    converted: int
    """Referred people who paid, and whose money has not gone back."""
    rewarded: int
    """Referred people for whom a reward was granted."""
    conversion_rate: float | None


class ReferralsReport(Report):
    """Referrals made in the range; the leaderboard begins with who converted most."""

    type: Literal["referrals"] = "referrals"
    """Names the report."""
    total: int
    """Referrals made in the range."""
    converted: int
    """Referrals that were paid, and whose money has not gone back."""
    rewarded: int
    """Referrals for which a reward was granted."""
    conversion_rate: float | None
    leaderboard: list[Referrer]
    """Users who referred, the most converted first."""
    next_cursor: str | None


class FunnelStep(Schema):
    name: str
    """Name of the step, such as `event_viewed`."""
    sessions: int
    """Visits that came this far."""
    of_first: float | None
    """Share of the visits of the first step, 0 to 1; null without any."""
    of_previous: float | None
    """Share of the visits of the step before, 0 to 1; null without any."""


class FunnelReport(Report):
    """Visits that began in the range, by how far they came within a day; counted up to `asOf`, some minutes ago."""

    type: Literal["funnel"] = "funnel"
    """Names the report."""
    steps: list[FunnelStep]
    """The steps in their order."""


class SessionAttendance(Schema):
    """A live session with its attendance."""

    session_id: UUID
    event_id: UUID
    event_title: str
    title: str
    """Title of the session."""
    starts_at: datetime
    ends_at: datetime
    confirmed: int
    """Students who have a seat now."""
    joined: int
    """Students with a seat who joined."""
    no_shows: int | None
    no_show_rate: float | None
    minutes: int
    """Minutes of everybody together, as they count for certificates."""


class PresenceReport(Report):
    """Live sessions that begin in the range, the latest first."""

    type: Literal["attendance"] = "attendance"
    """Names the report."""
    sessions: list[SessionAttendance]
    next_cursor: str | None


type AnyReport = Annotated[
    OverviewReport | RevenueReport | EventsReport | ReferralsReport | FunnelReport | PresenceReport,
    Field(discriminator="type"),
]
