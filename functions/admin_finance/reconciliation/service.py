"""What administrators read of reconciliation: runs, what they found, settlements; as pages and as tables."""

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
from shared.spreadsheets import MOST_ROWS, sheet

FIRST_ROWS = 100
OUR_COLUMNS = ("status", "registrationStatus", "amount", "currency", "fee", "tax")
RAZORPAY_COLUMNS = ("status", "amount", "currency", "fee", "tax", "amountRefunded", "settlementId", "utr")
"""Fields of both sides that have columns of their own in the CSV."""


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
    """The newest items, as many as an answer holds, for a spreadsheet; amounts in minor units, times in UTC."""
    header = ["created_at", "run_id", "comparison", "entity_id", "payment_id", "verdict", "repaired"]
    header += [f"ours_{name}" for name in OUR_COLUMNS] + [f"theirs_{name}" for name in RAZORPAY_COLUMNS]
    return sheet(header, (_csv_row(item) for item in queries.list_items(conn, filters, None, MOST_ROWS)))


def _csv_row(item: ReconciliationItem) -> list[object]:
    of_itself = [item.created_at.isoformat(), item.run_id, item.comparison, item.entity_id, item.payment_id]
    ours = [(item.ours or {}).get(name) for name in OUR_COLUMNS]
    theirs = [(item.theirs or {}).get(name) for name in RAZORPAY_COLUMNS]
    return [*of_itself, item.verdict, item.repaired, *ours, *theirs]


def list_settlements(conn: Connection, window: tuple[datetime, datetime]) -> list[Settlement]:
    return queries.list_settlements(conn, window, MOST_ROWS)


def find_settlement(conn: Connection, settlement_id: str) -> tuple[Settlement, list[SettlementRow]]:
    """A settlement and its first rows; raises NotFound."""
    settlement = queries.find_settlement(conn, settlement_id)
    if settlement is None:
        raise NotFound("settlement")
    return settlement, queries.list_settlement_rows(conn, settlement_id, FIRST_ROWS)


def settlement_rows_csv(conn: Connection, settlement_id: str) -> str:
    """All rows of a settlement for a spreadsheet, amounts in minor units, times in UTC."""
    rows = queries.list_settlement_rows(conn, settlement_id, MOST_ROWS)
    values = (row.model_dump(mode="json", by_alias=False).values() for row in rows)
    return sheet(SettlementRow.model_fields, values)
