"""Payments as a page and as a table."""

from functions.admin_finance.payments import queries
from functions.admin_finance.payments.models import Payment, PaymentFilters, PaymentList
from shared.db import Connection
from shared.paging import cursor_after, read_cursor
from shared.spreadsheets import MOST_ROWS, model_sheet


def list_payments(conn: Connection, filters: PaymentFilters, *, cursor: str | None, limit: int) -> PaymentList:
    """The newest first; raises Invalid for a foreign cursor."""
    found = queries.list_payments(conn, filters, read_cursor(cursor), limit + 1)
    page, more = found[:limit], len(found) > limit
    return PaymentList(payments=page, next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None)


def payments_csv(conn: Connection, filters: PaymentFilters) -> str:
    """The newest payments, as many as an answer holds."""
    return model_sheet(Payment, queries.list_payments(conn, filters, None, MOST_ROWS), "amount", "refunded_amount")
