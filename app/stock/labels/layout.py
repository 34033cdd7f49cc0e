"""A label as ink: rectangles and lines of text in millimetres, from the label's lower left corner.

Law: a module is a whole number of printer dots (1/8 mm at 203 dpi), or bars grow and shrink and scanners stumble.
"""

from msgspec import Struct

from app.stock.labels.rules import Label, Paper, Symbol
from app.stock.labels.symbols import Bars, Rect, draw_symbol

DOT = 0.125
SMALLEST_MODULE = 2 * DOT
LARGEST_MODULE = 5 * DOT
MARGIN = 2.5
POINT = 25.4 / 72


class Line(Struct, frozen=True):
    """A line of text: its baseline, size in points, the width it must fit, and whether it is a heading."""

    text: str
    x: float
    y: float
    size: float
    width: float
    bold: bool = False


class Ink(Struct, frozen=True):
    """Everything black on one label."""

    rects: list[Rect]
    lines: list[Line]


def lay_out(label: Label, paper: Paper, symbol: Symbol) -> Ink:
    """Return the ink of *label*: a QR code stands left of its text, a bar code above its own digits."""
    bars = draw_symbol(label, symbol)
    width, height = paper.label
    return _beside(label, bars, width, height) if bars.height else _stacked(label, bars, width, height)


def _beside(label: Label, bars: Bars, width: float, height: float) -> Ink:
    room = min(height - 2 * MARGIN, width * 0.45)
    module = max(SMALLEST_MODULE, _on_dots(room / bars.width))  # as large as can be: read from afar
    side = module * bars.width
    x, y = MARGIN, _on_dots((height - side) / 2)
    rects = [(x + rx * module, y + ry * module, rw * module, rh * module) for rx, ry, rw, rh in bars.rects]
    left = x + side + 3
    free = width - left - MARGIN
    big, small = _sizes(height)
    top = height / 2 + big * POINT * 0.4
    lines = [
        Line(label.heading, left, top, big, free, bold=True),
        Line(label.line, left, top - big * POINT * 1.15, small, free),
        Line(label.code, left, MARGIN + 0.5, small * 0.8, free),
    ]
    return Ink(rects, [line for line in lines if line.text])


def _stacked(label: Label, bars: Bars, width: float, height: float) -> Ink:
    free = width - 2 * MARGIN
    # A code too long for the label is printed at the smallest size that phones still read.
    module = min(LARGEST_MODULE, max(SMALLEST_MODULE, _on_dots(width / (bars.width + 2 * bars.quiet))))
    big, small = _sizes(height)
    heading = height - MARGIN - big * POINT * 0.8
    below = heading - small * POINT * 1.3 if label.line else heading
    bottom = MARGIN + small * POINT * 1.2
    tall = max(5.0, below - 2 - bottom)
    x = _on_dots((width - bars.width * module) / 2)
    rects = [(x + rx * module, bottom, rw * module, tall) for rx, _, rw, _ in bars.rects]
    lines = [
        Line(label.heading, MARGIN, heading, big, free, bold=True),
        Line(label.line, MARGIN, below, small, free),
        Line(label.code, x, MARGIN, small, width - x - MARGIN),
    ]
    return Ink(rects, [line for line in lines if line.text])


def _on_dots(length: float) -> float:
    """Return *length* rounded down to whole dots."""
    return length // DOT * DOT


def _sizes(height: float) -> tuple[float, float]:
    """Return the sizes in points of the heading and of the other lines for a label so high."""
    return (20.0, 10.0) if height > 45 else (14.0, 8.0) if height > 33 else (11.0, 7.0)  # noqa: PLR2004  # mm of usual labels
