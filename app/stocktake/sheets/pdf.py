"""Count sheets as a PDF, in the language of whoever prints them."""

import io
from collections.abc import Mapping, Sequence

from flask_babel import gettext

from app.stock.labels.layout import POINT
from app.stock.labels.pdf import open_canvas, print_ink
from app.stocktake.sheets.layout import HEIGHT, WIDTH, lay_out
from app.stocktake.sheets.queries import Sheet


def make_sheets(sheets: Sequence[Sheet], title: str) -> bytes:
    """Return the sheets, each beginning on a page of its own."""
    buffer = io.BytesIO()
    canvas = open_canvas(buffer, (WIDTH / POINT, HEIGHT / POINT), title)
    words = _words()
    for sheet in sheets:
        for ink in lay_out(sheet, words):
            print_ink(canvas, ink, 0, 0)
            canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _words() -> Mapping[str, str]:
    return {
        "title": gettext("Count sheet"),
        "round": gettext("Round"),
        "blind": gettext("Blind count"),
        "zero": gettext("Write 0 where nothing is there; leave a line empty where you did not look."),
        "counter": gettext("Counted by"),
        "counted_at": gettext("Counted at"),
        "signature": gettext("Signature"),
        "no": gettext("No."),
        "code": gettext("Item code"),
        "item": gettext("Item"),
        "lot": gettext("Lot, expiry"),
        "unit": gettext("Unit"),
        "book": gettext("Book"),
        "counted": gettext("Quantity counted"),
    }
