"""What administrators read of reconciliation: runs, what they found, settlements; as pages and as tables."""

import re
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from functions.admin_finance.reconciliation import queries
from functions.admin_finance.reconciliation.models import (
    ItemFilters,
    ReconciliationItem,
    ReconciliationItemList,
    ReconciliationRun,
    ReconciliationRunList,
    Settlement,
    SettlementRow,
)
from shared.db import Connection
from shared.errors import NotFound
from shared.paging import cursor_after, read_cursor
from shared.spreadsheets import MOST_ROWS, model_sheet, record_sheet

FIRST_ROWS = 100
ITEM_COLUMNS = ("created_at", "run_id", "comparison", "entity_id", "payment_id", "verdict", "repaired")
OUR_COLUMNS = ("status", "registrationStatus", "amount", "currency", "fee", "tax")
RAZORPAY_COLUMNS = ("status", "amount", "currency", "fee", "tax", "amountRefunded", "settlementId", "utr")
"""Fields of both sides that have columns of their own in the CSV."""
AMOUNTS = ("_amount", "_fee", "_tax", "_amount_refunded")
"""How the columns of money end."""


def list_runs(
    conn: Connection, kind: str | None, status: str | None, *, cursor: str | None, limit: int
) -> ReconciliationRunList:
    """The newest first; raises Invalid for a foreign cursor."""
    found = queries.list_runs(conn, kind, status, read_cursor(cursor), limit + 1)
    page, more = found[:limit], len(found) > limit
    return ReconciliationRunList(
        runs=page, next_cursor=cursor_after(page[-1].started_at, page[-1].id) if more else None
    )


def find_run(conn: Connection, run_id: UUID) -> ReconciliationRun:
    """Raises NotFound."""
    run = queries.find_run(conn, run_id)
    if run is None:
        raise NotFound("run")
    return run


def list_items(conn: Connection, filters: ItemFilters, *, cursor: str | None, limit: int) -> ReconciliationItemList:
    """The newest first; raises Invalid for a foreign cursor."""
    found = queries.list_items(conn, filters, read_cursor(cursor), limit + 1)
    page, more = found[:limit], len(found) > limit
    return ReconciliationItemList(
        items=page, next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None
    )


def items_csv(conn: Connection, filters: ItemFilters) -> str:
    """The newest items, as many as an answer holds, for a spreadsheet."""
    ours, theirs = _headings("ours", OUR_COLUMNS), _headings("theirs", RAZORPAY_COLUMNS)
    amounts = {name: f"{name.partition('_')[0]}_currency" for name in ours + theirs if name.endswith(AMOUNTS)}
    items = queries.list_items(conn, filters, None, MOST_ROWS)
    return record_sheet([*ITEM_COLUMNS, *ours, *theirs], map(_csv_record, items), amounts)


def _csv_record(item: ReconciliationItem) -> dict[str, object]:
    record: dict[str, object] = {name: getattr(item, name) for name in ITEM_COLUMNS}
    record["created_at"] = item.created_at.isoformat()
    for side, found, columns in (("ours", item.ours, OUR_COLUMNS), ("theirs", item.theirs, RAZORPAY_COLUMNS)):
        record |= zip(_headings(side, columns), ((found or {}).get(name) for name in columns), strict=True)
    return record


def _headings(side: str, columns: Iterable[str]) -> list[str]:
    return [f"{side}_{re.sub('(?=[A-Z])', '_', name).lower()}" for name in columns]


def list_settlements(conn: Connection, window: tuple[datetime, datetime]) -> list[Settlement]:
    return queries.list_settlements(conn, window, MOST_ROWS)


def find_settlement(conn: Connection, settlement_id: str) -> tuple[Settlement, list[SettlementRow]]:
    """A settlement and its first rows; raises NotFound."""
    settlement = queries.find_settlement(conn, settlement_id)
    if settlement is None:
        raise NotFound("settlement")
    return settlement, queries.list_settlement_rows(conn, settlement_id, FIRST_ROWS)


def settlement_rows_csv(conn: Connection, settlement_id: str) -> str:
    """All rows of a settlement for a spreadsheet."""
    rows = queries.list_settlement_rows(conn, settlement_id, MOST_ROWS)
    return model_sheet(SettlementRow, rows, "amount", "credit", "debit", "fee", "tax")
