"""Certificate numbers: `CC-<year>-<serial>-<check character>`."""

import re

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUMBER = re.compile(r"CC-([0-9]{4})-([0-9]{6,9})-([0-9A-Z])")


def certificate_number(year: int, serial: int) -> str:
    return f"CC-{year:04}-{serial:06}-{_check_character(f'{year:04}{serial:06}')}"


def is_certificate_number(text: str) -> bool:
    """Whether somebody could have copied this without an error."""
    match = _NUMBER.fullmatch(text)
    return match is not None and match[3] == _check_character(match[1] + match[2])


def _check_character(digits: str) -> str:
    """ISO/IEC 7064, MOD 37,36: notices every wrong character and nearly every swap of neighbours."""
    product = 36
    for digit in digits:
        product = ((product + int(digit)) % 36 or 36) * 2 % 37
    return _ALPHABET[(37 - product) % 36]
