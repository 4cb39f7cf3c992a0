"""What one signed delivery does: it is kept byte for byte, and its effect happens once."""

import hashlib
import hmac
import json
from datetime import datetime

from pydantic import ValidationError

from functions.razorpay_webhook import queries
from functions.razorpay_webhook.models import EFFECTIVE, Delivery, Event, Status
from shared.clock import from_unix
from shared.db import Connection
from shared.errors import NotJson
from shared.payments import queries as payment_queries
from shared.payments import service as payments
from shared.payments.models import Order, Outcome

KEPT_HEADERS = ("content-type", "user-agent", "request-id", "x-razorpay-event-id")


class Hostile(Exception):
    """Signed, but nothing that can be kept as a document or read as an event."""


def is_signed(body: bytes, signature: str, secrets: list[str]) -> bool:
    """Whether one of the secrets signed exactly these bytes (lower-case hex HMAC-SHA256), in constant time.

    Two secrets are valid while one replaces the other: Razorpay signs retries of older events with the old one.
    """
    given = signature.encode(errors="surrogatepass")
    good = [
        hmac.compare_digest(hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode(), given)
        for secret in secrets
        if secret
    ]
    return any(good)


def read(body: bytes, headers: dict[str, str]) -> tuple[Delivery, Event | None]:
    """A delivery and its event, null when it is one without effects.

    Raises NotJson, and Hostile for a document beyond what any event holds or an effective event that cannot be read.
    """
    try:
        text = body.decode()  # strictly: json.loads takes bytes of other encodings, and surrogates, for text
        document = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise NotJson("The body is not JSON.") from error
    except (ValueError, RecursionError) as error:
        raise Hostile from error
    name = document.get("event") if isinstance(document, dict) else None
    known = name if isinstance(name, str) and name.isascii() and name.isprintable() and len(name) <= 100 else None
    received = delivery(body, headers, event_type=known, payload=text)
    if known not in EFFECTIVE:
        return received, None
    try:
        return received, Event.model_validate(document)
    except ValidationError as error:
        raise Hostile from error


def delivery(
    body: bytes, headers: dict[str, str], *, event_type: str | None = None, payload: str | None = None
) -> Delivery:
    event_id = headers.get("x-razorpay-event-id", "").strip()
    return Delivery(
        body=body,
        event_id=event_id if event_id.isascii() and event_id.isprintable() and 0 < len(event_id) <= 200 else None,
        event_type=event_type,
        payload=payload,
        headers={name: _printable(headers[name])[:500] for name in KEPT_HEADERS if name in headers},
    )


def _printable(header: str) -> str:
    """What jsonb can hold of a header."""
    return "".join(character if character.isprintable() else "?" for character in header)


def process(conn: Connection, received: Delivery, event: Event | None, now: datetime) -> tuple[Status, str]:
    """Keep the delivery and apply its event, in the caller's transaction: two round trips and the commit.

    Returns what the sender is told and what came of it.
    """
    order_id = event.payload.payment.entity.order_id if event else None
    with conn.pipeline():
        logged = queries.insert_delivery(conn, received)
        locked = payment_queries.lock_order(conn, order_id or "")
    log_id, order = logged.fetchone(), locked.fetchone()
    if log_id is None:
        return "duplicate", "duplicate"
    if event is None or order is None:
        outcome = "unknown_order" if event else "not_handled"
        queries.finish_delivery(conn, log_id, outcome)
        return "ignored", outcome
    with conn.pipeline():
        outcome = _apply(conn, event, order, now)
        queries.finish_delivery(conn, log_id, outcome)
    return "processed", outcome


def _apply(conn: Connection, event: Event, order: Order, now: datetime) -> Outcome:
    if event.payload.refund is not None:
        return payments.apply_refund(conn, order, event.payload.refund.entity, now)
    told_at = from_unix(event.created_at)
    return payments.apply_payment(conn, order, event.payload.payment.entity, told_at=told_at, now=now)
