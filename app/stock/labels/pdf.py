"""Labels as a PDF: sheets of A4, or a roll's pages of one label each."""

import io
from collections.abc import Iterable
from itertools import islice
from typing import Any

from app.stock.labels.layout import POINT, Ink, Line, lay_out
from app.stock.labels.rules import Label, Paper, Symbol
from app.web.printing import CHINESE, LATIN, LATIN_BOLD, fitted, register_fonts


def make_pdf(labels: Iterable[Label], paper: Paper, symbol: Symbol, title: str, skip: int = 0) -> bytes:
    """Return the labels as a PDF; the first *skip* places of a used sheet stay empty."""
    buffer = io.BytesIO()
    width, height = paper.page
    canvas = open_canvas(buffer, (width / POINT, height / POINT), title)
    waiting = iter(labels)
    first = skip % paper.a_page
    while batch := list(islice(waiting, paper.a_page - first)):
        for index, label in enumerate(batch, start=first):
            left, top = paper.place(index)
            print_ink(canvas, lay_out(label, paper, symbol), left, height - top - paper.label[1])
        canvas.showPage()
        first = 0
    canvas.save()
    return buffer.getvalue()


def open_canvas(buffer: io.BytesIO, page: tuple[float, float], title: str) -> Any:
    """Return a canvas that writes into *buffer*, its page in points."""
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415  # heavy, and only print needs it

    register_fonts()
    canvas = Canvas(buffer, pagesize=page, invariant=True)
    canvas.setTitle(title)
    canvas.setCreator("Zhangshi")
    return canvas


def print_ink(canvas: Any, ink: Ink, left: float, bottom: float) -> None:
    """Print *ink* with its lower left corner so many millimetres from the page's."""
    path = canvas.beginPath()
    for x, y, width, height in ink.rects:
        path.rect((left + x) / POINT, (bottom + y) / POINT, width / POINT, height / POINT)
    canvas.drawPath(path, stroke=0, fill=1)
    for line in ink.lines:
        font = _font(line)
        canvas.setFont(font, line.size)
        text = fitted(line.text, font, line.size, line.width / POINT)
        canvas.drawString((left + line.x) / POINT, (bottom + line.y) / POINT, text)


def _font(line: Line) -> str:
    if not line.text.isascii():
        return CHINESE
    return LATIN_BOLD if line.bold else LATIN
