"""SQL for the webhook log."""

from typing import Any
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from shared.db import Connection
from shared.webhooks.models import StoredDelivery, WebhookDelivery


def insert_delivery(conn: Connection, delivery: WebhookDelivery) -> Cursor[UUID]:
    """Store a delivery; no row when its event id or body is already stored. Waits for a concurrent duplicate."""
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


def insert_failed_delivery(conn: Connection, delivery: WebhookDelivery, error: str) -> None:
    """Store the bytes of a signed delivery that could not be processed."""
    conn.execute(
        """
        insert into public.webhook_logs
            (source, event_id, event_type, signature_valid, body, headers, status, error, processed_at)
        values ('razorpay', %(event_id)s, %(event_type)s, true, %(body)s, %(headers)s, 'failed', %(error)s, now())
        on conflict do nothing
        """,
        {**_columns(delivery), "error": error},
    )


def insert_unsigned_sample(conn: Connection, delivery: WebhookDelivery, error: str, at_most: int) -> None:
    """Store an unsigned request unless so many were stored in the last hour: anybody can send any number of them."""
    conn.execute(
        """
        insert into public.webhook_logs
            (source, event_id, event_type, signature_valid, body, headers, status, error, processed_at)
        select 'razorpay', %(event_id)s, %(event_type)s, false, %(body)s, %(headers)s, 'failed', %(error)s, now()
        where (
            select count(*) from public.webhook_logs
            where status = 'failed' and not signature_valid and received_at > now() - interval '1 hour'
        ) < %(at_most)s
        on conflict do nothing
        """,
        {**_columns(delivery), "error": error, "at_most": at_most},
    )


def lock_delivery(conn: Connection, log_id: UUID) -> StoredDelivery | None:
    return (
        conn.cursor(row_factory=class_row(StoredDelivery))
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


def save_document(conn: Connection, log_id: UUID, delivery: WebhookDelivery) -> None:
    """Add the event type and the JSON document to a delivery that was stored without them when it failed."""
    conn.execute(
        """
        update public.webhook_logs
        set event_type = %(event_type)s, payload = coalesce(payload, %(payload)s::jsonb)
        where id = %(id)s
        """,
        {"id": log_id, "event_type": delivery.event_type, "payload": delivery.payload},
    )


def fail_delivery(conn: Connection, log_id: UUID, error: str) -> None:
    conn.execute(
        """
        update public.webhook_logs set status = 'failed', error = %(error)s, processed_at = now()
        where id = %(id)s and status <> 'processed'
        """,
        {"id": log_id, "error": error},
    )


def _columns(delivery: WebhookDelivery) -> dict[str, Any]:
    return {
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "body": delivery.body,
        "headers": Jsonb(delivery.headers),
        "payload": delivery.payload,
    }
