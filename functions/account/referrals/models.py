"""What a user sees of the people they brought."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.routing import Schema


class ReferralCounts(Schema):
    """How many were brought, by how far they are: `pending` until they pay, `completed` until rewarded."""

    pending: int
    completed: int
    rewarded: int
    cancelled: int


class GrantedReferralReward(Schema):
    """`amount` of a credit in minor units; `registrationId` is the seat that free access gave."""

    id: UUID
    event_id: UUID
    event_title: str
    kind: Literal["free_access", "credit"]
    registration_id: UUID | None
    amount: int
    currency: str
    status: Literal["granted", "revoked"]
    granted_at: datetime
    revoked_at: datetime | None


class ReferralCredit(Schema):
    """`amount` in minor units: what the next courses cost less. Below zero after a spent credit was taken back."""

    amount: int
    currency: str


class ReferralsAnswer(Schema):
    """`code` is given to friends, `shareUrl` has it in it; the newest 100 rewards.

    `credits`: a credit pays for the next course by itself.
    """

    success: bool = True
    code: str
    share_url: str
    counts: ReferralCounts
    credits: list[ReferralCredit]
    rewards: list[GrantedReferralReward]
