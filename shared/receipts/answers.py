"""HTTP answers with receipts and credit notes: a PDF, or JSON if the client accepts it."""

import base64
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler import Response

from shared.errors import NotFound
from shared.receipts.models import BillingDocument, BillingDocuments
from shared.routing import Schema

JSON, PDF = "application/json", "application/pdf"


class InvoiceParty(Schema):
    """Supplier or buyer."""

    name: str
    """Name as printed."""
    address: str | None
    """Address as printed; null for none."""
    state: str | None
    """GST state code (29 is Karnataka); null when not known."""
    gstin: str | None
    """GSTIN; null for none."""


class Receipt(Schema):
    """An issued receipt or credit note; it never changes."""

    id: UUID
    kind: Literal["receipt", "credit_note"]
    """A credit note corrects the receipt of a payment that went back."""
    number: str
    """Printed number, `RC/<year>/<serial>` or `CN/<year>/<serial>`."""
    payment_id: UUID
    refund_id: UUID | None
    """The refund of a credit note; null for a receipt."""
    razorpay_payment_id: str
    description: str
    """What was sold."""
    supplier: InvoiceParty
    """Who sold it."""
    buyer: InvoiceParty
    """Who bought it."""
    sac: str | None
    """Services accounting code; null when nothing is taxed."""
    place_of_supply: str | None
    """GST state code that the tax goes by; null when nothing is taxed."""
    tax_basis_points: int
    """Rate of the tax in hundredths of a percent: 1800 is 18 %."""
    amount: int
    """`taxableAmount` and the taxes together, in minor units of `currency` (paise)."""
    currency: str
    taxable_amount: int
    """Amount without tax, in minor units."""
    cgst: int
    """Central GST, in minor units."""
    sgst: int
    """State GST, in minor units."""
    igst: int
    """Integrated GST, in minor units."""
    paid_at: datetime
    """When the payment was captured; for a credit note, when the refund was processed."""
    issued_at: datetime
    path: str
    """Path of the PDF on this server."""


class ReceiptAnswer(Schema):
    success: bool = True
    receipt: Receipt
    """The receipt of the payment."""
    credit_notes: list[Receipt]
    """One credit note for each refund of the payment."""


class CreditNoteAnswer(Schema):
    success: bool = True
    credit_note: Receipt
    """The credit note."""


RECEIPT_RESPONSES: dict[int, Any] = {
    200: {
        "description": "The PDF; JSON for `Accept: application/json`",
        "content": {PDF: {"schema": {"type": "string", "format": "binary"}}, JSON: {"model": ReceiptAnswer}},
    }
}
CREDIT_NOTE_RESPONSES: dict[int, Any] = {
    200: {**RECEIPT_RESPONSES[200], "content": {**RECEIPT_RESPONSES[200]["content"], JSON: {"model": CreditNoteAnswer}}}
}


def receipt_answer(found: BillingDocuments, accept: str | None, path: str) -> Response[str]:
    """The receipt of a payment; `path` is the path of the payment."""
    if not _wants_json(accept):
        return _pdf(found.receipt, found)
    notes = [_present(each, path) for each in found.credit_notes]
    return _json(ReceiptAnswer(receipt=_present(found.receipt, path), credit_notes=notes))


def credit_note_answer(found: BillingDocuments, note_id: UUID, accept: str | None, path: str) -> Response[str]:
    """One of a payment's credit notes; raises NotFound."""
    note = next((each for each in found.credit_notes if each.id == note_id), None)
    if note is None:
        raise NotFound("credit note")
    return _json(CreditNoteAnswer(credit_note=_present(note, path))) if _wants_json(accept) else _pdf(note, found)


def _wants_json(accept: str | None) -> bool:
    """Whether the Accept header names JSON, and before PDF if it names both."""
    named = [part.split(";")[0].strip() for part in (accept or "").lower().split(",")]
    return JSON in named and (PDF not in named or named.index(JSON) < named.index(PDF))


def _json(answer: Schema) -> Response[str]:
    return Response(200, JSON, answer.model_dump_json(), {"Cache-Control": "no-store", "Vary": "Accept"})


def _pdf(document: BillingDocument, documents: BillingDocuments) -> Response[str]:
    from shared.receipts.printing import print_document  # noqa: PLC0415 - only a PDF needs fpdf2 and fonts

    name = document.number.replace("/", "-")
    headers = {
        "Content-Disposition": f'inline; filename="{name}.pdf"',
        "Cache-Control": "no-store",
        "Vary": "Accept",
    }
    printed = print_document(document, documents.receipt, documents.language)
    response = Response(200, PDF, base64.b64encode(printed).decode(), headers)
    response.base64_encoded = True  # Powertools' response validation expects str, not bytes
    return response


def _present(document: BillingDocument, path: str) -> Receipt:
    is_receipt = document.series == "RC"
    supplier = document.supplier
    return Receipt(
        id=document.id,
        kind="receipt" if is_receipt else "credit_note",
        number=document.number,
        payment_id=document.payment_transaction_id,
        refund_id=document.refund_id,
        razorpay_payment_id=document.razorpay_payment_id,
        description=document.description,
        supplier=InvoiceParty(
            name=supplier.name,
            address=supplier.address or None,
            state=supplier.state or None,
            gstin=supplier.gstin or None,
        ),
        buyer=InvoiceParty(
            name=document.buyer.name,
            address=document.buyer.address,
            state=document.buyer.state,
            gstin=document.buyer.gstin,
        ),
        sac=supplier.sac if document.tax_basis_points else None,
        place_of_supply=document.place_of_supply,
        tax_basis_points=document.tax_basis_points,
        amount=document.amount,
        currency=document.currency,
        taxable_amount=document.taxable_amount,
        cgst=document.cgst,
        sgst=document.sgst,
        igst=document.igst,
        paid_at=document.paid_at,
        issued_at=document.issued_at,
        path=f"{path}/receipt" if is_receipt else f"{path}/credit-notes/{document.id}",
    )
