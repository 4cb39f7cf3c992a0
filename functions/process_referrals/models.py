"""What a run of the referral rewards answers, and what it needs to know of an event."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.http import Schema

type Kind = Literal["free_access", "credit"]


class Reward(Schema):
    """`amount` in minor units, of a credit; `registrationId` is the seat that free access gave."""

    id: UUID
    referrer_id: UUID
    event_id: UUID
    tier: int
    kind: Kind
    registration_id: UUID | None
    amount: int
    currency: str


class Details(Schema):
    """The referrals that were completed in this run, and the rewards it granted."""

    referrals: list[UUID]
    rewards: list[Reward]


class Answer(Schema):
    success: bool = True
    processed_referrals: int
    rewards_granted: int
    details: Details


@dataclass(frozen=True)
class Due:
    """A referrer with enough completed referrals to one event."""

    event_id: UUID
    referrer_id: UUID


@dataclass(frozen=True)
class RewardedEvent:
    """An event's row, locked; `price_amount` in minor units."""

    id: UUID
    title: str
    status: str
    capacity: int
    price_amount: int
    currency: str
    starts_at: datetime
