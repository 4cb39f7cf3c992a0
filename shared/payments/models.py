"""Razorpay's entities as we read them, and our own order as payments are applied to it.

Unknown keys of entities are ignored, as https://razorpay.com/docs/webhooks/ requires.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

type Paise = Annotated[StrictInt, Field(ge=0, lt=2**53)]
type UnixSeconds = Annotated[StrictInt, Field(ge=0, lt=2**33)]
type OrderId = Annotated[str, Field(pattern=r"^order_[A-Za-z0-9]{14}$")]
type PaymentId = Annotated[str, Field(pattern=r"^pay_[A-Za-z0-9]{14}$")]
type RefundId = Annotated[str, Field(pattern=r"^rfnd_[A-Za-z0-9]{14}$")]
type SettlementId = Annotated[str, Field(pattern=r"^setl_[A-Za-z0-9]{14}$")]
type EntityId = Annotated[str, Field(pattern=r"^[a-z]+_[A-Za-z0-9]{1,40}$")]
type DisputeId = Annotated[str, Field(pattern=r"^disp_[A-Za-z0-9]{14}$")]
type Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


def _mapping_or_empty(notes: object) -> object:
    return notes if isinstance(notes, dict) else {}


def _zero_if_null(amount: object) -> object:
    return 0 if amount is None else amount


def _truncate(text: object) -> object:
    return text[:500] if isinstance(text, str) else text


type Notes = Annotated[dict[str, Any], BeforeValidator(_mapping_or_empty)]
"""Key-value notes of ours or of the payer. Razorpay sends empty notes as a list."""
type ShortText = Annotated[str | None, BeforeValidator(_truncate)]
type PaiseOrZero = Annotated[Paise, BeforeValidator(_zero_if_null)]
"""An amount that Razorpay sends as null when there is none."""


class Entity(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class OrderEntity(Entity):
    """https://razorpay.com/docs/api/orders/entity/"""

    id: OrderId
    amount: Paise
    currency: Currency
    status: Literal["created", "attempted", "paid"]


class PaymentEntity(Entity):
    """https://razorpay.com/docs/api/payments/entity/ - amounts in minor units, `fee` includes `tax`.

    `base_currency` is there on international payments.
    """

    id: PaymentId
    order_id: OrderId | None = None
    amount: Paise
    currency: Currency
    status: Literal["created", "authorized", "captured", "refunded", "failed"]
    method: ShortText = None
    vpa: ShortText = None
    """UPI address of the payer."""
    captured: bool | None = None
    amount_refunded: PaiseOrZero = 0
    fee: Paise | None = None
    tax: Paise | None = None
    base_currency: Currency | None = None
    error_code: ShortText = None
    error_description: ShortText = None
    error_reason: ShortText = None
    created_at: UnixSeconds

    @property
    def is_released(self) -> bool:
        """Whether it was only authorized, and the authorization was given back: no money moved."""
        return self.status == "refunded" and self.captured is False

    @property
    def instrument_hash(self) -> str | None:
        """SHA-256 of what the payer paid with, hexadecimal; None where Razorpay does not say.

        `success@razorpay` is everybody's in test mode (https://razorpay.com/docs/payments/payments/test-upi-details/).
        """
        if not self.vpa or self.vpa.endswith("@razorpay"):
            return None
        return hashlib.sha256(self.vpa.lower().encode()).hexdigest()

    @property
    def fee_currency(self) -> str:
        """The currency of `fee` and `tax`: the account's, in which an international payment is settled."""
        return self.base_currency or self.currency

    @property
    def is_captured(self) -> bool:
        """A refunded payment was captured before, unless it was only authorized and the authorization was released."""
        return self.status == "captured" or (self.status == "refunded" and not self.is_released)


class PaymentCollection(Entity):
    """https://razorpay.com/docs/api/orders/fetch-payments/"""

    items: list[PaymentEntity]


class Collection(Entity):
    """A page of a list with unparsed entities."""

    items: list[Any]


