"""The statements of the webhook log."""

from typing import Any
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import scalar_row
from psycopg.types.json import Jsonb

from functions.razorpay_webhook.models import Delivery
from shared.db import Connection


def insert_delivery(conn: Connection, delivery: Delivery) -> Cursor[UUID]:
    """Keep a delivery; no row when its event or its body is known. Waits for a concurrent twin to finish."""
    return conn.cursor(row_factory=scalar_row).execute(
        """
        insert into public.webhook_logs (source, event_id, event_type, signature_valid, body, headers, payload)
        values ('razorpay', %(event_id)s, %(event_type)s, true, %(body)s, %(headers)s, %(payload)s::jsonb)
        on conflict do nothing
        returning id
        """,
        _columns(delivery),
    )


def finish_delivery(conn: Connection, log_id: UUID, outcome: str) -> None:
    conn.execute(
        """
        update public.webhook_logs set status = 'processed', outcome = %(outcome)s, processed_at = now()
        where id = %(id)s
        """,
        {"id": log_id, "outcome": outcome},
    )


def insert_failed_delivery(conn: Connection, delivery: Delivery, error: str, *, signature_valid: bool = True) -> None:
    """Keep the bytes of a delivery that nothing could be done with."""
    conn.execute(
        """
        insert into public.webhook_logs
            (source, event_id, event_type, signature_valid, body, headers, status, error, processed_at)
        values ('razorpay', %(event_id)s, %(event_type)s, %(valid)s, %(body)s, %(headers)s, 'failed', %(error)s, now())
        on conflict do nothing
        """,
        {**_columns(delivery), "error": error, "valid": signature_valid},
    )


def _columns(delivery: Delivery) -> dict[str, Any]:
    return {
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "body": delivery.body,
        "headers": Jsonb(delivery.headers),
        "payload": delivery.payload,
    }
