"""Money as people read it; everywhere else it is an integer of minor units beside its currency."""

_SYMBOLS = {"INR": "₹"}
_WITHOUT_MINOR_UNIT = frozenset({"JPY", "KRW", "VND"})


def format_amount(amount: int, currency: str) -> str:
    """`amount` in minor units (paise for INR) as text: 123450 INR is ₹1,234.50, rupees in Indian grouping."""
    places = 0 if currency in _WITHOUT_MINOR_UNIT else 2
    major, minor = divmod(abs(amount), 10**places)
    digits = _group_indian(str(major)) if currency == "INR" else f"{major:,}"
    fraction = f".{minor:0{places}d}" if places else ""
    return f"{'-' if amount < 0 else ''}{_SYMBOLS.get(currency, f'{currency} ')}{digits}{fraction}"


def _group_indian(digits: str) -> str:
    """12345678 as 1,23,45,678: three digits at the end, pairs before them."""
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    return ",".join([*pairs, tail])
