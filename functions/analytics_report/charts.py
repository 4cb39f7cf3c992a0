"""Charts as SVG: no script, nothing from elsewhere, named for who cannot see them; colours come from the page's style.

Drawn small, so that their text is still readable when a phone scales them down.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10

WIDTH = 340
ROW, LABEL = 44, 16
HEIGHT, LEFT, TOP, BOTTOM = 200, 56, 14, 26


@dataclass(frozen=True)
class ChartBar:
    """One value; `part` of it is drawn stronger, `text` says it."""

    label: str
    value: int
    text: str
    part: int | None = None


def bars(title: str, description: str, rows: Sequence[ChartBar]) -> str:
    """One bar below the other, each under its label; all values at least 0."""
    most = max((row.value for row in rows), default=0) or 1
    drawn = [_row(number, row, most) for number, row in enumerate(rows)]
    return _svg(title, description, max(len(rows), 1) * ROW, drawn)


def columns(title: str, description: str, values: Sequence[ChartBar], scale: Callable[[int], str]) -> str:
    """One column beside the other, as time goes; values below 0 hang down. `scale` writes the numbers at the side."""
    low, high = _scale([value.value for value in values])
    space = HEIGHT - TOP - BOTTOM

    def y(value: float) -> float:
        return TOP + space * (high - value) / (high - low)

    width = (WIDTH - LEFT) / max(len(values), 1)
    drawn = [_grid(scale(tick), y(tick)) for tick in {low, 0, high}]
    for number, each in enumerate(values):
        x = LEFT + number * width
        kind = "fill" if each.value >= 0 else "fill minus"
        top, bottom = y(max(each.value, 0)), y(min(each.value, 0))
        drawn.append(
            f'<rect class="{kind}" x="{x:.2f}" y="{top:.2f}" width="{max(width * 0.86, 0.6):.2f}"'
            f' height="{bottom - top:.2f}"><title>{escape(f"{each.label}: {each.text}")}</title></rect>'
        )
    if values:
        drawn += [
            f'<text x="{LEFT}" y="{HEIGHT - 6}">{escape(values[0].label)}</text>',
            f'<text x="{WIDTH}" y="{HEIGHT - 6}" text-anchor="end">{escape(values[-1].label)}</text>',
        ]
    return _svg(title, description, HEIGHT, drawn)


def _row(number: int, row: ChartBar, most: int) -> str:
    y = number * ROW
    width = WIDTH * row.value / most
    part = "" if row.part is None else _bar(y, WIDTH * row.part / most, "fill strong")
    return (
        f'<text x="0" y="{y + LABEL - 3}">{escape(_shortened(row.label))}</text>'
        f'<text class="value" x="{WIDTH}" y="{y + LABEL - 3}" text-anchor="end">{escape(row.text)}</text>'
        + _bar(y, WIDTH, "track")
        + _bar(y, width, "fill")
        + part
    )


def _bar(y: int, width: float, kind: str) -> str:
    return f'<rect class="{kind}" x="0" y="{y + LABEL + 2}" width="{width:.2f}" height="14" rx="3"/>'


def _grid(label: str, y: float) -> str:
    return (
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{y:.2f}" y2="{y:.2f}"/>'
        f'<text x="{LEFT - 6}" y="{y + 5:.2f}" text-anchor="end">{escape(label)}</text>'
    )


def _scale(values: Sequence[int]) -> tuple[int, int]:
    """Round numbers below and above all values, 0 among them."""
    return -_rounded_up(-min([0, *values])), _rounded_up(max([0, *values])) or 1


def _rounded_up(value: int) -> int:
    if value <= 0:
        return 0
    size = 10 ** max(floor(log10(value)) - 1, 0)
    return -(-value // size) * size


def _shortened(label: str) -> str:
    return label if len(label) <= 30 else f"{label[:29]}…"


def _svg(title: str, description: str, height: int, drawn: Sequence[str]) -> str:
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg role="img" viewBox="0 0 {WIDTH} {height}" preserveAspectRatio="xMinYMin meet">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(drawn)}</svg></figure>"
    )
