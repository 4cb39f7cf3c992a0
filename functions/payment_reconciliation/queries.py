"""SQL for comparisons: our rows by Razorpay's ids, and the reconciliation items."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from functions.payment_reconciliation.models import (
    Comparison,
    OrderRow,
    RecordedAttempt,
    RecordedDispute,
    RecordedOrder,
    RecordedRefund,
)
from shared.db import Connection


def record_comparisons(conn: Connection, run_id: UUID, comparisons: Sequence[Comparison], *, repaired: bool) -> None:
    """Record each comparison that differs from the last one of its entity, by its verdict or Razorpay's values."""
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
    """The number of a run's unrepaired findings by verdict; a person has to look into these."""
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


def read_orders(conn: Connection, order_ids: Collection[str]) -> dict[str, RecordedOrder]:
    """The orders that are ours among these Razorpay order ids, with their attempts and refunds."""
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
    attempts: defaultdict[str, dict[str, RecordedAttempt]] = defaultdict(dict)
    for attempt in conn.cursor(row_factory=class_row(RecordedAttempt)).execute(
        """
        select a.razorpay_payment_id, t.razorpay_order_id, a.status, a.amount, a.currency, a.fee, a.tax,
            coalesce(a.fee_currency, a.currency) as fee_currency
        from public.payment_transactions t join public.payment_attempts a on a.payment_transaction_id = t.id
        where t.razorpay_order_id = any(%(orders)s)
        """,
        given,
    ):
        attempts[attempt.razorpay_order_id][attempt.razorpay_payment_id] = attempt
    refunds: defaultdict[str, dict[str, RecordedRefund]] = defaultdict(dict)
    for refund in conn.cursor(row_factory=class_row(RecordedRefund)).execute(
        """
        select f.razorpay_refund_id, f.razorpay_payment_id, t.razorpay_order_id, f.amount,
            case when f.payout_reference is not null or f.status = 'closed' then 'failed' else f.status end as status
        from public.payment_transactions t join public.refunds f on f.payment_transaction_id = t.id
        where t.razorpay_order_id = any(%(orders)s) and f.razorpay_refund_id is not null
        """,
        given,
    ):
        refunds[refund.razorpay_order_id][str(refund.razorpay_refund_id)] = refund
    return {
        row.razorpay_order_id: RecordedOrder(row, attempts[row.razorpay_order_id], refunds[row.razorpay_order_id])
        for row in rows
    }


def read_disputes(conn: Connection, dispute_ids: Collection[str]) -> dict[str, RecordedDispute]:
    """The disputes that we know among these Razorpay ids."""
    rows = conn.cursor(row_factory=class_row(RecordedDispute)).execute(
        """
        select razorpay_dispute_id, status, amount, amount_deducted from public.disputes
        where razorpay_dispute_id = any(%(disputes)s)
        """,
        {"disputes": sorted(dispute_ids)},
    )
    return {row.razorpay_dispute_id: row for row in rows}


def find_orders_of_payments(conn: Connection, payment_ids: Collection[str]) -> dict[str, str]:
    """Razorpay's order id of each of these payments that is in our database."""
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
    """The orders opened in a window, oldest first: creation time, our id, Razorpay's id."""
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
    """Pending refunds with the Razorpay id of their order."""
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
