"""Receipts and credit notes: what is due, and what was issued."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.clock import in_zone
from shared.receipts.gst import TaxBreakdown

INDIA = "Asia/Kolkata"
"""GST uses days and years in India, whatever the platform's time zone is."""

type Series = Literal["RC", "CN"]


@dataclass(frozen=True)
class Supplier:
    """The supplier; without a GSTIN nothing is taxed. `address` is one line."""

    name: str
    address: str
    gstin: str
    sac: str

    @property
    def state(self) -> str:
        return self.gstin[:2]


@dataclass(frozen=True)
class Buyer:
    """The buyer; `state` is a GST state code, if known."""

    name: str
    address: str | None
    state: str | None
    gstin: str | None


@dataclass(frozen=True)
class DueReceipt:
    """A paid transaction without a receipt."""

    payment_transaction_id: UUID
    user_id: UUID
    razorpay_payment_id: str
    description: str
    amount: int
    currency: str
    paid_at: datetime
    buyer: Buyer


@dataclass(frozen=True)
class DueCreditNote:
    """A processed refund without a credit note, and its receipt; `credited` is the sum of earlier credit notes."""

    refund_id: UUID
    refunded: int
    refunded_at: datetime
    credited: int
    receipt_id: UUID
    payment_id: UUID


@dataclass(frozen=True)
class BillingDocument:
    """An issued receipt or credit note; amounts in minor units."""

    id: UUID
    series: Series
    number: str
    payment_transaction_id: UUID
    refund_id: UUID | None
    corrects: UUID | None
    user_id: UUID
    razorpay_payment_id: str
    description: str
    supplier: Supplier
    buyer: Buyer
    place_of_supply: str | None
    tax_basis_points: int
    amount: int
    currency: str
    taxable_amount: int
    cgst: int
    sgst: int
    igst: int
    paid_at: datetime
    issued_at: datetime

    @property
    def tax_breakdown(self) -> TaxBreakdown:
        return TaxBreakdown(self.taxable_amount, self.cgst, self.sgst, self.igst)

    @property
    def issued_on(self) -> date:
        return in_zone(self.issued_at, INDIA).date()

    @property
    def paid_on(self) -> date:
        return in_zone(self.paid_at, INDIA).date()


@dataclass(frozen=True)
class BillingDocuments:
    """The receipt of a payment and its credit notes, oldest first, and the language of their labels."""

    receipt: BillingDocument
    credit_notes: list[BillingDocument]
    language: str


def financial_year(instant: datetime) -> int:
    """The calendar year in which India's financial year (April to March) begins."""
    day = in_zone(instant, INDIA)
    return day.year if day.month >= 4 else day.year - 1
