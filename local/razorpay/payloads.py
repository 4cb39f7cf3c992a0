"""Builds Razorpay's webhook bodies and signatures as the live API sends them; no server needed.

The entities come from `entities.py` and are offered here too, so that a test needs one import.
"""

import hashlib
import hmac
import json
import time
from typing import Any

from local.razorpay.entities import (
    Entity,
    dispute_entity,
    new_id,
    order_entity,
    payment_entity,
    refund_entity,
    settlement_entity,
)

__all__ = [
    "Entity",
    "checkout_fields",
    "checkout_signature",
    "compact_json",
    "dispute_entity",
    "event_body",
    "new_id",
    "order_entity",
    "payment_entity",
    "refund_entity",
    "settlement_entity",
    "sign",
    "webhook_body",
    "webhook_headers",
]

ACCOUNT_ID = "acc_FAKEMERCHANT00"
USER_AGENT = "Razorpay-Webhook/v1"


def webhook_body(
    event: str,
    *,
    payment: Entity | None = None,
    order: Entity | None = None,
    refund: Entity | None = None,
    dispute: Entity | None = None,
    settlement: Entity | None = None,
    created_at: int | None = None,
    account_id: str = ACCOUNT_ID,
    **changes: Any,
) -> bytes:
    """The exact bytes of a delivery: compact JSON in UTF-8; `changes` replace envelope fields."""
    # Razorpay's own order: the refund leads its payment, an order or a dispute follows it.
    named = {
        "refund": refund,
        "payment": payment,
        "order": order,
        "dispute": dispute,
        "settlement": settlement,
    }
    given = {name: entity for name, entity in named.items() if entity is not None}
    return event_body(event, given, created_at=created_at, account_id=account_id, **changes)


def event_body(
    event: str,
    entities: dict[str, Entity],
    *,
    created_at: int | None = None,
    account_id: str = ACCOUNT_ID,
    **changes: Any,
) -> bytes:
    """As `webhook_body`, for entities by name and of any kind."""
    envelope: Entity = {
        "entity": "event",
        "account_id": account_id,
        "event": event,
        "contains": list(entities),
        "payload": {name: {"entity": _as_sent(event, name, entity)} for name, entity in entities.items()},
        "created_at": int(time.time()) if created_at is None else created_at,
    } | changes
    return compact_json(envelope, sort_keys=event.startswith("refund."))


def _as_sent(event: str, name: str, entity: Entity) -> Entity:
    if name == "payment" and event == "payment.captured":
        return {**entity, "base_amount": entity.get("amount"), "reward": None}
    if name == "payment" and event != "payment.authorized" and not event.startswith(("order.", "payment.failed")):
        return {**entity, "base_amount": entity.get("amount")}
    if name == "order" and event == "order.paid":
        return {**entity, "description": None, "checkout": None}
    return entity


def compact_json(value: Any, *, sort_keys: bool = False) -> bytes:
    """JSON without spaces, in UTF-8 unescaped; escaped where UTF-8 cannot hold it (a lone surrogate)."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=sort_keys)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), sort_keys=sort_keys).encode()


def sign(secret: str, body: bytes) -> str:
    """X-Razorpay-Signature: lower-case hex HMAC-SHA256 of the raw body under the webhook secret."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def checkout_signature(key_secret: str, order_id: str, payment_id: str) -> str:
    """razorpay_signature of Checkout: HMAC-SHA256 of `order_id|payment_id` under the API key secret."""
    return sign(key_secret, f"{order_id}|{payment_id}".encode())


def checkout_fields(key_secret: str, order_id: str, payment_id: str) -> dict[str, str]:
    """The three fields Checkout hands to the page after a successful payment."""
    return {
        "razorpay_payment_id": payment_id,
        "razorpay_order_id": order_id,
        "razorpay_signature": checkout_signature(key_secret, order_id, payment_id),
    }


def webhook_headers(body: bytes, secret: str | None, event_id: str | None = None) -> dict[str, str]:
    """Headers of one delivery; with no secret set Razorpay sends no signature header at all."""
    event_id = event_id or new_id("")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "Accept-Encoding": "gzip",
        "Request-Id": event_id,
        "X-Razorpay-Event-Id": event_id,
    }
    return headers | ({"X-Razorpay-Signature": sign(secret, body)} if secret else {})
