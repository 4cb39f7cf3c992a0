"""What a person wants on receipts."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.http import Schema
from shared.receipts.gst import STATES, is_gstin

type Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class BillingDetails(Schema):
    """`state` is a GST state code (29 is Karnataka) and decides between CGST with SGST and IGST.

    `gstin` is for a business that claims the tax; it begins with its state.
    """

    name: Line | None = None
    address: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")] | None = None
    state: Annotated[str, Field(pattern=r"^[0-9]{2}$")] | None = None
    gstin: Annotated[str, Field(min_length=15, max_length=15)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.state is not None and self.state not in STATES:
            raise ValueError("state is no GST state code")
        if self.gstin is not None and not is_gstin(self.gstin):
            raise ValueError("gstin is no GST identification number")
        if self.gstin is not None and self.state not in (None, self.gstin[:2]):
            raise ValueError("gstin is of another state")
        return self


class BillingAnswer(Schema):
    success: bool = True
    billing_details: BillingDetails
