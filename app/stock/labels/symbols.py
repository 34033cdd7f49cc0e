"""Codes as black rectangles, measured in modules: the narrowest bar is 1 wide. Origin at the lower left."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from msgspec import Struct

from app.stock.labels.rules import Label, Symbol

Rect = tuple[float, float, float, float]  # x, y, width, height

_EAN = {8: "EAN8", 12: "UPCA", 13: "EAN13"}


class Bars(Struct, frozen=True):
    """A drawn code; `height` 0 means that its bars may be as high as there is room. `quiet` is free space around."""

    rects: Sequence[Rect]
    width: float
    height: float
    quiet: float


def draw_symbol(label: Label, symbol: Symbol) -> Bars:
    """Return the code of *label* as *symbol*; what a bar code cannot carry becomes a QR code."""
    if label.is_ean:
        return _bars(_modules(label.code, _EAN[len(label.code)]), quiet=11)
    if symbol is Symbol.CODE_128 and label.code.isascii():
        return _bars(_modules(label.code, "Code128"), quiet=10)
    return _square(_modules(label.code, "QRCode"))


def _modules(text: str, kind: str) -> list[list[bool]]:
    """Return the code's rows from the top, True where it is dark."""
    import zxingcpp  # noqa: PLC0415  # heavy, and only labels and photos need it

    options = {"ec_level": "M"} if kind == "QRCode" else {}
    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind), **options)
    image: Any = code.to_image(scale=1, add_quiet_zones=False, add_hrt=False)  # a buffer, which its stubs do not say
    rows: Any = memoryview(image).tolist()
    return [[shade == 0 for shade in row] for row in rows]


def _bars(rows: Sequence[Sequence[bool]], quiet: float) -> Bars:
    return Bars([(x, 0, width, 1) for x, width in _runs(rows[0])], len(rows[0]), 0, quiet)


def _square(rows: Sequence[Sequence[bool]]) -> Bars:
    size = len(rows)
    rects = [(x, size - 1 - y, width, 1) for y, row in enumerate(rows) for x, width in _runs(row)]
    return Bars(rects, size, size, quiet=4)


def _runs(row: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield start and length of each run of dark modules."""
    x = 0
    for dark, group in groupby(row):
        length = len(list(group))
        if dark:
            yield x, length
        x += length
