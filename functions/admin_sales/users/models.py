"""People as administrators find them, and two accounts that become one."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.routing import Schema

Name = Annotated[str, Field(examples=["Asha Rao"])]


class UserSummary(Schema):
    """A person; `mergedInto` names the account that owns what this one owned."""

    id: UUID
    email: str
    email_verified: bool
    """Whether the identity provider has verified the address."""
    full_name: Name
    phone: Annotated[str | None, Field(examples=["+919876543210"])]
    """In E.164; null without one."""
    phone_verified: bool
    """Whether a code has proven the number."""
    created_at: datetime
    erased_at: datetime | None
    """When the person was erased; null for everybody else."""
    merged_into: UUID | None
    """The account that owns what this one owned; null for one that was not merged."""


class UserList(Schema):
    success: bool = True
    users: list[UserSummary]
    """The people of this page, the newest first."""
    next_cursor: str | None


class UserSeat(Schema):
    """A registration, of whatever status."""

    registration_id: UUID
    event_id: UUID
    event_title: str
    event_starts_at: datetime
    status: Literal["pending", "confirmed", "cancelled", "expired"]
    """State of the seat."""
    payment_status: Literal["pending", "completed", "free", "failed", "refunded"]
    """State of its payment."""
    created_at: datetime


class UserPayment(Schema):
    """One order at Razorpay."""

    payment_id: UUID
    registration_id: UUID
    status: Literal["initiated", "failed", "closed", "success", "refunded"]
    """State of the payment."""
    amount: int
    """Price in minor units."""
    currency: str
    paid_at: datetime | None


class UserCertificate(Schema):
    """A certificate, valid or revoked."""

    certificate_id: UUID
    """The id of the certificate."""
    certificate_number: str
    event_id: UUID
    issued_at: datetime
    revoked_at: datetime | None


class UserDetail(UserSummary):
    """A person with the newest 100 of each; `language` is a tag such as `hi-IN`."""

    language: Annotated[str, Field(examples=["en"])]
    """The language of mails and documents."""
    referral_code: Annotated[str, Field(examples=["ASHA2026QZ"])]
    """What others enter when this person recommended the course."""
    merged_from: list[UUID]
    """Accounts that were merged into this one."""
    seats: list[UserSeat]
    """The person's registrations."""
    payments: list[UserPayment]
    """The person's payments."""
    certificates: list[UserCertificate]
    """The person's certificates."""


class UserAnswer(Schema):
    success: bool = True
    user: UserDetail
    """The person."""


class MergeRequest(Schema):
    """`fromUserId` is the account of the lost login; a dry run changes nothing."""

    from_user_id: UUID
    """The account that gives what it owns."""
    dry_run: bool = True
    """Whether only to tell what would move and what stands in the way."""


ConflictCode = Literal[
    "two_seats", "seat_and_waitlist", "two_waitlist_places", "self_referral", "referred_twice", "rewarded_twice"
]


class MergeConflict(Schema):
    """What the one account that comes out of it must not have."""

    code: ConflictCode
    """What there would be twice, or of oneself."""
    event_id: UUID
    event_title: str


class MergeAnswer(Schema):
    """`moved` counts rows by table; nothing has moved where `dryRun` or with `conflicts`."""

    success: bool = True
    user_id: UUID
    from_user_id: UUID
    """The account that gave."""
    dry_run: bool
    """Whether this only told what would happen."""
    moved: Annotated[dict[str, int], Field(examples=[{"registrations": 2, "payment_transactions": 1}])]
    """How many rows of which table move."""
    conflicts: list[MergeConflict]
    """What stands in the way; a merge that is no dry run is refused for it."""
