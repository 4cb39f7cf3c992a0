"""Receipts and credit notes: who is due one, what it then says, and how it is shown."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.clock import in_zone
from shared.receipts.gst import Parts

INDIA = "Asia/Kolkata"
"""GST's days and years are India's, wherever the platform's users are."""

type Series = Literal["RC", "CN"]


@dataclass(frozen=True)
class Supplier:
    """Who sells; without a GSTIN, nothing is taxed. `address` is one line."""

    name: str
    address: str
    gstin: str
    sac: str

    @property
    def state(self) -> str:
        return self.gstin[:2]


@dataclass(frozen=True)
class Buyer:
    """Who is billed; `state` is a GST state code, where it is known."""

    name: str
    address: str | None
    state: str | None
    gstin: str | None


@dataclass(frozen=True)
class Due:
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
class DueCredit:
    """A processed refund without a credit note, and the receipt it corrects; `credited` has gone back before."""

    refund_id: UUID
    refunded: int
    refunded_at: datetime
    credited: int
    receipt_id: UUID
    payment_id: UUID


@dataclass(frozen=True)
class Document:
    """A receipt or credit note as it was issued; amounts in minor units."""

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
    def parts(self) -> Parts:
        return Parts(self.taxable_amount, self.cgst, self.sgst, self.igst)

    @property
    def issued_on(self) -> date:
        return in_zone(self.issued_at, INDIA).date()

    @property
    def paid_on(self) -> date:
        return in_zone(self.paid_at, INDIA).date()


@dataclass(frozen=True)
class Documents:
    """The receipt of a payment and the credit notes that correct it, the oldest first."""

    receipt: Document
    credit_notes: list[Document]


def financial_year(instant: datetime) -> int:
    """The year in which India's financial year (April to March) of an instant begins."""
    day = in_zone(instant, INDIA)
    return day.year if day.month >= 4 else day.year - 1
