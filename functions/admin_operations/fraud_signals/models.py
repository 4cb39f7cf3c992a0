"""Signs of fraud as administrators see them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.routing import Schema

type SignalKind = Literal[
    "accounts_on_one_device",
    "accounts_from_one_address",
    "checkins_from_one_device",
    "failed_payments_on_one_device",
    "mutual_referral",
    "referral_on_one_device",
]
SIGNAL_REASONS: dict[SignalKind, str] = {
    "accounts_on_one_device": "Three or more accounts registered or paid on one device.",
    "accounts_from_one_address": "Five or more accounts registered or paid from one address within an hour.",
    "checkins_from_one_device": (
        "Three or more accounts checked in to one session from one address and browser, in the last 90 days."
    ),
    "failed_payments_on_one_device": "Five or more payments from one device failed within a week.",
    "mutual_referral": "Two accounts referred each other.",
    "referral_on_one_device": "Who referred and who was referred used one device.",
}


class SignalAccount(Schema):
    id: UUID
    email: str
    full_name: str


class SignalReviewRequest(Schema):
    note: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


class SignalReview(Schema):
    """What was found out; accounts that joined since make the sign unreviewed again."""

    note: Annotated[str, Field(examples=["A family on one computer"])]
    reviewed_by: UUID
    reviewed_at: datetime


class DetectedSignal(Schema):
    """As the database finds it; `events` counts what it is made of (sightings, stays, attempts or referrals)."""

    id: UUID
    kind: SignalKind
    accounts: list[UUID]
    events: int
    first_seen_at: datetime
    last_seen_at: datetime
    addresses: Annotated[list[str], Field(examples=[["203.0.113.7"]])]
    is_reviewed: bool
    review: SignalReview | None


class FraudSignal(DetectedSignal):
    """A reason to look, never one to refuse: `reason` says what was counted. `people` are the accounts by name."""

    reason: Annotated[str, Field(examples=["Three or more accounts registered or paid on one device."])]
    people: list[SignalAccount]


class SignalList(Schema):
    success: bool = True
    fraud_signals: list[FraudSignal]
    next_cursor: str | None


class SignalAnswer(Schema):
    success: bool = True
    fraud_signal: FraudSignal
