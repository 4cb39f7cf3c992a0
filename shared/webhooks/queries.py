"""The statements of the webhook log."""

from typing import Any
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from shared.db import Connection
from shared.webhooks.models import Delivery, Kept


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
        update public.webhook_logs
        set status = 'processed', outcome = %(outcome)s, error = null, processed_at = now()
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


def lock_kept(conn: Connection, log_id: UUID) -> Kept | None:
    return (
        conn.cursor(row_factory=class_row(Kept))
        .execute(
            """
            select id, signature_valid, status, body, headers, event_type, outcome, error
            from public.webhook_logs where id = %(id)s
            for no key update
            """,
            {"id": log_id},
        )
        .fetchone()
    )


def keep_document(conn: Connection, log_id: UUID, delivery: Delivery) -> None:
    """What was read from the body of a delivery that had failed before it was kept whole."""
    conn.execute(
        """
        update public.webhook_logs
        set event_type = %(event_type)s, payload = coalesce(payload, %(payload)s::jsonb)
        where id = %(id)s
        """,
        {"id": log_id, "event_type": delivery.event_type, "payload": delivery.payload},
    )


def fail_kept(conn: Connection, log_id: UUID, error: str) -> None:
    conn.execute(
        """
        update public.webhook_logs set status = 'failed', error = %(error)s, processed_at = now()
        where id = %(id)s and status <> 'processed'
        """,
        {"id": log_id, "error": error},
    )


def _columns(delivery: Delivery) -> dict[str, Any]:
    return {
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "body": delivery.body,
        "headers": Jsonb(delivery.headers),
        "payload": delivery.payload,
    }
