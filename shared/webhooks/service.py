"""Processes one signed webhook delivery: its bytes are stored unchanged, and its effect happens once."""

import json
from datetime import datetime
from uuid import UUID

import psycopg
from pydantic import ValidationError

from shared.clock import from_unix
from shared.db import Connection
from shared.errors import NotJson
from shared.payments import disputes
from shared.payments import queries as payment_queries
from shared.payments import service as payments
from shared.payments.models import Order, PaymentOutcome
from shared.webhooks import queries
from shared.webhooks.models import (
    DISPUTE_EVENTS,
    PAYMENT_EVENTS,
    DisputeEvent,
    PaymentEvent,
    StoredDelivery,
    WebhookDelivery,
    WebhookStatus,
)

STORED_HEADERS = ("content-type", "user-agent", "request-id", "x-razorpay-event-id")
UNPROCESSABLE = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.StatementTooComplex,
    psycopg.errors.ProgramLimitExceeded,
)
"""Errors that the same bytes would cause again. Such a delivery is stored for a person instead of being retried."""


class Hostile(Exception):
    """A signed delivery that cannot be stored as a JSON document or parsed as the event it names."""


def parse(body: bytes, headers: dict[str, str]) -> tuple[WebhookDelivery, PaymentEvent | DisputeEvent | None]:
    """The delivery and its event; the event is None when it has no effect here.

    Raises NotJson, and Hostile for a document that exceeds the parser's limits or an event with missing fields.
    """
    try:
        text = body.decode()  # strict UTF-8: json.loads would also accept other encodings and surrogates
        document = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise NotJson("The body is not JSON.") from error
    except (ValueError, RecursionError) as error:
        raise Hostile from error
    name = document.get("event") if isinstance(document, dict) else None
    known = name if isinstance(name, str) and name.isascii() and name.isprintable() and len(name) <= 100 else None
    received = build_delivery(body, headers, event_type=known, payload=text)
    if known not in PAYMENT_EVENTS and known not in DISPUTE_EVENTS:
        return received, None
    try:
        return received, (DisputeEvent if known in DISPUTE_EVENTS else PaymentEvent).model_validate(document)
    except ValidationError as error:
        raise Hostile from error


def build_delivery(
    body: bytes, headers: dict[str, str], *, event_type: str | None = None, payload: str | None = None
) -> WebhookDelivery:
    event_id = headers.get("x-razorpay-event-id", "").strip()
    return WebhookDelivery(
        body=body,
        event_id=event_id if event_id.isascii() and event_id.isprintable() and 0 < len(event_id) <= 200 else None,
        event_type=event_type,
        payload=payload,
        headers={name: _printable(headers[name])[:500] for name in STORED_HEADERS if name in headers},
    )


def _printable(header: str) -> str:
    """The header with each character that jsonb cannot hold replaced."""
    return "".join(character if character.isprintable() else "?" for character in header)


def process(
    conn: Connection, received: WebhookDelivery, event: PaymentEvent | DisputeEvent | None, now: datetime
) -> tuple[WebhookStatus, str]:
    """Store the delivery and apply its event in the caller's transaction: two round trips and the commit.

    Returns the status for the sender and the outcome for the log.
    """
    with conn.pipeline():
        logged = queries.insert_delivery(conn, received)
        locked = payment_queries.lock_order(conn, _order_id(event) or "")
    log_id, order = logged.fetchone(), locked.fetchone()
    if log_id is None:
        return "duplicate", "duplicate"
    return _finish(conn, log_id, event, order, now)


def process_stored(conn: Connection, stored: StoredDelivery, now: datetime) -> tuple[WebhookStatus, str]:
    """Apply a stored delivery that was not processed before, as if it arrived now. The caller has locked its row.

    Raises NotJson and Hostile as `parse`, and UNPROCESSABLE.
    """
    if stored.status == "processed":
        return "duplicate", "duplicate"
    received, event = parse(stored.body, stored.headers)
    queries.save_document(conn, stored.id, received)
    order = payment_queries.lock_order(conn, _order_id(event) or "").fetchone()
    return _finish(conn, stored.id, event, order, now)


def _order_id(event: PaymentEvent | DisputeEvent | None) -> str | None:
    """The order that an event changes; a dispute event changes only the dispute."""
    return event.payload.payment.entity.order_id if isinstance(event, PaymentEvent) else None


def _finish(
    conn: Connection, log_id: UUID, event: PaymentEvent | DisputeEvent | None, order: Order | None, now: datetime
) -> tuple[WebhookStatus, str]:
    if isinstance(event, DisputeEvent):
        status, reported_at = DISPUTE_EVENTS[event.event], from_unix(event.created_at)
        disputes.record(conn, event.payload.dispute.entity, status, order_id=event.order_id, reported_at=reported_at)
        queries.finish_delivery(conn, log_id, "recorded")
        return "processed", "recorded"
    if event is None or order is None:
        outcome = "unknown_order" if event else "not_handled"
        queries.finish_delivery(conn, log_id, outcome)
        return "ignored", outcome
    with conn.pipeline():
        outcome = _apply(conn, event, order, now)
        queries.finish_delivery(conn, log_id, outcome)
    return "processed", outcome


def _apply(conn: Connection, event: PaymentEvent, order: Order, now: datetime) -> PaymentOutcome:
    payment = event.payload.payment.entity
    if event.payload.refund is not None:
        return payments.apply_refund(conn, order, event.payload.refund.entity, now, payment=payment)
    return payments.apply_payment(conn, order, payment, reported_at=from_unix(event.created_at), now=now)
