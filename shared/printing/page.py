"""A page of a PDF: one line of text at a time, each script in its own font, tagged for screen readers.

The same content gives the same bytes. Embedded fonts only.
"""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from importlib import resources
from typing import TYPE_CHECKING, Literal

from shared.printing.scripts import DISPLAY, TEXT, Font, runs

if TYPE_CHECKING:
    from fpdf import FPDF

type Colour = tuple[int, int, int]

NAVY: Colour = (22, 38, 74)
GREY: Colour = (88, 94, 108)


def document(
    *,
    orientation: Literal["landscape", "portrait"],
    title: str,
    author: str,
    subject: str,
    keywords: str,
    created_on: date,
) -> "FPDF":
    """A document of one empty A4 page, measured in mm, without margins."""
    from fpdf import FPDF, ViewerPreferences  # noqa: PLC0415 - 600 ms that only who prints pays

    pdf = FPDF(orientation=orientation, unit="mm", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.c_margin = 0
    pdf.set_title(title)
    pdf.set_author(author)
    pdf.set_subject(subject)
    pdf.set_keywords(keywords)
    pdf.set_creator(author)
    pdf.set_lang("en-IN")
    pdf.set_creation_date(datetime.combine(created_on, time(), UTC))
    pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
    pdf.add_page()
    return pdf


@contextmanager
def tagged(pdf: "FPDF", kind: str, **described: str) -> Generator[None]:
    """Mark what is drawn as an element that a screen reader announces; fpdf2 itself only knows figures."""
    number = pdf.struct_builder.next_mcid_for_page(pdf.page)
    pdf._add_marked_content(struct_type=f"/{kind}", mcid=number, **described)  # pyright: ignore[reportPrivateUsage]
    pdf._out(f"/{kind} <</MCID {number}>> BDC")  # pyright: ignore[reportPrivateUsage]
    yield
    pdf._out("EMC")  # pyright: ignore[reportPrivateUsage]


@contextmanager
def artifact(pdf: "FPDF") -> Generator[None]:
    """Mark what is drawn as decoration, which a screen reader passes over."""
    pdf._out("/Artifact BMC")  # pyright: ignore[reportPrivateUsage]
    yield
    pdf._out("EMC")  # pyright: ignore[reportPrivateUsage]


def write(
    pdf: "FPDF",
    text: str,
    font: Font,
    x: float,
    y: float,
    *,
    size: float,
    colour: Colour = GREY,
    spacing: float = 0,
    align: Literal["L", "C", "R"] = "L",
    room: float,
) -> None:
    """One line of text on the baseline `y` (mm), smaller where it would not fit into `room` mm."""
    pieces = list(runs(text, font))
    pdf.set_char_spacing(spacing * 2.8346)
    size = min(size, size * room / (_width(pdf, pieces, size) or 1))
    x -= _width(pdf, pieces, size) * {"L": 0, "C": 0.5, "R": 1}[align]
    pdf.set_text_color(colour)
    for piece_font, piece in pieces:
        _use(pdf, piece_font, size)
        pdf.set_xy(x, y - 0.3 * pdf.font_size)  # a cell without height has its baseline there; text() does not shape
        pdf.cell(0, 0, piece)
        x += pdf.get_string_width(piece)
    pdf.set_char_spacing(0)


def width(pdf: "FPDF", text: str, font: Font, size: float) -> float:
    """The mm that `write` takes for a text."""
    return _width(pdf, list(runs(text, font)), size)


def lines(pdf: "FPDF", text: str, font: Font, size: float, room: float) -> list[str]:
    """The text in lines of at most `room` mm; a word that is longer has a line of its own."""
    found: list[str] = []
    for word in text.split():
        longer = f"{found[-1]} {word}" if found else word
        if found and width(pdf, longer, font, size) <= room:
            found[-1] = longer
        else:
            found.append(word)
    return found


def _width(pdf: "FPDF", pieces: list[tuple[Font, str]], size: float) -> float:
    total = 0.0
    for font, piece in pieces:
        _use(pdf, font, size)
        total += pdf.get_string_width(piece)
    return total


def _use(pdf: "FPDF", font: Font, size: float) -> None:
    """Choose a font, embedding it on its first use; only Indian and Arabic letters need shaping."""
    if font.family not in pdf.fonts:
        with resources.as_file(resources.files("layers.documents.fonts") / font.file) as path:
            pdf.add_font(font.family, fname=path)
    pdf.set_font(font.family, size=size)
    pdf.set_text_shaping(font not in (DISPLAY, TEXT))


def day(date: date) -> str:
    return f"{date.day} {date:%B %Y}"
