"""Amounts in words, as India counts: lakh and crore."""

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_GROUPS = ((10_000_000, "crore"), (100_000, "lakh"), (1_000, "thousand"), (100, "hundred"))


def rupees(paise: int) -> str:
    """12345650 as "Rupees one lakh twenty-three thousand four hundred fifty-six and fifty paise only"."""
    whole, rest = divmod(paise, 100)
    return f"Rupees {_spelled(whole)}{f' and {_spelled(rest)} paise' if rest else ''} only"


def _spelled(number: int) -> str:
    if number < 20:
        return _SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens - 2] + (f"-{_SMALL[ones]}" if ones else "")
    size, name = next(group for group in _GROUPS if number >= group[0])
    count, rest = divmod(number, size)
    return f"{_spelled(count)} {name}" + (f" {_spelled(rest)}" if rest else "")
