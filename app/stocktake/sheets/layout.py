"""A count sheet as ink: rectangles and lines of text in millimetres from the lower left corner of an A4 page.

Law: measured like labels, so that the code on it is read back by our own decoder. Words come in from outside.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct, field

from app.kernel.exact import plain
from app.stock.labels.layout import DOT, Ink, Line
from app.stock.labels.rules import Label, Symbol
from app.stock.labels.symbols import Rect, draw_symbol
from app.stocktake.sheets.queries import Sheet, SheetLine
from app.stocktake.sheets.rules import BLANK_LINES

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 12.0
ROW: Final = 8.5
TABLE_TOP: Final = HEIGHT - 70
FOOT: Final = 30.0
ROWS_A_PAGE: Final = int((TABLE_TOP - ROW - FOOT) // ROW)
HAIR: Final = 2 * DOT
QR_SIDE: Final = 24.0


# Millimetres; together the page less its margins.
BLIND: Final = (("no", 9), ("code", 31), ("item", 60), ("lot", 32), ("unit", 14), ("counted", 40))
OPEN: Final = (("no", 9), ("code", 31), ("item", 48), ("lot", 30), ("unit", 12), ("book", 20), ("counted", 36))


class Page(Struct):
    """What is drawn on one page."""

    rects: list[Rect] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def text(self, text: str, x: float, y: float, size: float, width: float, *, bold: bool = False) -> None:
        """Write *text* where there is any."""
        if text:
            self.lines.append(Line(text, x, y, size, width, bold=bold))

    def rule(self, x: float, y: float, width: float, height: float = HAIR) -> None:
        """Draw a line."""
        self.rects.append((x, y, width, height))


def lay_out(sheet: Sheet, words: Mapping[str, str]) -> list[Ink]:
    """Return the pages of *sheet*: its lines in their order, then blank ones for what is found."""
    rows: list[SheetLine | None] = [*sheet.lines, *[None] * BLANK_LINES]
    parts = list(_parts(rows))
    pages = []
    for number, part in enumerate(parts):
        page = Page()
        _head(page, sheet, words)
        _table(page, sheet, part, words, first=number * ROWS_A_PAGE + 1)
        _foot(page, sheet, words, number + 1, len(parts))
        pages.append(Ink(page.rects, page.lines))
    return pages


def _parts(rows: Sequence[SheetLine | None]) -> Iterator[Sequence[SheetLine | None]]:
    for start in range(0, len(rows), ROWS_A_PAGE):
        yield rows[start : start + ROWS_A_PAGE]


def _head(page: Page, sheet: Sheet, words: Mapping[str, str]) -> None:
    left, free = MARGIN, WIDTH - 2 * MARGIN - QR_SIDE - 6
    page.text(f"{words['title']}  {sheet.number}", left, HEIGHT - MARGIN - 5, 14, free, bold=True)
    page.text(sheet.bin, left, HEIGHT - MARGIN - 18, 28, free, bold=True)
    facts = (sheet.bin_name, sheet.warehouse, f"{words['round']} {sheet.round}", words["blind"] if sheet.blind else "")
    page.text("  ·  ".join(fact for fact in facts if fact), left, HEIGHT - MARGIN - 26, 9, free)
    page.text(words["zero"], left, HEIGHT - MARGIN - 32, 8, free)
    _written(page, words["counter"], sheet.counter or "", left, HEIGHT - MARGIN - 44, 88)
    _written(page, words["counted_at"], "", left + 96, HEIGHT - MARGIN - 44, 90)
    bars = draw_symbol(Label(sheet.code, ""), Symbol.QR)
    module = int(QR_SIDE / bars.width / DOT) * DOT
    x, y = WIDTH - MARGIN - module * bars.width, HEIGHT - MARGIN - module * bars.width
    page.rects += [(x + rx * module, y + ry * module, rw * module, rh * module) for rx, ry, rw, rh in bars.rects]
    page.text(sheet.code, x, y - 4, 8, QR_SIDE + 2)


def _written(page: Page, word: str, value: str, x: float, y: float, width: float) -> None:
    """Leave room for somebody's hand behind a word."""
    page.text(word, x, y, 9, 34)
    page.text(value, x + 36, y, 11, width - 36)
    page.rule(x + 35, y - 1.5, width - 35)


def _table(page: Page, sheet: Sheet, part: Sequence[SheetLine | None], words: Mapping[str, str], first: int) -> None:
    columns = BLIND if sheet.blind else OPEN
    heads = {word: words[word] for word, _ in columns}
    _row(page, columns, heads, TABLE_TOP, size=8)
    for index, line in enumerate(part):
        cells = {"no": str(first + index)} | (_cells(line) if line else {})
        _row(page, columns, cells, TABLE_TOP - (index + 1) * ROW)
    bottom = TABLE_TOP - len(part) * ROW
    page.rule(MARGIN, TABLE_TOP + ROW, WIDTH - 2 * MARGIN)
    x = MARGIN
    for width in (0.0, *(float(width) for _, width in columns)):
        x += width
        page.rule(x, bottom, HAIR, TABLE_TOP + ROW - bottom)


def _cells(line: SheetLine) -> dict[str, str]:
    """Return what each column shows; what stands behind a line break is written small below."""
    return {
        "code": line.code,
        "item": f"{line.name}\n{line.spec}",
        "lot": f"{line.lot}\n{line.expiry:%Y-%m-%d}" if line.expiry else line.lot,
        "unit": line.unit,
        "book": plain(line.book) if line.book is not None else "",
    }


def _row(
    page: Page, columns: Sequence[tuple[str, int]], cells: Mapping[str, str], bottom: float, size: float = 9
) -> None:
    x = MARGIN
    for word, width in columns:
        text, _, below = cells.get(word, "").partition("\n")
        page.text(text, x + 1.2, bottom + (4.2 if below else 2.8), size, width - 2)
        page.text(below, x + 1.2, bottom + 1.2, 7, width - 2)
        x += width
    page.rule(MARGIN, bottom, WIDTH - 2 * MARGIN)


def _foot(page: Page, sheet: Sheet, words: Mapping[str, str], number: int, pages: int) -> None:
    _written(page, words["signature"], "", MARGIN, MARGIN + 6, 110)
    page.text(f"{sheet.code}  ·  {number} / {pages}", WIDTH - MARGIN - 50, MARGIN + 6, 9, 50)
