"""Text that people type and others read: no control characters, and none that change the direction of what follows.

A line with them can be made to look like another one (https://unicode.org/reports/tr36/#Bidirectional_Text_Spoofing).
"""

import unicodedata
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

_DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_UNPRINTABLE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})


def check_line(text: str, also: str = "") -> str:
    """The text with its letters composed as usual (NFC); `also` names control characters that are allowed."""
    composed = unicodedata.normalize("NFC", text)
    if any(unicodedata.category(each) in _UNPRINTABLE and each not in also for each in composed):
        raise ValueError("Control characters are not allowed")
    if any(unicodedata.bidirectional(each) in _DIRECTIONS for each in composed):
        raise ValueError("Characters that change the direction of text are not allowed")
    return composed


def _check_lines(text: str) -> str:
    return check_line(text, "\n\r\t")


def _check_address(url: str) -> str:
    try:
        has_user = "@" in urlsplit(check_line(url)).netloc
    except ValueError as error:
        raise ValueError("No valid address") from error
    if has_user:
        raise ValueError("An address with a user name may lead elsewhere than it seems to")
    return url


Line = Annotated[str, AfterValidator(check_line)]
Lines = Annotated[str, AfterValidator(_check_lines)]
"""Several lines, with tabs."""
MeetingUrl = Annotated[str, Field(max_length=2000, pattern=r"^https://"), AfterValidator(_check_address)]
"""Where a course or a session meets."""
