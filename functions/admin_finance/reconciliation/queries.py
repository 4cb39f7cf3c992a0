"""The statements of looking at reconciliation."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from functions.admin_finance.reconciliation.models import (
    ItemFilters,
    ReconciliationItem,
    ReconciliationRun,
    Settlement,
    SettlementRow,
)
from shared.db import Connection

RUN_COLUMNS: LiteralString = """
    r.id, r.kind, r.status, r.window_start, r.window_end, r.requested_by, r.started_at, r.finished_at, r.last_error,
    r.counts,
    coalesce((
        select jsonb_object_agg(f.verdict, f.number) from (
            select i.verdict, count(*) as number from public.reconciliation_items i
            where i.run_id = r.id and i.verdict <> 'matched' group by i.verdict
        ) f
    ), '{}') as findings,
    (select count(*) from public.reconciliation_items i where i.run_id = r.id and i.repaired) as repaired
"""


def list_runs(
    conn: Connection, kind: str | None, status: str | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[ReconciliationRun]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(ReconciliationRun))
        .execute(
            "select"
            + RUN_COLUMNS
            + """
            from public.reconciliation_runs r
            where (%(kind)s::text is null or r.kind = %(kind)s) and (%(status)s::text is null or r.status = %(status)s)
                and (%(after_time)s::timestamptz is null
                    or (r.started_at, r.id) < (%(after_time)s::timestamptz, %(after_id)s::uuid))
            order by r.started_at desc, r.id desc
            limit %(limit)s
            """,
            {"kind": kind, "status": status, "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def find_run(conn: Connection, run_id: UUID) -> ReconciliationRun | None:
    return (
        conn.cursor(row_factory=class_row(ReconciliationRun))
        .execute("select" + RUN_COLUMNS + "from public.reconciliation_runs r where r.id = %(id)s", {"id": run_id})
        .fetchone()
    )


def list_items(
    conn: Connection, filters: ItemFilters, after: tuple[datetime, UUID] | None, limit: int
) -> list[ReconciliationItem]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(ReconciliationItem))
        .execute(
            """
            select i.id, i.run_id, i.comparison, i.razorpay_entity_id as entity_id,
                i.payment_transaction_id as payment_id, i.verdict, i.repaired, i.ours, i.theirs, i.created_at
            from public.reconciliation_items i
            where (%(run)s::uuid is null or i.run_id = %(run)s)
                and (%(verdict)s::text is null or i.verdict = %(verdict)s)
                and (%(comparison)s::text is null or i.comparison = %(comparison)s)
                and (%(entity)s::text is null or i.razorpay_entity_id = %(entity)s)
                and (%(repaired)s::boolean is null or i.repaired = %(repaired)s)
                and (not %(standing)s or not exists (
                    select 1 from public.reconciliation_items newer
                    where newer.razorpay_entity_id = i.razorpay_entity_id and newer.comparison = i.comparison
                        and newer.created_at > i.created_at
                ))
                and (%(after_time)s::timestamptz is null
                    or (i.created_at, i.id) < (%(after_time)s::timestamptz, %(after_id)s::uuid))
            order by i.created_at desc, i.id desc
            limit %(limit)s
            """,
            {
                "run": filters.run_id,
                "verdict": filters.verdict,
                "comparison": filters.comparison,
                "entity": filters.entity_id,
                "repaired": filters.is_repaired,
                "standing": filters.is_standing,
                "after_time": after_time,
                "after_id": after_id,
                "limit": limit,
            },
        )
        .fetchall()
    )


SETTLEMENT_COLUMNS: LiteralString = """
    s.razorpay_settlement_id as id, s.status, s.amount, s.currency, s.fees, s.tax, s.utr, s.settled_at,
    count(r.razorpay_entity_id) as rows, (sum(r.credit) - sum(r.debit))::bigint as rows_amount
    from public.settlements s
    left join public.settlement_rows r on r.razorpay_settlement_id = s.razorpay_settlement_id
"""


def list_settlements(conn: Connection, window: tuple[datetime, datetime], limit: int) -> list[Settlement]:
    return (
        conn.cursor(row_factory=class_row(Settlement))
        .execute(
            "select"
            + SETTLEMENT_COLUMNS
            + """
            where s.settled_at >= %(start)s and s.settled_at < %(end)s
            group by s.razorpay_settlement_id
            order by s.settled_at desc, s.razorpay_settlement_id
            limit %(limit)s
            """,
            {"start": window[0], "end": window[1], "limit": limit},
        )
        .fetchall()
    )


def find_settlement(conn: Connection, settlement_id: str) -> Settlement | None:
    return (
        conn.cursor(row_factory=class_row(Settlement))
        .execute(
            "select" + SETTLEMENT_COLUMNS + "where s.razorpay_settlement_id = %(id)s group by s.razorpay_settlement_id",
            {"id": settlement_id},
        )
        .fetchone()
    )


def list_settlement_rows(conn: Connection, settlement_id: str, limit: int) -> list[SettlementRow]:
    return (
        conn.cursor(row_factory=class_row(SettlementRow))
        .execute(
            """
            select razorpay_entity_id as entity_id, type, amount, credit, debit, fee, tax, currency,
                razorpay_payment_id, razorpay_order_id, razorpay_dispute_id as dispute_id, description, created_at,
                settled_at
            from public.settlement_rows
            where razorpay_settlement_id = %(id)s
            order by type, razorpay_entity_id
            limit %(limit)s
            """,
            {"id": settlement_id, "limit": limit},
        )
        .fetchall()
    )
