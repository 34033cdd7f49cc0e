"""Codes as black rectangles, measured in modules: the narrowest bar is 1 wide. Origin at the lower left."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from app.stock.labels.rules import Label, Symbol

Rect = tuple[float, float, float, float]  # x, y, width, height


@dataclass(frozen=True)
class Bars:
    """A drawn code; `height` 0 means that its bars may be as high as there is room. `quiet` is free space around."""

    rects: Sequence[Rect]
    width: float
    height: float
    quiet: float


def draw_symbol(label: Label, symbol: Symbol) -> Bars:
    """Return the code of *label* as *symbol*; what a bar code cannot carry becomes a QR code."""
    if label.is_ean:
        return _ean(label.code)
    if symbol is Symbol.QR or not label.code.isascii():
        return _qr(label.code)
    return _code_128(label.code)


def _code_128(text: str) -> Bars:
    from reportlab.graphics.barcode.code128 import Code128  # noqa: PLC0415  # heavy, and only labels need it

    rects: list[Rect] = []

    class Collected(Code128):
        def rect(self, x: float, _y: float, w: float, _h: float) -> None:
            rects.append((x, 0, w, 1))

    code = Collected(text, barWidth=1, barHeight=1, quiet=False)
    code.draw()
    return Bars(rects, code.width, 0, quiet=10)


def _ean(digits: str) -> Bars:
    from reportlab.graphics.barcode import eanbc  # noqa: PLC0415  # heavy, and only labels need it

    widget: Any = {8: eanbc.Ean8BarcodeWidget, 12: eanbc.UPCA, 13: eanbc.Ean13BarcodeWidget}[len(digits)](digits)
    widget.barWidth, widget.barHeight, widget.quiet = 1, 1, False
    shapes = widget.draw().contents
    dark = [
        shape
        for shape in shapes
        if getattr(shape, "fillColor", None) == widget.barFillColor and hasattr(shape, "width")
    ]
    left = min(shape.x for shape in dark)
    rects = [(shape.x - left, 0, shape.width, 1) for shape in dark]
    return Bars(rects, max(x + w for x, _, w, _ in rects), 0, quiet=11)


def _qr(text: str) -> Bars:
    import segno  # noqa: PLC0415  # heavy, and only labels need it

    matrix = [list(row) for row in segno.make(text, error="m", micro=False).matrix]
    size = len(matrix)
    rects = [(x, size - 1 - y, width, 1) for y, row in enumerate(matrix) for x, width in _runs(row)]
    return Bars(rects, size, size, quiet=4)


def _runs(row: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield start and length of each run of dark modules."""
    x = 0
    for dark, group in groupby(row):
        length = len(list(group))
        if dark:
            yield x, length
        x += length
