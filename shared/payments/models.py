"""What Razorpay says (its entities) and what we know of an order when something is said about it.

Entities are read leniently: unknown keys are ignored, as https://razorpay.com/docs/webhooks/ asks.
"""

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
type AnyId = Annotated[str, Field(pattern=r"^[a-z]+_[A-Za-z0-9]{1,40}$")]
type DisputeId = Annotated[str, Field(pattern=r"^disp_[A-Za-z0-9]{14}$")]
type Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


def _only_mapping(notes: object) -> object:
    return notes if isinstance(notes, dict) else {}


def _or_zero(amount: object) -> object:
    return 0 if amount is None else amount


def _cut(text: object) -> object:
    return text[:500] if isinstance(text, str) else text


type Notes = Annotated[dict[str, Any], BeforeValidator(_only_mapping)]
"""Free text of the payer or ours; Razorpay writes an empty one as a list."""
type Remark = Annotated[str | None, BeforeValidator(_cut)]
type PaiseOrNone = Annotated[Paise, BeforeValidator(_or_zero)]
"""An amount that is null where there is none."""


class Entity(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class OrderEntity(Entity):
    """https://razorpay.com/docs/api/orders/entity/"""

    id: OrderId
    amount: Paise
    currency: Currency
    status: Literal["created", "attempted", "paid"]


class PaymentEntity(Entity):
    """https://razorpay.com/docs/api/payments/entity/ - amounts in minor units, `fee` includes `tax`."""

    id: PaymentId
    order_id: OrderId | None = None
    amount: Paise
    currency: Currency
    status: Literal["created", "authorized", "captured", "refunded", "failed"]
    method: Remark = None
    captured: bool | None = None
    amount_refunded: PaiseOrNone = 0
    fee: Paise | None = None
    tax: Paise | None = None
    error_code: Remark = None
    error_description: Remark = None
    error_reason: Remark = None
    created_at: UnixSeconds

    @property
    def is_captured(self) -> bool:
        """A refunded payment was captured before, unless the payer's bank only reserved the money and let it go."""
        return self.status == "captured" or (self.status == "refunded" and self.captured is not False)


class PaymentCollection(Entity):
    """https://razorpay.com/docs/api/orders/fetch-payments/"""

    items: list[PaymentEntity]


class Collection(Entity):
    """A page of a list, its entities as they came."""

    items: list[Any]


class RefundEntity(Entity):
    """https://razorpay.com/docs/api/refunds/entity/ - trust `status`, not the name of the event around it."""

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
    """https://razorpay.com/docs/api/settlements/ - one transfer to our bank; `fees` and `tax` are of the transfer."""

    id: SettlementId
    amount: Paise
    status: Literal["created", "processed", "failed"]
    fees: PaiseOrNone = 0
    tax: PaiseOrNone = 0
    utr: Remark = None
    created_at: UnixSeconds


class SettlementRow(Entity):
    """https://razorpay.com/docs/api/settlements/fetch-recon/ - its `notes` are text, so nobody reads them.

    `payment_id` is null on a payment's own row; transfers and adjustments have neither payment nor order.
    """

    entity_id: AnyId
    type: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    amount: PaiseOrNone
    credit: PaiseOrNone
    debit: PaiseOrNone
    fee: PaiseOrNone
    tax: PaiseOrNone
    currency: Currency
    settlement_id: SettlementId | None = None
    settlement_utr: Remark = None
    payment_id: PaymentId | None = None
    order_id: OrderId | None = None
    dispute_id: Remark = None
    description: Remark = None
    created_at: UnixSeconds
    settled_at: UnixSeconds | None = None


class DisputeEntity(Entity):
    """https://razorpay.com/docs/api/disputes/entity/ - a lost one has `amount_deducted` taken from the settlements."""

    id: DisputeId
    payment_id: PaymentId
    amount: Paise
    currency: Currency
    amount_deducted: Paise = 0
    reason_code: Remark = None
    phase: Remark = None
    respond_by: UnixSeconds | None = None
    created_at: UnixSeconds


DisputeStatus = Literal["open", "under_review", "action_required", "won", "lost", "closed"]

RefundReason = Literal["seat_gone", "duplicate_payment", "student_cancelled", "event_cancelled", "admin", "outside"]


@dataclass(frozen=True)
class Order:
    """Our row for a Razorpay order with its registration and event, all three locked."""

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
    has_refunds: bool


Outcome = Literal[
    "confirmed", "refund_requested", "held", "failed", "recorded", "refunded", "already_applied", "unknown_order"
]
