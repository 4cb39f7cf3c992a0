"""Money as text for people. Everywhere else an amount is an integer of minor units beside its currency."""

from copy import copy
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from shared.currencies import decimal_places

if TYPE_CHECKING:
    from babel.numbers import NumberPattern

_SYMBOLS = {"INR": "₹"}
_COMPACT = ((10_000_000, "Cr"), (100_000, "L"), (1_000, "K"))
_SMALL_NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORD_GROUPS = ((10_000_000, "crore"), (100_000, "lakh"), (1_000, "thousand"), (100, "hundred"))


def format_amount(amount: int, currency: str, locale: str = "en_IN") -> str:
    """`amount` in minor units (paise for INR) as text by CLDR: 123450 INR is ₹1,234.50, 123456 KWD is KWD 123.456.

    The decimal places are Razorpay's, which for some currencies are not CLDR's. Only the rupee has its sign: $ is the
    sign of many currencies, and the fonts of receipts lack most others.
    """
    value = Decimal(amount).scaleb(-decimal_places(currency))
    pattern = _pattern(locale, decimal_places(currency), has_sign=currency in _SYMBOLS)
    text = pattern.apply(value, locale, currency=currency, currency_digits=False)
    return text.replace("\N{NO-BREAK SPACE}", " ")  # which the alphabet of SMS lacks, so that one would cost as two


@cache
def _pattern(locale: str, places: int, *, has_sign: bool) -> "NumberPattern":
    """CLDR's pattern for amounts of money, with this many decimal places, and the currency's code instead of a sign."""
    from babel import Locale  # noqa: PLC0415 - 70 ms that only who writes amounts pays
    from babel.numbers import parse_pattern  # noqa: PLC0415

    standard = Locale.parse(locale).currency_formats["standard"].pattern
    if not has_sign:
        standard = standard.replace("¤#", "¤¤\N{NO-BREAK SPACE}#").replace(
            "0\N{NO-BREAK SPACE}¤", "0\N{NO-BREAK SPACE}¤¤"
        )
    pattern = copy(parse_pattern(standard))
    pattern.frac_prec = (places, places)
    return pattern


def compact_amount(amount: int, currency: str) -> str:
    """`amount` in minor units with three digits, for chart axes: 1234567800 INR is ₹1.23Cr (K, L and Cr)."""
    major = abs(amount) / 10 ** decimal_places(currency)
    size, unit = next((each for each in _COMPACT if major >= each[0]), (1, ""))
    return f"{'-' if amount < 0 else ''}{_symbol(currency)}{float(f'{major / size:.3g}'):,g}{unit}"


def format_count(count: int) -> str:
    """123456 as 1,23,456."""
    return f"{'-' if count < 0 else ''}{_group_indian(str(abs(count)))}"


def rupees_in_words(paise: int) -> str:
    """12345650 as "Rupees one lakh twenty-three thousand four hundred fifty-six and fifty paise only"."""
    whole, rest = divmod(paise, 100)
    return f"Rupees {_spell(whole)}{f' and {_spell(rest)} paise' if rest else ''} only"


def _symbol(currency: str) -> str:
    return _SYMBOLS.get(currency, f"{currency} ")


def _group_indian(digits: str) -> str:
    """12345678 as 1,23,45,678: three digits at the end, pairs before them."""
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    return ",".join([*pairs, tail])


def _spell(number: int) -> str:
    if number < 20:
        return _SMALL_NUMBERS[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens - 2] + (f"-{_SMALL_NUMBERS[ones]}" if ones else "")
    size, name = next(group for group in _WORD_GROUPS if number >= group[0])
    count, rest = divmod(number, size)
    return f"{_spell(count)} {name}" + (f" {_spell(rest)}" if rest else "")
