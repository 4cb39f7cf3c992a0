"""What administrators read of reconciliation: runs, what they found, settlements; as pages and as tables."""

from datetime import datetime
from uuid import UUID

from functions.admin_sales.reconciliation import queries
from functions.admin_sales.reconciliation.models import (
    Filters,
    Item,
    ItemList,
    Run,
    RunList,
    Settlement,
    SettlementRow,
)
from shared.db import Connection
from shared.errors import NotFound
from shared.paging import cursor_after, read_cursor
from shared.spreadsheets import MOST_ROWS, sheet

ROWS_SHOWN = 100
OURS = ("status", "registrationStatus", "amount", "currency", "fee", "tax")
THEIRS = ("status", "amount", "currency", "fee", "tax", "amountRefunded", "settlementId", "utr")
"""What of both sides has columns of its own in the table."""


def list_runs(conn: Connection, kind: str | None, status: str | None, *, cursor: str | None, limit: int) -> RunList:
    """The newest first; raises Invalid for a foreign cursor."""
    found = queries.list_runs(conn, kind, status, read_cursor(cursor), limit + 1)
    page, more = found[:limit], len(found) > limit
    return RunList(runs=page, next_cursor=cursor_after(page[-1].started_at, page[-1].id) if more else None)


def find_run(conn: Connection, run_id: UUID) -> Run:
    """Raises NotFound."""
    run = queries.find_run(conn, run_id)
    if run is None:
        raise NotFound("run")
    return run


def list_items(conn: Connection, filters: Filters, *, cursor: str | None, limit: int) -> ItemList:
    """The newest first; raises Invalid for a foreign cursor."""
    found = queries.list_items(conn, filters, read_cursor(cursor), limit + 1)
    page, more = found[:limit], len(found) > limit
    return ItemList(items=page, next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None)


def items_table(conn: Connection, filters: Filters) -> str:
    """The newest items, as many as an answer holds, for a spreadsheet; amounts in minor units, times in UTC."""
    header = ["created_at", "run_id", "comparison", "entity_id", "payment_id", "verdict", "repaired"]
    header += [f"ours_{name}" for name in OURS] + [f"theirs_{name}" for name in THEIRS]
    return sheet(header, (_cells(item) for item in queries.list_items(conn, filters, None, MOST_ROWS)))


def _cells(item: Item) -> list[object]:
    of_itself = [item.created_at.isoformat(), item.run_id, item.comparison, item.entity_id, item.payment_id]
    ours = [(item.ours or {}).get(name) for name in OURS]
    theirs = [(item.theirs or {}).get(name) for name in THEIRS]
    return [*of_itself, item.verdict, item.repaired, *ours, *theirs]


def list_settlements(conn: Connection, window: tuple[datetime, datetime]) -> list[Settlement]:
    return queries.list_settlements(conn, window, MOST_ROWS)


def find_settlement(conn: Connection, settlement_id: str) -> tuple[Settlement, list[SettlementRow]]:
    """A settlement and its first rows; raises NotFound."""
    settlement = queries.find_settlement(conn, settlement_id)
    if settlement is None:
        raise NotFound("settlement")
    return settlement, queries.list_rows(conn, settlement_id, ROWS_SHOWN)


def rows_table(conn: Connection, settlement_id: str) -> str:
    """All rows of a settlement for a spreadsheet, amounts in minor units, times in UTC."""
    rows = queries.list_rows(conn, settlement_id, MOST_ROWS)
    values = (row.model_dump(mode="json", by_alias=False).values() for row in rows)
    return sheet(SettlementRow.model_fields, values)
