"""Receipts and credit notes: issued once, numbered without gaps, and never changed.

They are issued on first request or by a schedule soon after the payment, not in the webhook: every capture would wait
for the lock that numbers them.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from shared import clock, db, languages
from shared.actors import Actor
from shared.config import settings
from shared.db import Connection
from shared.errors import Conflict, NotFound
from shared.receipts import gst, queries
from shared.receipts.gst import TaxBreakdown
from shared.receipts.models import (
    BillingDocument,
    BillingDocuments,
    DueCreditNote,
    DueReceipt,
    Supplier,
    financial_year,
)

PAGE = 100


def configured_supplier() -> Supplier:
    """The supplier from the current configuration."""
    configured = settings()
    name = configured.supplier_name or configured.certificate_issuer
    return Supplier(name, configured.supplier_address, configured.supplier_gstin, configured.supplier_sac)


def issue_due(
    conn: Connection,
    seller: Supplier,
    basis_points: int,
    now: datetime,
    payment_ids: Sequence[UUID] | None = None,
) -> int:
    """Issue the due documents of these payments, or a page of any payments of each kind; returns the number.

    The next serial is read from the committed rows under a lock, held until the commit, so a rollback leaves no gap.
    """
    queries.lock_serials(conn)
    receipts = [_receipt(due, seller, basis_points) for due in queries.list_due(conn, payment_ids, PAGE)]
    _append(conn, receipts, now)
    due = queries.list_due_credit_notes(conn, payment_ids, PAGE)
    paid_for = {each.id: each for each in queries.list_documents(conn, [each.payment_id for each in due])}
    credits = [_credit_note(each, paid_for[each.receipt_id]) for each in due]
    _append(conn, credits, now)
    return len(receipts) + len(credits)


def find_or_issue(reader: Actor, issuer: Actor, payment_id: UUID, owner: UUID | None = None) -> BillingDocuments:
    """The receipt of a payment and its credit notes; due ones are issued first.

    Raises NotFound (also when the payment is not the owner's) and Conflict (`not_paid`).
    """
    with db.transaction(reader, read_only=True) as conn:
        found, is_behind = _find(conn, payment_id, owner)
    if found is None or is_behind:
        with db.transaction(issuer) as conn:
            issue_due(conn, configured_supplier(), settings().tax_basis_points, clock.now(), [payment_id])
            found, _ = _find(conn, payment_id, owner)
    assert found is not None
    return found


def _find(conn: Connection, payment_id: UUID, owner: UUID | None) -> tuple[BillingDocuments | None, bool]:
    """The issued documents of a payment, and whether a credit note is due."""
    status = queries.payment_status(conn, payment_id, owner)
    if status is None:
        raise NotFound("payment")
    if status not in ("success", "refunded"):
        raise Conflict("This payment was never made, so there is no receipt.", code="not_paid")
    issued = queries.list_documents(conn, [payment_id])
    language = languages.language_of(queries.find_language(conn, payment_id) or languages.DEFAULT_LANGUAGE)
    found = BillingDocuments(issued[0], issued[1:], language) if issued else None
    return found, bool(queries.list_due_credit_notes(conn, [payment_id], 1))


def _append(conn: Connection, rows: list[dict[str, Any]], now: datetime) -> None:
    """Insert the rows of one series with the next serials."""
    if not rows:
        return
    year = financial_year(now)
    last = queries.last_serial(conn, rows[0]["series"], year)
    numbered = [
        {**row, "financial_year": year, "serial": serial, "issued_at": now.isoformat()}
        for serial, row in enumerate(rows, start=last + 1)
    ]
    queries.insert_documents(conn, numbered)


def _receipt(due: DueReceipt, seller: Supplier, basis_points: int) -> dict[str, Any]:
    """A receipt's row. The place of supply is the buyer's state on record, else the supplier's (IGST Act 12(2)(b))."""
    is_taxed = bool(seller.gstin and basis_points and due.currency == "INR")
    place = (due.buyer.state or seller.state) if is_taxed else None
    rate = basis_points if is_taxed else 0
    return {
        "series": "RC",
        "payment_transaction_id": str(due.payment_transaction_id),
        "user_id": str(due.user_id),
        "razorpay_payment_id": due.razorpay_payment_id,
        "description": due.description,
        "supplier": asdict(seller),
        "buyer": asdict(due.buyer),
        "place_of_supply": place,
        "tax_basis_points": rate,
        "amount": due.amount,
        "currency": due.currency,
        "paid_at": due.paid_at.isoformat(),
        **_columns(gst.split_inclusive(due.amount, rate, within_state=place == seller.state)),
    }


def _credit_note(due: DueCreditNote, receipt: BillingDocument) -> dict[str, Any]:
    return {
        "series": "CN",
        "payment_transaction_id": str(receipt.payment_transaction_id),
        "refund_id": str(due.refund_id),
        "corrects": str(receipt.id),
        "user_id": str(receipt.user_id),
        "razorpay_payment_id": receipt.razorpay_payment_id,
        "description": receipt.description,
        "supplier": asdict(receipt.supplier),
        "buyer": asdict(receipt.buyer),
        "place_of_supply": receipt.place_of_supply,
        "tax_basis_points": receipt.tax_basis_points,
        "amount": due.refunded,
        "currency": receipt.currency,
        "paid_at": due.refunded_at.isoformat(),
        **_columns(gst.credit_share(receipt.tax_breakdown, receipt.amount, due.credited, due.refunded)),
    }


def _columns(taxes: TaxBreakdown) -> dict[str, int]:
    return {"taxable_amount": taxes.taxable, "cgst": taxes.cgst, "sgst": taxes.sgst, "igst": taxes.igst}
