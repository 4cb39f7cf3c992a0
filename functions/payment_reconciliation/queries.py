"""The statements of reconciling: runs and their leases, our rows by Razorpay's ids, findings, and what was settled."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from functions.payment_reconciliation.models import Comparison, Cursor, OrderRow, OurAttempt, OurOrder, OurRefund, Run
from shared.clock import from_unix
from shared.db import Connection
from shared.payments.models import SettlementEntity, SettlementRow

# Runs


def lock_runs(conn: Connection) -> None:
    """One invocation at a time decides who works on what."""
    conn.execute("select pg_advisory_xact_lock(hashtextextended('payment_reconciliation', 0))")


def insert_daily(conn: Connection, window_start: datetime, window_end: datetime, now: datetime) -> None:
    conn.execute(
        """
        insert into public.reconciliation_runs (kind, window_start, window_end, started_at)
        values ('daily', %(start)s, %(end)s, %(now)s)
        on conflict (window_end) where kind = 'daily' do nothing
        """,
        {"start": window_start, "end": window_end, "now": now},
    )


def insert_sweep(conn: Connection, window_start: datetime, window_end: datetime, now: datetime) -> None:
    conn.execute(
        """
        insert into public.reconciliation_runs (kind, window_start, window_end, started_at)
        values ('open_orders', %(start)s, %(end)s, %(now)s)
        on conflict (kind) where kind = 'open_orders' and status = 'running' do nothing
        """,
        {"start": window_start, "end": window_end, "now": now},
    )


def give_up(conn: Connection, started_before: datetime, now: datetime) -> list[UUID]:
    """End the runs that never came to their end; which."""
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        """
        update public.reconciliation_runs
        set status = 'failed', finished_at = %(now)s, lease_token = null, lease_until = null
        where status = 'running' and started_at < %(before)s and (lease_until is null or lease_until <= %(now)s)
        returning id
        """,
        {"before": started_before, "now": now},
    ).fetchall()


def claim(conn: Connection, token: UUID, now: datetime, lease_until: datetime) -> Run | None:
    """Take the next unfinished run, open orders first; none while another invocation is at work."""
    return (
        conn.cursor(row_factory=class_row(Run))
        .execute(
            """
            update public.reconciliation_runs set lease_token = %(token)s, lease_until = %(until)s
            where id = (
                select id from public.reconciliation_runs
                where status = 'running' and not exists (
                    select 1 from public.reconciliation_runs busy where busy.lease_until > %(now)s
                )
                order by kind <> 'open_orders', started_at, id
                limit 1
            )
            returning id, kind, window_start, window_end, started_at, cursor, counts, lease_token
            """,
            {"token": token, "until": lease_until, "now": now},
        )
        .fetchone()
    )


def release(conn: Connection, run: Run, error: str) -> None:
    conn.execute(
        """
        update public.reconciliation_runs set lease_token = null, lease_until = null, last_error = %(error)s
        where id = %(id)s and lease_token = %(token)s
        """,
        {"id": run.id, "token": run.lease_token, "error": error},
    )


def advance(conn: Connection, run: Run, cursor: Cursor, counts: dict[str, int]) -> bool:
    """Keep how far a run has come; false when it is not this invocation's any more."""
    return (
        conn.execute(
            """
            update public.reconciliation_runs set cursor = %(cursor)s, counts = %(counts)s, last_error = null
            where id = %(id)s and lease_token = %(token)s
            """,
            {
                "id": run.id,
                "token": run.lease_token,
                "cursor": Jsonb(cursor.model_dump(mode="json")),
                "counts": Jsonb(counts),
            },
        ).rowcount
        == 1
    )


def finish(conn: Connection, run: Run, counts: dict[str, int], now: datetime) -> bool:
    """End a run; false when it is not this invocation's any more."""
    return (
        conn.execute(
            """
            update public.reconciliation_runs
            set status = 'finished', finished_at = %(now)s, cursor = '{}', counts = %(counts)s,
                lease_token = null, lease_until = null, last_error = null
            where id = %(id)s and lease_token = %(token)s
            """,
            {"id": run.id, "token": run.lease_token, "counts": Jsonb(counts), "now": now},
        ).rowcount
        == 1
    )


