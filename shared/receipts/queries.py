"""SQL for receipts and credit notes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.rows import class_row, kwargs_row, scalar_row
from psycopg.types.json import Jsonb

from shared.db import Connection
from shared.receipts.models import BillingDocument, Buyer, DueCreditNote, DueReceipt, Series, Supplier


def lock_serials(conn: Connection) -> None:
    """Wait for the lock under which serials are assigned; it is held until the commit."""
    conn.execute_one("select from private.exclusive_locks where name = 'receipts' for update", {})


def last_serial(conn: Connection, series: Series, financial_year: int) -> int:
    cursor = conn.cursor(row_factory=scalar_row).execute(
        "select max(serial) from public.receipts where series = %(series)s and financial_year = %(year)s",
        {"series": series, "year": financial_year},
    )
    return int(cursor.fetchone() or 0)


def list_due(conn: Connection, payment_ids: Sequence[UUID] | None, limit: int) -> list[DueReceipt]:
    """Paid transactions without a receipt, oldest first: the given ones, or all of the last 35 days."""
    return (
        conn.cursor(row_factory=kwargs_row(_due))
        .execute(
            """
            select t.id as payment_transaction_id, t.user_id, t.razorpay_payment_id, e.title as description, t.amount,
                t.currency, t.paid_at, coalesce(p.billing_name, nullif(p.full_name, ''), p.email) as name,
                p.billing_address as address, p.billing_state as state, p.billing_gstin as gstin
            from public.payment_transactions t
            join public.registrations r on r.id = t.registration_id
            join public.events e on e.id = r.event_id
            join public.profiles p on p.id = t.user_id
            where t.status in ('success', 'refunded')
                and (t.id = any(%(ids)s) or %(ids)s::uuid[] is null and t.paid_at > now() - interval '35 days')
                and not exists (
                    select 1 from public.receipts d where d.payment_transaction_id = t.id and d.refund_id is null
                )
            order by t.paid_at, t.id
            limit %(limit)s
            """,
            {"ids": None if payment_ids is None else list(payment_ids), "limit": limit},
        )
        .fetchall()
    )


def list_due_credit_notes(conn: Connection, payment_ids: Sequence[UUID] | None, limit: int) -> list[DueCreditNote]:
    """Processed refunds without a credit note of payments with a receipt, oldest first; of these payments or any.

    A refund can fail after its credit note was issued and be made again: the notes of a receipt are never more than
    what was refunded, so the second refund has a note only of what the first one does not cover.
    """
    return (
        conn.cursor(row_factory=class_row(DueCreditNote))
        .execute(
            """
            select refund_id, least(amount, uncovered)::bigint as refunded, refunded_at, receipt_id, payment_id,
                (refunded_in_all - uncovered)::bigint as credited
            from (
                select f.id as refund_id, f.amount, f.processed_at as refunded_at, d.id as receipt_id,
                    d.payment_transaction_id as payment_id, made.amount as refunded_in_all,
                    made.amount - issued.amount
                        - sum(f.amount) over (partition by d.id order by f.processed_at, f.id) + f.amount as uncovered
                from public.refunds f
                join public.receipts d on d.payment_transaction_id = f.payment_transaction_id and d.refund_id is null
                    and d.razorpay_payment_id = f.razorpay_payment_id
                cross join lateral (
                    select sum(p.amount) as amount from public.refunds p
                    where p.razorpay_payment_id = f.razorpay_payment_id and p.status = 'processed'
                ) made
                cross join lateral (
                    select coalesce(sum(c.amount), 0) as amount from public.receipts c where c.corrects = d.id
                ) issued
                where f.status = 'processed'
                    and (f.payment_transaction_id = any(%(ids)s)
                        or %(ids)s::uuid[] is null and f.created_at > now() - interval '200 days')
                    and not exists (select 1 from public.receipts c where c.refund_id = f.id)
            ) due
            where uncovered > 0
            order by refunded_at, refund_id
            limit %(limit)s
            """,
            {"ids": None if payment_ids is None else list(payment_ids), "limit": limit},
        )
        .fetchall()
    )


def insert_documents(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    conn.execute(
        """
        insert into public.receipts (series, financial_year, serial, payment_transaction_id, refund_id, corrects,
            user_id, razorpay_payment_id, description, supplier, buyer, place_of_supply, tax_basis_points, amount,
            currency, taxable_amount, cgst, sgst, igst, paid_at, issued_at)
        select series, financial_year, serial, payment_transaction_id, refund_id, corrects, user_id,
            razorpay_payment_id, description, supplier, buyer, place_of_supply, tax_basis_points, amount, currency,
            taxable_amount, cgst, sgst, igst, paid_at, issued_at
        from jsonb_populate_recordset(null::public.receipts, %(rows)s)
        """,
        {"rows": Jsonb(list(rows))},
    )


def list_documents(conn: Connection, payment_ids: Sequence[UUID]) -> list[BillingDocument]:
    """The issued receipt and credit notes of each payment."""
    return (
        conn.cursor(row_factory=kwargs_row(_document))
        .execute(
            """
            select id, series, number, payment_transaction_id, refund_id, corrects, user_id, razorpay_payment_id,
                description, supplier, buyer, place_of_supply, tax_basis_points, amount, currency, taxable_amount,
                cgst, sgst, igst, paid_at, issued_at
            from public.receipts
            where payment_transaction_id = any(%(ids)s)
            order by series desc, financial_year, serial
            """,
            {"ids": list(payment_ids)},
        )
        .fetchall()
    )


def find_language(conn: Connection, payment_id: UUID) -> str | None:
    """The language that the payer of a payment prefers, such as `hi-IN`."""
    return (
        conn.cursor(row_factory=scalar_row)
        .execute(
            """
            select p.language from public.payment_transactions t join public.profiles p on p.id = t.user_id
            where t.id = %(id)s
            """,
            {"id": payment_id},
        )
        .fetchone()
    )


def payment_status(conn: Connection, payment_id: UUID, owner: UUID | None) -> str | None:
    """The status of a payment; None if it does not exist or does not belong to the given owner."""
    return (
        conn.cursor(row_factory=scalar_row)
        .execute(
            """
            select status from public.payment_transactions
            where id = %(id)s and (%(owner)s::uuid is null or user_id = %(owner)s)
            """,
            {"id": payment_id, "owner": owner},
        )
        .fetchone()
    )


def _due(*, name: str, address: str | None, state: str | None, gstin: str | None, **paid: Any) -> DueReceipt:
    return DueReceipt(buyer=Buyer(name, address, state, gstin), **paid)


def _document(*, supplier: dict[str, str], buyer: dict[str, Any], **row: Any) -> BillingDocument:
    return BillingDocument(supplier=Supplier(**supplier), buyer=Buyer(**buyer), **row)
