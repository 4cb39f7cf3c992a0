"""A certificate as a PDF: A4 landscape, vectors and embedded fonts only, the same bytes for the same content."""

from typing import TYPE_CHECKING

from shared.certificates import ornaments
from shared.certificates.models import CertificateContent
from shared.certificates.ornaments import HEIGHT, WIDTH
from shared.printing import page
from shared.printing.page import GREY, NAVY, Colour
from shared.printing.scripts import DISPLAY, TEXT, Font

if TYPE_CHECKING:
    from fpdf import FPDF

TITLE = "Certificate of Completion"
MARGIN = 34.0
ROOM = WIDTH - 2 * MARGIN


def print_certificate(content: CertificateContent, verify_url: str) -> bytes:
    """The PDF, about 60 KB. What the fonts lack is left blank, so ask `scripts.can_print` before."""
    pdf = page.document(
        orientation="landscape",
        title=f"{TITLE} {content.number}",
        author=content.issuer,
        subject=f"{content.course} - {content.recipient}",
        keywords=f"certificate, {content.number}",
        created_on=content.issued_on,
    )
    with page.artifact(pdf):
        ornaments.draw_rosette(pdf, WIDTH / 2, 104, 74)
        ornaments.draw_frame(pdf)
    _write_body(pdf, content)
    _write_foot(pdf, content, verify_url)
    return bytes(pdf.output())


def _write_body(pdf: "FPDF", content: CertificateContent) -> None:
    with page.tagged(pdf, "P"):
        _centre(pdf, content.issuer.upper(), TEXT, 30, size=11, colour=NAVY, spacing=1.6)
    with page.tagged(pdf, "H1"):
        _centre(pdf, TITLE, DISPLAY, 48, size=38, colour=NAVY)
    with page.artifact(pdf):
        ornaments.draw_rule(pdf, 57, 42)
    with page.tagged(pdf, "P"):
        _centre(pdf, "This is to certify that", TEXT, 69, size=12)
    with page.tagged(pdf, "H2"):
        _centre(pdf, content.recipient, DISPLAY, 86, size=36, colour=NAVY)
    with page.tagged(pdf, "P"):
        _centre(pdf, "has successfully completed the course", TEXT, 103, size=12)
    lines = _wrap(pdf, content.course, DISPLAY, 23)
    with page.tagged(pdf, "H2"):
        for place, line in enumerate(lines):
            _centre(pdf, line, DISPLAY, 117 + 10 * place, size=23 if len(lines) == 1 else 19, colour=NAVY)
    with page.tagged(pdf, "P"):
        _centre(pdf, _when(content), TEXT, 120 + 10 * len(lines), size=11)


def _write_foot(pdf: "FPDF", content: CertificateContent, verify_url: str) -> None:
    baseline = 178.0
    with page.artifact(pdf):
        ornaments.draw_seal(pdf, WIDTH / 2, 162, 11)
        pdf.set_draw_color(ornaments.GOLD)
        pdf.set_line_width(0.3)
        pdf.line(MARGIN, baseline - 8, MARGIN + 62, baseline - 8)
    with page.tagged(pdf, "P"):
        page.write(pdf, page.day(content.issued_on), DISPLAY, MARGIN, baseline - 11, size=13, colour=NAVY, room=ROOM)
        page.write(pdf, "Date of issue", TEXT, MARGIN, baseline - 3, size=9, room=ROOM)
        page.write(pdf, f"No. {content.number}", TEXT, MARGIN, baseline + 3, size=9, colour=NAVY, room=ROOM)
    side, x = 28.0, WIDTH - MARGIN - 28
    with page.tagged(pdf, "Figure", alt_text=f"QR code that leads to {verify_url}"):
        ornaments.draw_qr(pdf, verify_url, x, baseline - 25, side)
    pdf.link(x, baseline - 25, side, side, verify_url, alt_text="Verify this certificate")
    with page.tagged(pdf, "P"):
        page.write(pdf, "Scan to verify", TEXT, x + side / 2, baseline + 8, size=9, align="C", room=ROOM)
        _centre(pdf, verify_url, TEXT, HEIGHT - 16, size=6.5)


def _centre(
    pdf: "FPDF", text: str, font: Font, y: float, *, size: float, colour: Colour = GREY, spacing: float = 0
) -> None:
    page.write(pdf, text, font, WIDTH / 2, y, size=size, colour=colour, spacing=spacing, align="C", room=ROOM)


def _wrap(pdf: "FPDF", text: str, font: Font, size: float) -> list[str]:
    """The text in one line, or in two of about the same width."""
    words = text.split(" ")
    if page.width(pdf, text, font, size) <= ROOM or len(words) == 1:
        return [text]
    cuts = [(" ".join(words[:cut]), " ".join(words[cut:])) for cut in range(1, len(words))]
    return list(min(cuts, key=lambda cut: max(page.width(pdf, line, font, size) for line in cut)))


def _when(content: CertificateContent) -> str:
    hours, minutes = divmod(content.attended_minutes, 60)
    parts = [f"{hours} hour{'s' * (hours != 1)}"] * bool(hours) + [f"{minutes} minute{'s' * (minutes != 1)}"] * bool(
        minutes
    )
    attended = f", with {' and '.join(parts)} of live sessions attended" if parts else ""
    first, last = content.starts_on, content.ends_on
    if first == last:
        return f"held on {page.day(first)}{attended}"
    same_month = (first.year, first.month) == (last.year, last.month)
    return f"held from {first.day if same_month else page.day(first)} to {page.day(last)}{attended}"
