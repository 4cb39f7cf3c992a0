"""The answer of a referral run, and the rows it works on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.routing import Schema

type RewardKind = Literal["free_access", "credit"]


class GrantedReward(Schema):
    """A reward for completed referrals."""

    id: UUID
    referrer_id: UUID
    """The id of the user who is rewarded."""
    event_id: UUID
    tier: int
    """1 for the first reward of this user in this course."""
    kind: RewardKind
    """`free_access` gives a seat, `credit` makes the next course cheaper."""
    registration_id: UUID | None
    """The seat that free access gave; null for a credit."""
    amount: int
    """Amount of a credit, in minor units; 0 for free access."""
    currency: str


class ProcessedReferrals(Schema):
    """The referrals completed and the rewards granted in this run."""

    referrals: list[UUID]
    """The ids of the completed referrals."""
    rewards: list[GrantedReward]
    """The rewards granted."""


class ProcessReferralsAnswer(Schema):
    success: bool = True
    processed_referrals: int
    """Referrals completed in this run."""
    rewards_granted: int
    """Rewards granted in this run."""
    details: ProcessedReferrals
    """Which ones."""


@dataclass(frozen=True)
class DueReward:
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