class RefundEntity(Entity):
    """https://razorpay.com/docs/api/refunds/entity/ - `status` is right even where the event's name differs."""

    id: RefundId
    payment_id: PaymentId
    amount: Paise
    currency: Currency
    status: Literal["pending", "processed", "failed"]
    notes: Notes = Field(default_factory=dict)
    created_at: UnixSeconds


class RefundCollection(Entity):
    """https://razorpay.com/docs/api/refunds/fetch-multiple-refund-payment/"""

    items: list[RefundEntity]


class SettlementEntity(Entity):
    """https://razorpay.com/docs/api/settlements/ - one transfer to our bank; with its own `fees` and `tax`."""

    id: SettlementId
    amount: Paise
    status: Literal["created", "processed", "failed"]
    fees: PaiseOrZero = 0
    tax: PaiseOrZero = 0
    utr: ShortText = None
    created_at: UnixSeconds


class SettlementRow(Entity):
    """https://razorpay.com/docs/api/settlements/fetch-recon/

    `payment_id` is null on a payment's own row; transfers and adjustments have neither payment nor order. `notes` are
    not read, because they can be text or null.
    """

    entity_id: EntityId
    type: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    amount: PaiseOrZero
    credit: PaiseOrZero
    debit: PaiseOrZero
    fee: PaiseOrZero
    tax: PaiseOrZero
    currency: Currency
    settlement_id: SettlementId | None = None
    settlement_utr: ShortText = None
    payment_id: PaymentId | None = None
    order_id: OrderId | None = None
    dispute_id: ShortText = None
    description: ShortText = None
    created_at: UnixSeconds
    settled_at: UnixSeconds | None = None


class DisputeEntity(Entity):
    """https://razorpay.com/docs/api/disputes/entity/ - `amount_deducted` of a lost one is taken from settlements."""

    id: DisputeId
    payment_id: PaymentId
    amount: Paise
    currency: Currency
    amount_deducted: Paise = 0
    reason_code: ShortText = None
    phase: ShortText = None
    respond_by: UnixSeconds | None = None
    created_at: UnixSeconds


class ListedDispute(DisputeEntity):
    """A dispute from Razorpay's list; its status is "open" also while an action is required."""

    status: Literal["open", "under_review", "won", "lost", "closed"]


DisputeStatus = Literal["open", "under_review", "action_required", "won", "lost", "closed"]

RefundReason = Literal["seat_gone", "duplicate_payment", "student_cancelled", "event_cancelled", "admin", "outside"]


@dataclass(frozen=True)
class Order:
    """Our row for a Razorpay order with its registration and event; all three rows are locked.

    `has_held_payment` is true when a payment of another amount was ever held for a decision.
    """

    transaction_id: UUID
    razorpay_order_id: str
    razorpay_payment_id: str | None
    status: str
    amount: int
    currency: str
    user_id: UUID
    registration_id: UUID
    registration_status: str
    event_id: UUID
    event_title: str
    event_status: str
    event_capacity: int
    event_starts_at: datetime
    event_ends_at: datetime
    sales_end_at: datetime
    has_held_payment: bool
    has_refunds: bool

    @property
    def is_unpaid(self) -> bool:
        return self.status in ("initiated", "failed", "closed")


@dataclass(frozen=True)
class PaymentBalance:
    """What became of the money of one payment, in minor units.

    `captured` is what came in, `committed` what was refunded or will be, `returned` what was refunded, `deducted` what
    the payer's bank took back in disputes, and `at_stake` what it may still take.
    """

    captured: int
    committed: int
    returned: int
    deducted: int
    at_stake: int

    @property
    def left(self) -> int:
        """What can still go back if every open dispute is won."""
        return self.captured - self.committed - self.deducted

    @property
    def safe(self) -> int:
        """What can go back now without the risk that a lost dispute takes it a second time."""
        return self.left - self.at_stake


@dataclass(frozen=True)
class RequestedRefund:
    """What goes back of one payment, in minor units."""

    registration_id: UUID
    amount: int
    currency: str


MIN_REFUND_AMOUNT = 100
"""Razorpay refunds no less than 1.00 INR."""


PaymentOutcome = Literal[
    "confirmed", "refund_requested", "held", "failed", "recorded", "refunded", "already_applied", "unknown_order"
]
