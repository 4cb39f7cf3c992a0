"""The scripts that documents can be printed in, and the font each is printed with."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

# What is within words and between them in any Indian script; other signs are printed in Latin's font.
_SHARED = ((0x20, 0x20), (0x200C, 0x200D), (0x25CC, 0x25CC))
_DANDA = ((0x964, 0x965), *_SHARED)  # Devanagari's, for all of them
_NEWER = frozenset({0x61D, 0xB55, 0xC3C, 0xC5D, 0xCDD, 0xCF3})
"""Assigned by Unicode after these fonts were drawn."""
_JOINERS = "\u200c\u200d"
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "So"})
_LATIN = ((0x20, 0x7E), (0xA0, 0x17F), (0x1E00, 0x1EFF), (0x2010, 0x2027), (0x2030, 0x203A), (0x20B9, 0x20B9))


@dataclass(frozen=True)
class Font:
    """A font file in `layers/documents/fonts`; `ranges` are inclusive and held whole, as far as assigned."""

    family: str
    file: str
    ranges: tuple[tuple[int, int], ...]

    def characters(self) -> list[int]:
        return [code for first, last in self.ranges for code in range(first, last + 1) if code not in _NEWER]

    def has(self, character: str) -> bool:
        return any(first <= ord(character) <= last for first, last in self.ranges) and ord(character) not in _NEWER


DISPLAY = Font("display", "NotoSerifDisplay-Regular.ttf", _LATIN)
TEXT = Font("text", "NotoSans-Regular.ttf", _LATIN)
INDIAN = (
    Font("devanagari", "NotoSerifDevanagari-Regular.ttf", ((0x900, 0x97F), (0xA8E0, 0xA8FF), *_DANDA)),
    Font("bengali", "NotoSerifBengali-Regular.ttf", ((0x980, 0x9FF), *_DANDA)),
    Font("gurmukhi", "NotoSerifGurmukhi-Regular.ttf", ((0xA00, 0xA7F), *_DANDA)),
    Font("gujarati", "NotoSerifGujarati-Regular.ttf", ((0xA80, 0xAFF), *_DANDA)),
    Font("odia", "NotoSansOriya-Regular.ttf", ((0xB00, 0xB7F), *_DANDA)),
    Font("tamil", "NotoSerifTamil-Regular.ttf", ((0xB80, 0xBFF), *_DANDA)),
    Font("telugu", "NotoSerifTelugu-Regular.ttf", ((0xC00, 0xC7F), *_DANDA)),
    Font("kannada", "NotoSerifKannada-Regular.ttf", ((0xC80, 0xCFF), *_DANDA)),
    Font("malayalam", "NotoSerifMalayalam-Regular.ttf", ((0xD00, 0xD7F), *_DANDA)),
    Font("arabic", "NotoSansArabic-Regular.ttf", ((0x600, 0x6FF), (0x750, 0x77F), *_SHARED)),
)
FONTS = (DISPLAY, TEXT, *INDIAN)


def printable(text: str) -> str:
    """Text as it is printed: one line, composed, without pictographs or what would change the direction of reading."""
    composed = unicodedata.normalize("NFC", text)
    kept = (" " if each.isspace() else each for each in composed if _is_kept(each) or each.isspace())
    return " ".join("".join(kept).split()).strip(_JOINERS)


def can_print(text: str) -> bool:
    """Whether every character has a glyph in one of the fonts."""
    return _printable().issuperset(text)


@cache
def _printable() -> frozenset[str]:
    characters = (chr(code) for font in FONTS for code in font.characters())
    return frozenset(each for each in characters if unicodedata.category(each) != "Cn")


def runs(text: str, latin: Font) -> Iterator[tuple[Font, str]]:
    """Cut a text into pieces of one font each; spaces and joiners stay with the word before them."""
    font, start = None, 0
    for place, character in enumerate(text):
        if font is not None and font.has(character):
            continue
        wanted = next((each for each in (latin, *INDIAN) if each.has(character)), latin)
        if font is not None and wanted is not font:
            yield font, text[start:place]
            start = place
        font = wanted
    if font is not None:
        yield font, text[start:]


def _is_kept(character: str) -> bool:
    if character in _JOINERS:
        return True
    return unicodedata.category(character) not in _DROPPED and not "\ufe00" <= character <= "\ufe0f"
