"""Reads the webhook log and replays deliveries that were not processed.

A replay runs the webhook's own code (`shared.webhooks`) under the administrator's role: app_admin may write what a
delivery writes, as cancelling a course and refunding need the same rights. So the function needs no further
permission, and effect and audit row are one transaction, which asking the webhook's function to do it could not give.
"""

from datetime import datetime
from uuid import UUID

from functions.admin_operations.webhook_logs import queries
from functions.admin_operations.webhook_logs.models import (
    DeliveryFilters,
    DeliveryList,
    LoggedDelivery,
    LoggedDeliveryDetails,
    ReplayAnswer,
    ReplayResult,
)
from shared.db import Connection
from shared.errors import Conflict, NotFound, NotJson
from shared.paging import cursor_after, read_cursor
from shared.webhooks import queries as webhook_queries
from shared.webhooks import service as webhooks
from shared.webhooks.models import StoredDelivery


def list_deliveries(conn: Connection, which: DeliveryFilters, *, cursor: str | None, limit: int) -> DeliveryList:
    """A page of deliveries, the newest first; raises Invalid for a foreign cursor."""
    found = queries.list_deliveries(conn, which, after=read_cursor(cursor), limit=limit + 1)
    page, more = found[:limit], len(found) > limit
    return DeliveryList(
        webhook_logs=page, next_cursor=cursor_after(page[-1].received_at, page[-1].id) if more else None
    )


def find_delivery(conn: Connection, log_id: UUID) -> LoggedDeliveryDetails:
    """Raises NotFound."""
    delivery = queries.find_delivery_details(conn, log_id)
    if delivery is None:
        raise NotFound("delivery")
    return delivery


def replay_delivery(conn: Connection, log_id: UUID, now: datetime) -> tuple[LoggedDelivery, ReplayAnswer]:
    """What the delivery was, and what has become of it now; one that is processed stays as it is.

    Raises NotFound and Conflict: `not_signed` for what may be anybody's, `not_replayable` for another source's.
    """
    stored = webhook_queries.lock_delivery(conn, log_id)
    before = queries.find_logged_delivery(conn, log_id)
    if stored is None or before is None:
        raise NotFound("delivery")
    if not stored.signature_valid:
        raise Conflict("Only what was validly signed can be replayed.", code="not_signed")
    if before.source != "razorpay":
        raise Conflict("Only Razorpay's deliveries can be replayed.", code="not_replayable")
    result, error = _process(conn, stored, now)
    if error is not None:
        webhook_queries.fail_delivery(conn, log_id, error)
    after = queries.find_logged_delivery(conn, log_id)
    assert after is not None
    return before, ReplayAnswer(result=result, webhook_log=after)


def _process(conn: Connection, stored: StoredDelivery, now: datetime) -> tuple[ReplayResult, str | None]:
    """Apply it, whole or not at all: what came of it, and why nothing could."""
    try:
        with conn.transaction():
            return webhooks.process_stored(conn, stored, now)[0], None
    except (NotJson, webhooks.Hostile) as error:
        return "failed", type(error).__name__
    except webhooks.UNPROCESSABLE as error:
        conn.forget()
        return "failed", f"sqlstate {error.sqlstate}"
