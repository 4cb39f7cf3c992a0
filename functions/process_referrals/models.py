"""The answer of a referral run, and the rows it works on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.routing import Schema

type RewardKind = Literal["free_access", "credit"]


class GrantedReward(Schema):
    """`amount` is a credit in minor units; `registrationId` is the seat that free access gave."""

    id: UUID
    referrer_id: UUID
    event_id: UUID
    tier: int
    kind: RewardKind
    registration_id: UUID | None
    amount: int
    currency: str


class ProcessedReferrals(Schema):
    """The referrals completed and the rewards granted in this run."""

    referrals: list[UUID]
    rewards: list[GrantedReward]


class ProcessReferralsAnswer(Schema):
    success: bool = True
    processed_referrals: int
    rewards_granted: int
    details: ProcessedReferrals


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
