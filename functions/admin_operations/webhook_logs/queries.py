"""The statements of looking into the webhook log."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from functions.admin_operations.webhook_logs.models import DeliveryFilters, LoggedDelivery, LoggedDeliveryDetails
from shared.db import Connection

COLUMNS: LiteralString = """
    id, source, event_id, event_type, signature_valid, status, outcome, error, razorpay_order_id, razorpay_payment_id,
    received_at, processed_at, redacted_at
"""


def list_deliveries(
    conn: Connection, which: DeliveryFilters, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[LoggedDelivery]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(LoggedDelivery))
        .execute(
            "select"
            + COLUMNS
            + """
            from public.webhook_logs
            where (%(status)s::text is null or status = %(status)s)
                and (%(event_type)s::text is null or event_type = %(event_type)s)
                and (%(outcome)s::text is null or outcome = %(outcome)s)
                and (%(signature_valid)s::boolean is null or signature_valid = %(signature_valid)s)
                and (%(order_id)s::text is null or razorpay_order_id = %(order_id)s)
                and (%(payment_id)s::text is null or razorpay_payment_id = %(payment_id)s)
                and (%(since)s::timestamptz is null or received_at >= %(since)s)
                and (%(until)s::timestamptz is null or received_at < %(until)s)
                and (%(after_time)s::timestamptz is null or received_at < %(after_time)s
                    or (received_at = %(after_time)s and id > %(after_id)s::uuid))
            order by received_at desc, id
            limit %(limit)s
            """,
            {**which.model_dump(by_alias=False), "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def find_delivery_details(conn: Connection, log_id: UUID) -> LoggedDeliveryDetails | None:
    row = conn.execute(
        "select headers, body, payload from public.webhook_logs where id = %(id)s", {"id": log_id}
    ).fetchone()
    known = find_logged_delivery(conn, log_id)
    if row is None or known is None:
        return None
    headers, body, payload = row
    text = bytes(body).decode(errors="replace")
    return LoggedDeliveryDetails(**known.model_dump(by_alias=False), headers=headers, body=text, payload=payload)


def find_logged_delivery(conn: Connection, log_id: UUID) -> LoggedDelivery | None:
    return (
        conn.cursor(row_factory=class_row(LoggedDelivery))
        .execute("select" + COLUMNS + "from public.webhook_logs where id = %(id)s", {"id": log_id})
        .fetchone()
    )
