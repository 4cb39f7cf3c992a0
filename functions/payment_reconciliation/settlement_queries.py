"""SQL for settlements: store them with their rows, and find unsettled payments."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import scalar_row
from psycopg.types.json import Jsonb

from functions.payment_reconciliation.models import LeasedRun
from shared.clock import from_unix
from shared.db import Connection
from shared.payments.models import SettlementEntity, SettlementRow


def upsert_settlement_rows(conn: Connection, rows: Sequence[SettlementRow]) -> None:
    """Insert settlement rows, or update them where they have changed."""
    conn.execute(
        """
        insert into public.settlement_rows as known (razorpay_settlement_id, razorpay_entity_id, type, amount, credit,
            debit, fee, tax, currency, razorpay_payment_id, razorpay_order_id, razorpay_dispute_id, description, utr,
            created_at, settled_at)
        select settlement_id, entity_id, type, amount, credit, debit, fee, tax, currency, payment_id, order_id,
            dispute_id, description, utr, created_at, settled_at
        from jsonb_to_recordset(%(rows)s) as r
            (settlement_id text, entity_id text, type text, amount bigint, credit bigint, debit bigint, fee bigint,
            tax bigint, currency text, payment_id text, order_id text, dispute_id text, description text, utr text,
            created_at timestamptz, settled_at timestamptz)
        on conflict (razorpay_settlement_id, type, razorpay_entity_id) do update
        set amount = excluded.amount, credit = excluded.credit, debit = excluded.debit, fee = excluded.fee,
            tax = excluded.tax, utr = excluded.utr, settled_at = excluded.settled_at
        where (known.amount, known.credit, known.debit, known.fee, known.tax, known.utr, known.settled_at)
            is distinct from (excluded.amount, excluded.credit, excluded.debit, excluded.fee, excluded.tax,
                excluded.utr, excluded.settled_at)
        """,
        {"rows": Jsonb([_row_columns(row) for row in rows])},
    )


def _row_columns(row: SettlementRow) -> dict[str, Any]:
    return row.model_dump(exclude={"settlement_utr"}) | {
        "utr": row.settlement_utr,
        "created_at": from_unix(row.created_at).isoformat(),
        "settled_at": from_unix(row.settled_at or row.created_at).isoformat(),
    }


def upsert_settlements(conn: Connection, settlements: Sequence[SettlementEntity]) -> None:
    conn.execute(
        """
        insert into public.settlements as known (razorpay_settlement_id, amount, fees, tax, status, utr, settled_at)
        select id, amount, fees, tax, status, utr, settled_at from jsonb_to_recordset(%(settlements)s) as s
            (id text, amount bigint, fees bigint, tax bigint, status text, utr text, settled_at timestamptz)
        on conflict (razorpay_settlement_id) do update
        set amount = excluded.amount, fees = excluded.fees, tax = excluded.tax, status = excluded.status,
            utr = excluded.utr
        where (known.amount, known.fees, known.tax, known.status, known.utr)
            is distinct from (excluded.amount, excluded.fees, excluded.tax, excluded.status, excluded.utr)
        """,
        {
            "settlements": Jsonb(
                [
                    each.model_dump(exclude={"created_at"}) | {"settled_at": from_unix(each.created_at).isoformat()}
                    for each in settlements
                ]
            )
        },
    )


def sum_rows(conn: Connection, settlement_ids: Collection[str]) -> dict[str, int]:
    """The sum of the stored rows of each settlement: credits less debits, in paise."""
    return dict(
        conn.execute(
            """
            select razorpay_settlement_id, (sum(credit) - sum(debit))::bigint from public.settlement_rows
            where razorpay_settlement_id = any(%(settlements)s)
            group by razorpay_settlement_id
            """,
            {"settlements": sorted(settlement_ids)},
        ).fetchall()
    )


def covered_since(conn: Connection, run: LeasedRun) -> datetime | None:
    """The start of the unbroken time range up to this run's window whose settlements were all read.

    A payment from before may be in a settlement that was never read.
    """
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select lower(span) from unnest((
            select range_agg(tstzrange(window_start, window_end)) from public.reconciliation_runs
            where kind <> 'open_orders' and (status = 'finished' or id = %(run)s)
        )) span
        where span @> %(start)s::timestamptz
        """,
        {"run": run.id, "start": run.window_start},
    )
    return cursor.fetchone()


def list_unsettled(
    conn: Connection, since: datetime, until: datetime, after: str | None, limit: int
) -> list[tuple[str, UUID, int, datetime]]:
    """Payments of a window that are in no settlement: payment id, transaction id, amount in minor units, paid at."""
    return conn.execute(
        """
        select t.razorpay_payment_id, t.id, t.amount, t.paid_at from public.payment_transactions t
        where t.status in ('success', 'refunded') and t.paid_at >= %(since)s and t.paid_at < %(until)s
            and (%(after)s::text is null or t.razorpay_payment_id > %(after)s)
            and not exists (
                select 1 from public.settlement_rows s
                where s.razorpay_entity_id = t.razorpay_payment_id and s.type = 'payment'
            )
        order by t.razorpay_payment_id
        limit %(limit)s
        """,
        {"since": since, "until": until, "after": after, "limit": limit},
    ).fetchall()
