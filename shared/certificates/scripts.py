"""The scripts that certificates can print, and the font each is printed with."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Marks and joiners that occur within words of any Indian script: the danda is Devanagari's, for all of them.
_SHARED = ((0x20, 0x7E), (0xA0, 0xA0), (0x964, 0x965), (0x200C, 0x200D), (0x2010, 0x2027), (0x25CC, 0x25CC))
_LATIN = ((0x20, 0x7E), (0xA0, 0x17F), (0x1E00, 0x1EFF), (0x2010, 0x2027), (0x2030, 0x203A), (0x20B9, 0x20B9))


@dataclass(frozen=True)
class Font:
    """A font file in `layers/documents/fonts`; `ranges` are inclusive and held whole, as far as assigned."""

    family: str
    file: str
    ranges: tuple[tuple[int, int], ...]

    def characters(self) -> list[int]:
        return [code for first, last in self.ranges for code in range(first, last + 1)]

    def has(self, character: str) -> bool:
        return any(first <= ord(character) <= last for first, last in self.ranges)


DISPLAY = Font("display", "NotoSerifDisplay-Regular.ttf", _LATIN)
TEXT = Font("text", "NotoSans-Regular.ttf", _LATIN)
INDIAN = (
    Font(
        "devanagari", "NotoSerifDevanagari-Regular.ttf", ((0x900, 0x97F), (0xA8E0, 0xA8FF), (0x1CD0, 0x1CFF), *_SHARED)
    ),
    Font("bengali", "NotoSerifBengali-Regular.ttf", ((0x980, 0x9FF), *_SHARED)),
    Font("gurmukhi", "NotoSerifGurmukhi-Regular.ttf", ((0xA00, 0xA7F), *_SHARED)),
    Font("gujarati", "NotoSerifGujarati-Regular.ttf", ((0xA80, 0xAFF), *_SHARED)),
    Font("odia", "NotoSansOriya-Regular.ttf", ((0xB00, 0xB7F), *_SHARED)),
    Font("tamil", "NotoSerifTamil-Regular.ttf", ((0xB80, 0xBFF), *_SHARED)),
    Font("telugu", "NotoSerifTelugu-Regular.ttf", ((0xC00, 0xC7F), *_SHARED)),
    Font("kannada", "NotoSerifKannada-Regular.ttf", ((0xC80, 0xCFF), *_SHARED)),
    Font("malayalam", "NotoSerifMalayalam-Regular.ttf", ((0xD00, 0xD7F), *_SHARED)),
    Font("arabic", "NotoSansArabic-Regular.ttf", ((0x600, 0x6FF), (0x750, 0x77F), *_SHARED)),
)
FONTS = (DISPLAY, TEXT, *INDIAN)


def can_print(text: str) -> bool:
    """Whether every character has a glyph in one of the fonts."""
    return all(unicodedata.category(each) != "Cn" and any(font.has(each) for font in FONTS) for each in text)


def runs(text: str, latin: Font) -> Iterator[tuple[Font, str]]:
    """Cut a text into pieces of one font each; spaces, marks and joiners stay with the word before them."""
    font, start = None, 0
    for place, character in enumerate(text):
        fits = font is not None and font.has(character)
        if fits and (font is latin or not character.isascii() or not character.isalnum()):
            continue
        wanted = next((each for each in (latin, *INDIAN) if each.has(character)), latin)
        if font is not None and wanted is not font:
            yield font, text[start:place]
            start = place
        font = wanted
    if font is not None:
        yield font, text[start:]
