"""India's GST as receipts need it: states, identification numbers, and the tax within a price, to the paisa."""

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
"""The state codes that GST numbers begin with."""
WITHOUT_LEGISLATURE = frozenset({"04", "26", "31", "35", "38", "97"})
"""Where the state's half of the tax is called UTGST."""
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_GSTIN = re.compile(r"[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]{3}")


@dataclass(frozen=True)
class Parts:
    """What an amount is made of, in minor units: the value that is taxed, and the taxes on it."""

    taxable: int
    cgst: int = 0
    sgst: int = 0
    igst: int = 0


def is_gstin(text: str) -> bool:
    """Whether this is a GST identification number of a state there is, with the right check character."""
    return bool(_GSTIN.fullmatch(text)) and text[:2] in STATES and text[14] == _check_character(text[:14])


def split(amount: int, basis_points: int, *, within_state: bool) -> Parts:
    """The tax that a price includes: CGST and SGST in equal halves within a state, else IGST.

    Each tax is rounded to the minor unit, half up; the taxable value is the rest, so that the parts are the whole.
    """
    if within_state:
        half = _rounded(amount * basis_points, 2 * (10_000 + basis_points))
        return Parts(amount - 2 * half, half, half)
    tax = _rounded(amount * basis_points, 10_000 + basis_points)
    return Parts(amount - tax, igst=tax)


def credit(paid: Parts, whole: int, before: int, amount: int) -> Parts:
    """The parts of `amount` that goes back of a payment of `whole`, `before` of which has gone back already.

    Once everything is back, the parts of all credits are exactly those of the payment.
    """

    def due(part: int) -> int:
        return _rounded(part * (before + amount), whole) - _rounded(part * before, whole)

    cgst, igst = due(paid.cgst), due(paid.igst)
    return Parts(amount - 2 * cgst - igst, cgst, cgst, igst)


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _check_character(characters: str) -> str:
    """Every second character counts twice; a product's two digits to the base 36 are added."""
    total = 0
    for place, character in enumerate(characters):
        product = _ALPHABET.index(character) * (1 + place % 2)
        total += product // 36 + product % 36
    return _ALPHABET[-total % 36]
