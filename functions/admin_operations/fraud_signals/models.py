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
    """What was found out."""


class SignalReview(Schema):
    """A review; when another account joins, the signal is unreviewed again."""

    note: Annotated[str, Field(examples=["A family on one computer"])]
    """What was found out."""
    reviewed_by: UUID
    """The id of the administrator."""
    reviewed_at: datetime
    """When it was reviewed."""


class DetectedSignal(Schema):
    id: UUID
    kind: SignalKind
    """What was noticed."""
    accounts: list[UUID]
    """The ids of the users."""
    events: int
    """Sightings, stays, attempts or referrals that it consists of."""
    first_seen_at: datetime
    """The first of them."""
    last_seen_at: datetime
    """The last of them."""
    addresses: Annotated[list[str], Field(examples=[["203.0.113.7"]])]
    """IP addresses."""
    is_reviewed: bool
    """True when a person has looked at these accounts."""
    review: SignalReview | None
    """The last review; null without one."""


class FraudSignal(DetectedSignal):
    """A reason to look, never one to refuse."""

    reason: Annotated[str, Field(examples=["Three or more accounts registered or paid on one device."])]
    """What was counted, in words."""
    people: list[SignalAccount]
    """The accounts by name."""


class SignalList(Schema):
    success: bool = True
    fraud_signals: list[FraudSignal]
    """The signals of this page."""
    next_cursor: str | None


class SignalAnswer(Schema):
    success: bool = True
    fraud_signal: FraudSignal
    """The signal."""
