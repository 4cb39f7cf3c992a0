"""Decides about held payments: one is accepted under the lock of its order, or refunded like any other payment."""

from datetime import datetime
from uuid import UUID

from functions.admin_sales.held_payments import queries
from functions.admin_sales.held_payments.models import HeldPayment, HeldPaymentList
from functions.admin_sales.refunds import queries as refund_queries
from shared.db import Connection
from shared.errors import Conflict, NotFound
from shared.paging import cursor_after, read_cursor
from shared.payments import queries as payment_queries
from shared.payments import service as payments


def list_held(conn: Connection, *, cursor: str | None, limit: int) -> HeldPaymentList:
    """A page of held payments, the oldest first; raises Invalid for a foreign cursor."""
    found = queries.list_held(conn, read_cursor(cursor), limit + 1)
    page, more = found[:limit], len(found) > limit
    return HeldPaymentList(
        held_payments=page, next_cursor=cursor_after(page[-1].paid_at, page[-1].payment_id) if more else None
    )


def accept(conn: Connection, payment_id: UUID, now: datetime) -> HeldPayment:
    """Let the held payment of an order buy its seat, whatever its amount; returns it as it was held.

    From then on it has a receipt and is refunded by the event's policy. Raises NotFound and Conflict: `not_held`,
    `ambiguous_payment`, `currency_differs`, `payment_disputed`, `seat_gone`.
    """
    order_id = refund_queries.find_order_id(conn, payment_id)
    order = payment_queries.lock_order(conn, order_id).fetchone() if order_id else None
    if order is None:
        raise NotFound("payment")
    held = queries.list_of_order(conn, payment_id)
    if not held or not order.is_unpaid:
        raise Conflict("This payment does not wait for a decision.", code="not_held")
    if len(held) > 1 or held[0].left_amount != held[0].amount:
        raise Conflict(
            "This order has several payments or refunds; refund what is left of it.", code="ambiguous_payment"
        )
    (payment,) = held
    if payment.currency != order.currency:
        raise Conflict("A payment in another currency can only be refunded.", code="currency_differs")
    if payment.is_disputed:
        raise Conflict("The payer's bank may take this money back.", code="payment_disputed")
    payments.accept_held_payment(conn, order, payment.razorpay_payment_id, now)
    return payment
