"""What one signed delivery does: it is kept byte for byte, and its effect happens once."""

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
from shared.payments.models import Order, Outcome
from shared.webhooks import queries
from shared.webhooks.models import DISPUTES, EFFECTIVE, Delivery, DisputeEvent, Event, Kept, Status

KEPT_HEADERS = ("content-type", "user-agent", "request-id", "x-razorpay-event-id")
UNPROCESSABLE = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.StatementTooComplex,
    psycopg.errors.ProgramLimitExceeded,
)
"""What the same bytes would meet again: such a delivery is kept for a person."""


class Hostile(Exception):
    """Signed, but nothing that can be kept as a document or read as an event."""


def read(body: bytes, headers: dict[str, str]) -> tuple[Delivery, Event | DisputeEvent | None]:
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
    if known not in EFFECTIVE and known not in DISPUTES:
        return received, None
    try:
        return received, (DisputeEvent if known in DISPUTES else Event).model_validate(document)
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


def process(
    conn: Connection, received: Delivery, event: Event | DisputeEvent | None, now: datetime
) -> tuple[Status, str]:
    """Keep the delivery and apply its event, in the caller's transaction: two round trips and the commit.

    Returns what the sender is told and what came of it.
    """
    with conn.pipeline():
        logged = queries.insert_delivery(conn, received)
        locked = payment_queries.lock_order(conn, _order_id(event) or "")
    log_id, order = logged.fetchone(), locked.fetchone()
    if log_id is None:
        return "duplicate", "duplicate"
    return _finish(conn, log_id, event, order, now)


def process_kept(conn: Connection, kept: Kept, now: datetime) -> tuple[Status, str]:
    """Apply a signed delivery that was kept and not processed, as if it arrived now; its row is locked.

    Raises NotJson and Hostile as `read`, and UNPROCESSABLE.
    """
    if kept.status == "processed":
        return "duplicate", "duplicate"
    received, event = read(kept.body, kept.headers)
    queries.keep_document(conn, kept.id, received)
    order = payment_queries.lock_order(conn, _order_id(event) or "").fetchone()
    return _finish(conn, kept.id, event, order, now)


def _order_id(event: Event | DisputeEvent | None) -> str | None:
    """The order whose row an event moves; a dispute moves its own."""
    return event.payload.payment.entity.order_id if isinstance(event, Event) else None


def _finish(
    conn: Connection, log_id: UUID, event: Event | DisputeEvent | None, order: Order | None, now: datetime
) -> tuple[Status, str]:
    if isinstance(event, DisputeEvent):
        status, told_at = DISPUTES[event.event], from_unix(event.created_at)
        disputes.record(conn, event.payload.dispute.entity, status, order_id=event.order_id, told_at=told_at)
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


def _apply(conn: Connection, event: Event, order: Order, now: datetime) -> Outcome:
    if event.payload.refund is not None:
        return payments.apply_refund(conn, order, event.payload.refund.entity, now)
    told_at = from_unix(event.created_at)
    return payments.apply_payment(conn, order, event.payload.payment.entity, told_at=told_at, now=now)
