"""Money as people read it; everywhere else it is an integer of minor units beside its currency."""

_SYMBOLS = {"INR": "₹"}
_COMPACT = ((10_000_000, "Cr"), (100_000, "L"), (1_000, "K"))
_WITHOUT_MINOR_UNIT = frozenset({"JPY", "KRW", "VND"})


def format_amount(amount: int, currency: str) -> str:
    """`amount` in minor units (paise for INR) as text: 123450 INR is ₹1,234.50, rupees in Indian grouping."""
    places = _places(currency)
    major, minor = divmod(abs(amount), 10**places)
    digits = _group_indian(str(major)) if currency == "INR" else f"{major:,}"
    fraction = f".{minor:0{places}d}" if places else ""
    return f"{'-' if amount < 0 else ''}{_symbol(currency)}{digits}{fraction}"


def compact_amount(amount: int, currency: str) -> str:
    """`amount` in minor units in three digits, for scales: 1234567800 INR is ₹1.23Cr; thousands, lakhs and crores."""
    major = abs(amount) / 10 ** _places(currency)
    size, unit = next((each for each in _COMPACT if major >= each[0]), (1, ""))
    return f"{'-' if amount < 0 else ''}{_symbol(currency)}{float(f'{major / size:.3g}'):,g}{unit}"


def format_count(count: int) -> str:
    """123456 as 1,23,456."""
    return f"{'-' if count < 0 else ''}{_group_indian(str(abs(count)))}"


def _places(currency: str) -> int:
    return 0 if currency in _WITHOUT_MINOR_UNIT else 2


def _symbol(currency: str) -> str:
    return _SYMBOLS.get(currency, f"{currency} ")


def _group_indian(digits: str) -> str:
    """12345678 as 1,23,45,678: three digits at the end, pairs before them."""
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    return ",".join([*pairs, tail])
