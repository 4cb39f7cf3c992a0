"""India's GST for receipts: state codes, identification numbers, and the tax included in a price."""

import re
from dataclasses import dataclass

STATES = {
    "01": "Jammu and Kashmir", "02": "Himachal Pradesh", "03": "Punjab", "04": "Chandigarh", "05": "Uttarakhand",
    "06": "Haryana", "07": "Delhi", "08": "Rajasthan", "09": "Uttar Pradesh", "10": "Bihar", "11": "Sikkim",
    "12": "Arunachal Pradesh", "13": "Nagaland", "14": "Manipur", "15": "Mizoram", "16": "Tripura", "17": "Meghalaya",
    "18": "Assam", "19": "West Bengal", "20": "Jharkhand", "21": "Odisha", "22": "Chhattisgarh",
    "23": "Madhya Pradesh", "24": "Gujarat", "26": "Dadra and Nagar Haveli and Daman and Diu", "27": "Maharashtra",
    "29": "Karnataka", "30": "Goa", "31": "Lakshadweep", "32": "Kerala", "33": "Tamil Nadu", "34": "Puducherry",
    "35": "Andaman and Nicobar Islands", "36": "Telangana", "37": "Andhra Pradesh", "38": "Ladakh",
    "97": "Other Territory",
}  # fmt: skip
"""The state codes, the first two digits of a GSTIN."""
WITHOUT_LEGISLATURE = frozenset({"04", "26", "31", "35", "38", "97"})
"""Union territories without a legislature, where the state's half of the tax is called UTGST."""
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_GSTIN = re.compile(r"[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]{3}")


@dataclass(frozen=True)
class TaxBreakdown:
    """The taxable value and the taxes that make up an amount, in minor units."""

    taxable: int
    cgst: int = 0
    sgst: int = 0
    igst: int = 0


def is_gstin(text: str) -> bool:
    """Whether this is a GSTIN with an existing state code and the right check character."""
    return bool(_GSTIN.fullmatch(text)) and text[:2] in STATES and text[14] == _check_character(text[:14])


def split_inclusive(amount: int, basis_points: int, *, within_state: bool) -> TaxBreakdown:
    """Split a price that includes tax: CGST and SGST in equal halves within a state, else IGST.

    Each tax is rounded half up to the minor unit, and the taxable value is the rest, so the sum is exact.
    """
    if within_state:
        half = _round_half_up(amount * basis_points, 2 * (10_000 + basis_points))
        return TaxBreakdown(amount - 2 * half, half, half)
    tax = _round_half_up(amount * basis_points, 10_000 + basis_points)
    return TaxBreakdown(amount - tax, igst=tax)


def credit_share(paid: TaxBreakdown, whole: int, before: int, amount: int) -> TaxBreakdown:
    """The taxes of a refund of `amount` for a payment of `whole`, of which `before` is refunded already.

    When the whole payment is refunded, the taxes of all credit notes add up exactly to those of the payment.
    """

    def due(part: int) -> int:
        return _round_half_up(part * (before + amount), whole) - _round_half_up(part * before, whole)

    cgst, igst = due(paid.cgst), due(paid.igst)
    return TaxBreakdown(amount - 2 * cgst - igst, cgst, cgst, igst)


def _round_half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _check_character(characters: str) -> str:
    """Every second character has weight two; the base 36 digits of each product are summed."""
    total = 0
    for place, character in enumerate(characters):
        product = _ALPHABET.index(character) * (1 + place % 2)
        total += product // 36 + product % 36
    return _ALPHABET[-total % 36]
