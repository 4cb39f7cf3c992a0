"""Money as text for people. Everywhere else an amount is an integer of minor units beside its currency."""

from shared.currencies import decimal_places

_SYMBOLS = {"INR": "₹"}
_COMPACT = ((10_000_000, "Cr"), (100_000, "L"), (1_000, "K"))
_SMALL_NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORD_GROUPS = ((10_000_000, "crore"), (100_000, "lakh"), (1_000, "thousand"), (100, "hundred"))


def format_amount(amount: int, currency: str) -> str:
    """`amount` in minor units (paise for INR) as text: 123450 INR is ₹1,234.50, rupees in Indian grouping."""
    places = decimal_places(currency)
    major, minor = divmod(abs(amount), 10**places)
    digits = _group_indian(str(major)) if currency == "INR" else f"{major:,}"
    fraction = f".{minor:0{places}d}" if places else ""
    return f"{'-' if amount < 0 else ''}{_symbol(currency)}{digits}{fraction}"


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
