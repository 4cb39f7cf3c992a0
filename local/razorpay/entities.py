"""Razorpay entities as the live API returns them.

Shapes follow real answers where those differ from the documentation's samples: `notes` is `[]` when empty,
`fee` and `tax` are null until capture, and `fee` includes the tax.
Amounts are integer minor units (paise), times are unix seconds.
"""

import copy
import random
import string
import time
from typing import Any, Literal

type Entity = dict[str, Any]
type PaymentStatus = Literal["created", "authorized", "captured", "refunded", "failed"]
type RefundStatus = Literal["pending", "processed", "failed"]

_ALPHANUMERIC = string.ascii_letters + string.digits
_ANY_ID = random.SystemRandom()
_METHOD_DETAILS: dict[str, Entity] = {
    "upi": {
        "vpa": "success@razorpay",
        "acquirer_data": {"rrn": "267567962619", "upi_transaction_id": "F5B66C7C07CA6FEAD77E956DC2FC7ABE"},
        "upi": {"vpa": "success@razorpay"},
    },
    "card": {
        "card_id": "card_FAKE0000000001",
        "card": {
            "id": "card_FAKE0000000001",
            "entity": "card",
            "name": "",
            "last4": "0153",
            "network": "Visa",
            "type": "debit",
            "issuer": None,
            "international": False,
            "emi": False,
            "sub_type": "consumer",
            "token_iin": None,
        },
        "acquirer_data": {"auth_code": "299196", "rrn": "322206890934"},
    },
    "netbanking": {"bank": "HDFC", "acquirer_data": {"bank_transaction_id": "4827433"}},
    "wallet": {"wallet": "airtelmoney", "acquirer_data": {"transaction_id": None}},
}
_ERROR_FIELDS = ("error_code", "error_description", "error_source", "error_step", "error_reason")
PAYMENT_FAILED = (
    "BAD_REQUEST_ERROR",
    "Payment was unsuccessful due to a temporary issue. If amount got deducted, it will be refunded within "
    "5-7 working days.",
    "gateway",
    "payment_response",
    "payment_failed",
)
NO_ERROR: Entity = dict.fromkeys(_ERROR_FIELDS, None)


def new_id(prefix: str, rng: random.Random = _ANY_ID) -> str:
    """A Razorpay id: `prefix_` and 14 alphanumeric characters; without a prefix, an event id."""
    suffix = "".join(rng.choices(_ALPHANUMERIC, k=14))
    return f"{prefix}_{suffix}" if prefix else suffix


def fee_and_tax(amount: int) -> tuple[int, int]:
    """Fee of 2 % plus 18 % GST, in paise; the fee includes the tax (150000 -> 3540, 540)."""
    base = (amount * 2 + 50) // 100
    tax = (base * 18 + 50) // 100
    return base + tax, tax


def order_entity(
    *,
    amount: int = 50_000,
    id: str | None = None,
    currency: str = "INR",
    receipt: str | None = None,
    status: Literal["created", "attempted", "paid"] = "created",
    notes: Entity | None = None,
    created_at: int | None = None,
    **changes: Any,
) -> Entity:
    """An order of `amount` paise; `changes` replace or add any field."""
    paid = amount if status == "paid" else 0
    return {
        "id": id or new_id("order"),
        "entity": "order",
        "amount": amount,
        "amount_paid": paid,
        "amount_due": amount - paid,
        "currency": currency,
        "receipt": receipt,
        "offer_id": None,
        "status": status,
        "attempts": 0 if status == "created" else 1,
        "notes": notes or [],
        "created_at": _now(created_at),
    } | changes


def payment_entity(
    *,
    amount: int = 50_000,
    order_id: str | None = None,
    id: str | None = None,
    currency: str = "INR",
    status: PaymentStatus = "captured",
    method: str = "upi",
    notes: Entity | None = None,
    created_at: int | None = None,
    **changes: Any,
) -> Entity:
    """A payment of `amount` paise in `status`, with the fee, error and captured that follow."""
    captured = status in ("captured", "refunded")
    fee, tax = fee_and_tax(amount) if captured else (None, None)
    error: Entity = dict(zip(_ERROR_FIELDS, PAYMENT_FAILED, strict=True)) if status == "failed" else NO_ERROR
    return (
        {
            "id": id or new_id("pay"),
            "entity": "payment",
            "amount": amount,
            "currency": currency,
            "status": status,
            "order_id": order_id,
            "invoice_id": None,
            "international": False,
            "method": method,
            "amount_refunded": amount if status == "refunded" else 0,
            "refund_status": "full" if status == "refunded" else None,
            "captured": captured,
            "description": None,
            "card_id": None,
            "bank": None,
            "wallet": None,
            "vpa": None,
            "email": "void@razorpay.com",
            "contact": "+919000090000",
            "notes": notes or [],
            "fee": fee,
            "tax": tax,
            **error,
            "acquirer_data": {},
            "created_at": _now(created_at),
        }
        | copy.deepcopy(_METHOD_DETAILS.get(method, {}))
        | changes
    )


def refund_entity(
    *,
    payment_id: str,
    amount: int,
    id: str | None = None,
    currency: str = "INR",
    status: RefundStatus = "processed",
    receipt: str | None = None,
    notes: Entity | None = None,
    speed: str = "normal",
    created_at: int | None = None,
    **changes: Any,
) -> Entity:
    """A refund of `amount` paise of one payment."""
    return {
        "id": id or new_id("rfnd"),
        "entity": "refund",
        "amount": amount,
        "currency": currency,
        "payment_id": payment_id,
        "notes": notes or [],
        "receipt": receipt,
        "acquirer_data": {"arn": None},
        "created_at": _now(created_at),
        "batch_id": None,
        "status": status,
        "speed_processed": "normal",
        "speed_requested": speed,
    } | changes


def dispute_entity(
    *,
    payment_id: str,
    amount: int,
    id: str | None = None,
    currency: str = "INR",
    status: str = "open",
    created_at: int | None = None,
    **changes: Any,
) -> Entity:
    """A chargeback over `amount` paise; a lost one has the amount deducted."""
    created = _now(created_at)
    return {
        "id": id or new_id("disp"),
        "entity": "dispute",
        "payment_id": payment_id,
        "amount": amount,
        "currency": currency,
        "amount_deducted": amount if status == "lost" else 0,
        "reason_code": "chargeback",
        "respond_by": created + 7 * 86_400,
        "status": status,
        "phase": "chargeback",
        "evidence": {"amount": amount, "summary": None, "others": None, "submitted_at": None},
        "created_at": created,
    } | changes


def settlement_entity(
    *,
    amount: int,
    id: str | None = None,
    utr: str | None = None,
    created_at: int | None = None,
    **changes: Any,
) -> Entity:
    """A settlement whose `amount` is what reaches the bank: credits less debits."""
    return {
        "id": id or new_id("setl"),
        "entity": "settlement",
        "amount": amount,
        "status": "processed",
        "fees": 0,
        "tax": 0,
        "utr": utr or f"FAKE{_ANY_ID.randrange(10**12):012}",
        "created_at": _now(created_at),
    } | changes


def _now(given: int | None) -> int:
    return int(time.time()) if given is None else given