# Findings


def record(conn: Connection, run_id: UUID, comparisons: Sequence[Comparison], *, repaired: bool) -> None:
    """Write what has changed since each was compared last; a finding changes with what Razorpay says of it too."""
    conn.execute(
        """
        insert into public.reconciliation_items
            (run_id, comparison, payment_transaction_id, razorpay_entity_id, verdict, ours, theirs, repaired)
        select %(run)s, i.comparison, i.transaction_id, i.entity_id, i.verdict, i.ours, i.theirs,
            %(repaired)s and i.verdict <> 'matched'
        from jsonb_to_recordset(%(items)s) as i
            (comparison text, transaction_id uuid, entity_id text, verdict text, ours jsonb, theirs jsonb)
        left join lateral (
            select k.verdict, k.theirs, k.repaired from public.reconciliation_items k
            where k.razorpay_entity_id = i.entity_id and k.comparison = i.comparison
            order by k.created_at desc
            limit 1
        ) last on true
        where last.verdict is distinct from i.verdict
            or (i.verdict <> 'matched' and (last.theirs is distinct from i.theirs))
        on conflict (run_id, comparison, razorpay_entity_id, verdict) do nothing
        """,
        {
            "run": run_id,
            "repaired": repaired,
            "items": Jsonb(
                [
                    {
                        "comparison": each.subject,
                        "transaction_id": str(each.transaction_id) if each.transaction_id else None,
                        "entity_id": each.entity_id,
                        "verdict": each.verdict,
                        "ours": each.ours,
                        "theirs": each.theirs,
                    }
                    for each in comparisons
                ]
            ),
        },
    )


def count_unrepaired(conn: Connection, run_id: UUID) -> dict[str, int]:
    """What a run found that a person has to look into, by verdict."""
    return dict(
        conn.execute(
            """
            select verdict, count(*) from public.reconciliation_items
            where run_id = %(run)s and verdict <> 'matched' and not repaired
            group by verdict order by verdict
            """,
            {"run": run_id},
        ).fetchall()
    )


# Our rows


def read_orders(conn: Connection, order_ids: Collection[str]) -> dict[str, OurOrder]:
    """Our orders among these of Razorpay's, with their attempts and refunds."""
    given = {"orders": sorted(order_ids)}
    rows = conn.cursor(row_factory=class_row(OrderRow)).execute(
        """
        select t.id as transaction_id, t.razorpay_order_id, t.razorpay_payment_id, t.status, t.amount, t.currency,
            r.status as registration_status
        from public.payment_transactions t join public.registrations r on r.id = t.registration_id
        where t.razorpay_order_id = any(%(orders)s)
        """,
        given,
    )
    attempts: defaultdict[str, dict[str, OurAttempt]] = defaultdict(dict)
    for attempt in conn.cursor(row_factory=class_row(OurAttempt)).execute(
        """
        select a.razorpay_payment_id, t.razorpay_order_id, a.status, a.amount, a.currency, a.fee, a.tax
        from public.payment_transactions t join public.payment_attempts a on a.payment_transaction_id = t.id
        where t.razorpay_order_id = any(%(orders)s)
        """,
        given,
    ):
        attempts[attempt.razorpay_order_id][attempt.razorpay_payment_id] = attempt
    refunds: defaultdict[str, dict[str, OurRefund]] = defaultdict(dict)
    for refund in conn.cursor(row_factory=class_row(OurRefund)).execute(
        """
        select f.razorpay_refund_id, f.razorpay_payment_id, t.razorpay_order_id, f.amount, f.status
        from public.payment_transactions t join public.refunds f on f.payment_transaction_id = t.id
        where t.razorpay_order_id = any(%(orders)s) and f.razorpay_refund_id is not null
        """,
        given,
    ):
        refunds[refund.razorpay_order_id][str(refund.razorpay_refund_id)] = refund
    return {
        row.razorpay_order_id: OurOrder(row, attempts[row.razorpay_order_id], refunds[row.razorpay_order_id])
        for row in rows
    }


