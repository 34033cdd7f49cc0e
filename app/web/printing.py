"""Tables on paper: a PDF in landscape A4 with page numbers and lines to sign, fast for thousands of rows.

The fonts are the viewer's own: nothing is embedded, so that a long report weighs kilobytes.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

CHINESE: Final = "STSong-Light"
LATIN, LATIN_BOLD = "Helvetica", "Helvetica-Bold"
ELLIPSIS: Final = "…"
WIDTH, HEIGHT = 841.89, 595.28  # points: A4 in landscape
MARGIN: Final = 34.0
ROW: Final = 15.0
SIZE: Final = 8.0
GAP: Final = 9.0  # between columns
HEAD: Final = 58.0  # title and facts of the first page
FOOT: Final = 22.0
SIGNATURES: Final = 84.0
# Signs that the Chinese font's encoding lacks.
_PLAIN: Final = str.maketrans({"−": "-", "–": "-"})


class PrintColumn(Struct, frozen=True):
    """A column on paper: its share of the width, and whether its numbers stand right."""

    title: str
    width: int
    is_right: bool = False


def print_table(
    *,
    title: str,
    facts: Sequence[str],
    columns: Sequence[PrintColumn],
    rows: Iterable[Sequence[str]],
    count: int,
    signatures: Sequence[str],
    page_of: Callable[[int, int], str],
) -> bytes:
    """Return *count* rows under their columns as a PDF; the last page has room to sign."""
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415  # heavy, and only files need it

    register_fonts()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT), invariant=True)
    canvas.setTitle(title)
    canvas.setCreator("Zhangshi")
    sheet = _Sheet(canvas, columns)
    sizes, walk = page_sizes(count), iter(rows)
    for number, size in enumerate(sizes, start=1):
        top = HEIGHT - MARGIN
        if number == 1:
            top = sheet.head(title, facts, top)
        top = sheet.titles(top)
        for _ in range(size):
            top = sheet.row(next(walk), top)
        if number == len(sizes):
            sheet.sign(signatures, MARGIN + FOOT)
        sheet.text(page_of(number, len(sizes)), MARGIN, MARGIN / 2, WIDTH - 2 * MARGIN, is_right=True)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def page_sizes(count: int) -> list[int]:
    """Return how many rows each page takes: the first leaves room for its head, the last for the signatures."""
    room = HEIGHT - 2 * MARGIN - FOOT - ROW
    sizes: list[int] = []
    rest = count
    while True:
        here = room - (0 if sizes else HEAD)
        if rest <= int((here - SIGNATURES) / ROW):
            return [*sizes, rest]
        sizes.append(min(rest, int(here / ROW)))
        rest -= sizes[-1]


def register_fonts() -> None:
    """Make the Chinese font known."""
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: PLC0415  # heavy, and only files need it
    from reportlab.pdfbase.pdfmetrics import registerFont  # noqa: PLC0415  # same

    registerFont(UnicodeCIDFont(CHINESE))


def fitted(text: str, font: str, size: float, width: float) -> str:
    """Return *text*, shortened where it would run over its neighbour."""
    from reportlab.pdfbase.pdfmetrics import stringWidth  # noqa: PLC0415  # heavy, and only files need it

    if stringWidth(text, font, size) <= width:
        return text
    end = "..." if text.isascii() else ELLIPSIS
    while text and stringWidth(text + end, font, size) > width:
        text = text[:-1]
    return text + end


@lru_cache(maxsize=4096)
def _fitted(text: str, font: str, width: float) -> str:
    return fitted(text, font, SIZE, width)  # codes, units and names come again and again


class _Sheet:
    """A canvas that knows where its columns stand."""

    def __init__(self, canvas: Any, columns: Sequence[PrintColumn]) -> None:
        self.canvas, self.columns = canvas, columns
        unit = (WIDTH - 2 * MARGIN) / sum(column.width for column in columns)
        self.edges: list[tuple[float, float]] = []
        left = MARGIN
        for column in columns:
            self.edges.append((left, column.width * unit - GAP))
            left += column.width * unit

    def head(self, title: str, facts: Sequence[str], top: float) -> float:
        self.text(title, MARGIN, top - 14, WIDTH - 2 * MARGIN, size=15)
        self.text("    ".join(facts), MARGIN, top - 36, WIDTH - 2 * MARGIN, size=9)
        return top - HEAD

    def titles(self, top: float) -> float:
        self.canvas.setFillGray(0.9)
        self.canvas.rect(MARGIN - 2, top - ROW, WIDTH - 2 * MARGIN + 4, ROW, stroke=0, fill=1)
        self.canvas.setFillGray(0)
        return self.row([column.title for column in self.columns], top)

    def row(self, cells: Sequence[str], top: float) -> float:
        for cell, column, (left, width) in zip(cells, self.columns, self.edges, strict=True):
            if cell:
                self.text(cell, left, top - ROW + 4.5, width, is_right=column.is_right)
        self.canvas.setLineWidth(0.25)
        self.canvas.line(MARGIN, top - ROW, WIDTH - MARGIN, top - ROW)
        return top - ROW

    def sign(self, words: Sequence[str], bottom: float) -> None:
        width = (WIDTH - 2 * MARGIN) / len(words)
        self.canvas.setLineWidth(0.6)
        for number, word in enumerate(words):
            left = MARGIN + number * width
            self.text(word, left, bottom + 34, width - 16, size=9)
            self.canvas.line(left, bottom, left + width - 16, bottom)

    def text(
        self, words: str, left: float, base: float, width: float, *, size: float = SIZE, is_right: bool = False
    ) -> None:
        words = words.translate(_PLAIN)
        font = LATIN if words.isascii() else CHINESE
        shown = _fitted(words, font, width) if size == SIZE else fitted(words, font, size, width)
        self.canvas.setFont(font, size)
        if is_right:
            self.canvas.drawRightString(left + width, base, shown)
        else:
            self.canvas.drawString(left, base, shown)
