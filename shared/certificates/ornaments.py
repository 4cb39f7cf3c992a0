"""The drawn parts of a printed certificate: frame, rosette, seal and QR code, all vectors."""

import math
from typing import TYPE_CHECKING

from shared.printing.page import NAVY, Colour

if TYPE_CHECKING:
    from fpdf import FPDF

GOLD: Colour = (176, 137, 62)
PALE: Colour = (246, 241, 230)

WIDTH, HEIGHT = 297.0, 210.0


def draw_frame(pdf: "FPDF") -> None:
    """A navy frame with a gold line inside it that steps around a diamond in each corner."""
    pdf.set_draw_color(NAVY)
    pdf.set_line_width(1.6)
    pdf.rect(8, 8, WIDTH - 16, HEIGHT - 16)
    pdf.set_draw_color(GOLD)
    pdf.set_line_width(0.35)
    near, step = 11.5, 7.0
    left, top, right, bottom = near, near, WIDTH - near, HEIGHT - near
    pdf.polygon(
        [
            (left + step, top), (right - step, top), (right - step, top + step), (right, top + step),
            (right, bottom - step), (right - step, bottom - step), (right - step, bottom), (left + step, bottom),
            (left + step, bottom - step), (left, bottom - step), (left, top + step), (left + step, top + step),
        ]
    )  # fmt: skip
    for x in (left + step / 2, right - step / 2):
        for y in (top + step / 2, bottom - step / 2):
            draw_diamond(pdf, x, y, 1.7)


def draw_diamond(pdf: "FPDF", x: float, y: float, reach: float) -> None:
    pdf.set_fill_color(GOLD)
    pdf.polygon([(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)], style="F")


def draw_rule(pdf: "FPDF", y: float, half_width: float) -> None:
    """A gold line across the middle, with a diamond on it."""
    pdf.set_draw_color(GOLD)
    pdf.set_line_width(0.35)
    middle, gap = WIDTH / 2, 3.2
    pdf.line(middle - half_width, y, middle - gap, y)
    pdf.line(middle + gap, y, middle + half_width, y)
    draw_diamond(pdf, middle, y, 1.2)


def draw_rosette(pdf: "FPDF", x: float, y: float, radius: float) -> None:
    """The fine pattern behind the text, of turned ellipses, as banknotes have it."""
    pdf.set_draw_color(PALE)
    pdf.set_line_width(0.3)
    turns = 18
    for turn in range(turns):
        with pdf.rotation(turn * 180 / turns, x, y):
            pdf.ellipse(x - radius, y - radius * 0.42, radius * 2, radius * 0.84)


def draw_seal(pdf: "FPDF", x: float, y: float, radius: float) -> None:
    """A gold seal with a scalloped edge and a tick."""
    points = 48
    edge = [
        (
            x + math.cos(turn * math.pi / points) * radius * (1 if turn % 2 else 0.93),
            y + math.sin(turn * math.pi / points) * radius * (1 if turn % 2 else 0.93),
        )
        for turn in range(points * 2)
    ]
    pdf.set_fill_color(NAVY)
    for side in (-1, 1):  # the ribbon's two ends
        tip = [(0.1, 0.5), (0.62, 0.3), (0.95, 1.75), (0.62, 1.55), (0.42, 1.9)]
        pdf.polygon([(x + side * across * radius, y + down * radius) for across, down in tip], style="F")
    pdf.set_fill_color(GOLD)
    pdf.polygon(edge, style="F")
    pdf.set_draw_color((255, 255, 255))
    pdf.set_line_width(0.45)
    pdf.circle(x, y, radius * 0.76)
    pdf.set_line_width(1.5)
    pdf.polyline(
        [
            (x - radius * 0.34, y + radius * 0.02),
            (x - radius * 0.08, y + radius * 0.29),
            (x + radius * 0.38, y - radius * 0.27),
        ]
    )


def draw_qr(pdf: "FPDF", text: str, x: float, y: float, size: float) -> None:
    """A QR code whose dark modules are rectangles as long as they can be; `size` is without the quiet zone."""
    import segno  # noqa: PLC0415 - only who prints needs it

    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix]
    module = size / len(rows)
    pdf.set_fill_color(NAVY)
    for line, row in enumerate(rows):
        start = 0
        while (start := row.find(1, start)) >= 0:
            end = row.find(0, start)
            end = len(row) if end < 0 else end
            pdf.rect(x + start * module, y + line * module, (end - start) * module, module, style="F")
            start = end
