"""A certificate as a PDF: A4 landscape, vectors and embedded fonts only, the same bytes for the same content."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from importlib import resources
from typing import TYPE_CHECKING

from shared.certificates import ornaments
from shared.certificates.models import Content
from shared.certificates.ornaments import GREY, HEIGHT, NAVY, WIDTH, Colour
from shared.certificates.scripts import DISPLAY, TEXT, Font, runs

if TYPE_CHECKING:
    from fpdf import FPDF

TITLE = "Certificate of Completion"
MARGIN = 34.0


def print_certificate(content: Content, verify_url: str) -> bytes:
    """The PDF, about 60 KB. What the fonts lack is left blank, so ask `scripts.can_print` before."""
    from fpdf import FPDF, ViewerPreferences  # noqa: PLC0415 - 600 ms that only who prints pays

    pdf = FPDF(orientation="landscape", unit="mm", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.c_margin = 0
    _describe(pdf, content)
    pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
    pdf.add_page()
    with _artifact(pdf):
        ornaments.draw_rosette(pdf, WIDTH / 2, 104, 74)
        ornaments.draw_frame(pdf)
    _write_body(pdf, content)
    _write_foot(pdf, content, verify_url)
    return bytes(pdf.output())


def _describe(pdf: "FPDF", content: Content) -> None:
    pdf.set_title(f"{TITLE} {content.number}")
    pdf.set_author(content.issuer)
    pdf.set_subject(f"{content.course} - {content.recipient}")
    pdf.set_keywords(f"certificate, {content.number}")
    pdf.set_creator(content.issuer)
    pdf.set_lang("en-IN")
    pdf.set_creation_date(datetime.combine(content.issued_on, time(), UTC))


def _write_body(pdf: "FPDF", content: Content) -> None:
    with _tagged(pdf, "P"):
        _centre(pdf, content.issuer.upper(), TEXT, 30, size=11, colour=NAVY, spacing=1.6)
    with _tagged(pdf, "H1"):
        _centre(pdf, TITLE, DISPLAY, 48, size=38, colour=NAVY)
    with _artifact(pdf):
        ornaments.draw_rule(pdf, 57, 42)
    with _tagged(pdf, "P"):
        _centre(pdf, "This is to certify that", TEXT, 69, size=12)
    with _tagged(pdf, "H2"):
        _centre(pdf, content.recipient, DISPLAY, 86, size=36, colour=NAVY)
    with _tagged(pdf, "P"):
        _centre(pdf, "has successfully completed the course", TEXT, 103, size=12)
    lines = _wrap(pdf, content.course, DISPLAY, 23)
    with _tagged(pdf, "H2"):
        for place, line in enumerate(lines):
            _centre(pdf, line, DISPLAY, 117 + 10 * place, size=23 if len(lines) == 1 else 19, colour=NAVY)
    with _tagged(pdf, "P"):
        _centre(pdf, _when(content), TEXT, 120 + 10 * len(lines), size=11)


def _write_foot(pdf: "FPDF", content: Content, verify_url: str) -> None:
    baseline = 178.0
    with _artifact(pdf):
        ornaments.draw_seal(pdf, WIDTH / 2, 162, 11)
        pdf.set_draw_color(ornaments.GOLD)
        pdf.set_line_width(0.3)
        pdf.line(MARGIN, baseline - 8, MARGIN + 62, baseline - 8)
    with _tagged(pdf, "P"):
        _write(pdf, _day(content.issued_on), DISPLAY, MARGIN, baseline - 11, size=13, colour=NAVY)
        _write(pdf, "Date of issue", TEXT, MARGIN, baseline - 3, size=9)
        _write(pdf, f"No. {content.number}", TEXT, MARGIN, baseline + 3, size=9, colour=NAVY)
    side, x = 28.0, WIDTH - MARGIN - 28
    with _tagged(pdf, "Figure", alt_text=f"QR code that leads to {verify_url}"):
        ornaments.draw_qr(pdf, verify_url, x, baseline - 25, side)
    pdf.link(x, baseline - 25, side, side, verify_url, alt_text="Verify this certificate")
    with _tagged(pdf, "P"):
        _write(pdf, "Scan to verify", TEXT, x + side / 2, baseline + 8, size=9, align="C")
        _centre(pdf, verify_url, TEXT, HEIGHT - 16, size=6.5)


@contextmanager
def _tagged(pdf: "FPDF", kind: str, **described: str) -> Generator[None]:
    """Mark what is drawn as an element that a screen reader announces; fpdf2 itself only knows figures."""
    number = pdf.struct_builder.next_mcid_for_page(pdf.page)
    pdf._add_marked_content(struct_type=f"/{kind}", mcid=number, **described)  # pyright: ignore[reportPrivateUsage]
    pdf._out(f"/{kind} <</MCID {number}>> BDC")  # pyright: ignore[reportPrivateUsage]
    yield
    pdf._out("EMC")  # pyright: ignore[reportPrivateUsage]


@contextmanager
def _artifact(pdf: "FPDF") -> Generator[None]:
    """Mark what is drawn as decoration, which a screen reader passes over."""
    pdf._out("/Artifact BMC")  # pyright: ignore[reportPrivateUsage]
    yield
    pdf._out("EMC")  # pyright: ignore[reportPrivateUsage]


def _centre(
    pdf: "FPDF", text: str, font: Font, y: float, *, size: float, colour: Colour = GREY, spacing: float = 0
) -> None:
    _write(pdf, text, font, WIDTH / 2, y, size=size, colour=colour, spacing=spacing, align="C")


def _write(
    pdf: "FPDF",
    text: str,
    font: Font,
    x: float,
    y: float,
    *,
    size: float,
    colour: Colour = GREY,
    spacing: float = 0,
    align: str = "L",
) -> None:
    """One line of text on the baseline `y` (mm), smaller where it would not fit; each script in its own font."""
    pieces = list(runs(text, font))
    pdf.set_char_spacing(spacing * 2.8346)
    size = min(size, size * (WIDTH - 2 * MARGIN) / (_width(pdf, pieces, size) or 1))
    x -= _width(pdf, pieces, size) / 2 if align == "C" else 0
    pdf.set_text_color(colour)
    for piece_font, piece in pieces:
        _use(pdf, piece_font, size)
        pdf.set_xy(x, y - 0.3 * pdf.font_size)  # a cell without height has its baseline there; text() does not shape
        pdf.cell(0, 0, piece)
        x += pdf.get_string_width(piece)
    pdf.set_char_spacing(0)


def _wrap(pdf: "FPDF", text: str, font: Font, size: float) -> list[str]:
    """The text in one line, or in two of about the same width."""
    words = text.split(" ")
    if _width(pdf, list(runs(text, font)), size) <= WIDTH - 2 * MARGIN or len(words) == 1:
        return [text]
    cuts = [(" ".join(words[:cut]), " ".join(words[cut:])) for cut in range(1, len(words))]
    return list(min(cuts, key=lambda cut: max(_width(pdf, list(runs(line, font)), size) for line in cut)))


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


def _when(content: Content) -> str:
    hours, minutes = divmod(content.attended_minutes, 60)
    parts = [f"{hours} hour{'s' * (hours != 1)}"] * bool(hours) + [f"{minutes} minute{'s' * (minutes != 1)}"] * bool(
        minutes
    )
    attended = f", with {' and '.join(parts)} of live sessions attended" if parts else ""
    first, last = content.starts_on, content.ends_on
    if first == last:
        return f"held on {_day(first)}{attended}"
    same_month = (first.year, first.month) == (last.year, last.month)
    return f"held from {first.day if same_month else _day(first)} to {_day(last)}{attended}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