def orders_of_payments(conn: Connection, payment_ids: Collection[str]) -> dict[str, str]:
    """Razorpay's order of each of these payments that we know."""
    return dict(
        conn.execute(
            """
            select a.razorpay_payment_id, t.razorpay_order_id
            from public.payment_attempts a join public.payment_transactions t on t.id = a.payment_transaction_id
            where a.razorpay_payment_id = any(%(payments)s)
            """,
            {"payments": sorted(payment_ids)},
        ).fetchall()
    )


def list_orders(
    conn: Connection, since: datetime, until: datetime, after: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[datetime, UUID, str]]:
    """The orders opened in a window, the oldest first: when, and by what ids."""
    after_time, after_id = after or (None, None)
    return conn.execute(
        """
        select created_at, id, razorpay_order_id from public.payment_transactions
        where created_at >= %(since)s and created_at < %(until)s
            and (%(after_time)s::timestamptz is null or (created_at, id) > (%(after_time)s, %(after_id)s::uuid))
        order by created_at, id
        limit %(limit)s
        """,
        {"since": since, "until": until, "after_time": after_time, "after_id": after_id, "limit": limit},
    ).fetchall()


def list_open_orders(
    conn: Connection, since: datetime, until: datetime, before: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[datetime, UUID, str]]:
    """Open orders of a window, and older ones whose seat is still held; the newest first."""
    before_time, before_id = before or (None, None)
    return conn.execute(
        """
        select t.created_at, t.id, t.razorpay_order_id
        from public.payment_transactions t join public.registrations r on r.id = t.registration_id
        where t.status in ('initiated', 'failed') and t.review_reason is null and t.created_at < %(until)s
            and (t.created_at >= %(since)s or r.status = 'pending')
            and (%(before_time)s::timestamptz is null
                or (t.created_at, t.id) < (%(before_time)s, %(before_id)s::uuid))
        order by t.created_at desc, t.id desc
        limit %(limit)s
        """,
        {"since": since, "until": until, "before_time": before_time, "before_id": before_id, "limit": limit},
    ).fetchall()


def list_pending_refunds(conn: Connection, after: UUID | None, limit: int) -> list[tuple[UUID, str]]:
    """Refunds Razorpay has not ended as far as we know, each with its order at Razorpay."""
    return conn.execute(
        """
        select f.id, t.razorpay_order_id
        from public.refunds f join public.payment_transactions t on t.id = f.payment_transaction_id
        where f.status = 'pending' and (%(after)s::uuid is null or f.id > %(after)s)
        order by f.id
        limit %(limit)s
        """,
        {"after": after, "limit": limit},
    ).fetchall()


# Settlements


def book_rows(conn: Connection, rows: Sequence[SettlementRow]) -> None:
    """Keep the rows of settlements, each once; what changed is taken over."""
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
        {"rows": Jsonb([_settled(row) for row in rows])},
    )


def _settled(row: SettlementRow) -> dict[str, Any]:
    return row.model_dump(exclude={"settlement_utr"}) | {
        "utr": row.settlement_utr,
        "created_at": from_unix(row.created_at).isoformat(),
        "settled_at": from_unix(row.settled_at or row.created_at).isoformat(),
    }


def book_settlements(conn: Connection, settlements: Sequence[SettlementEntity]) -> None:
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
    """What the booked rows of these settlements come to: credits less debits, in paise."""
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


def read_since(conn: Connection, run: Run) -> datetime | None:
    """From when on, up to this run's window, the settlements of every day were read: others may be settled unseen."""
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
    """Payments taken in a window that no settlement has: payment, transaction, amount in minor units, when paid."""
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
