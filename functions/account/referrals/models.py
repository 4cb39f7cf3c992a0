"""What a user sees of the people they brought."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.routing import Schema


class ReferralCounts(Schema):
    """How many people were referred, by state."""

    pending: int
    """Registered, and not paid yet."""
    completed: int
    """Paid, and not rewarded yet."""
    rewarded: int
    """Rewarded."""
    cancelled: int
    """Gave up the seat or got a refund."""


class GrantedReferralReward(Schema):
    """A reward for completed referrals."""

    id: UUID
    event_id: UUID
    event_title: str
    kind: Literal["free_access", "credit"]
    """`free_access` gave a seat, `credit` makes the next course cheaper."""
    registration_id: UUID | None
    """The seat that free access gave; null for a credit."""
    amount: int
    """Amount of a credit, in minor units; 0 for free access."""
    currency: str
    status: Literal["pending", "granted", "revoked"]
    """`pending` while it can be revoked, `revoked` when the payments that earned it went back."""
    revocable_until: datetime | None
    """When a pending reward becomes final, unless its course is moved; null otherwise."""
    granted_at: datetime
    """When it was granted."""
    revoked_at: datetime | None


class ReferralCredit(Schema):
    """What the next courses cost less; it is used by itself."""

    amount: int
    """In minor units. Below zero when a credit was revoked after it was spent."""
    currency: str


class ReferralsAnswer(Schema):
    success: bool = True
    code: str
    """The caller's own code, for others to give at registration."""
    share_url: str
    """Link to the platform with the code in it."""
    counts: ReferralCounts
    """Referred people by state."""
    credits: list[ReferralCredit]
    """Credit that is left, one entry per currency."""
    rewards: list[GrantedReferralReward]
    """The newest 100 rewards."""
