"""The report as a file: workbook, CSV, or a PDF to sign."""

from collections.abc import Sequence
from typing import Any

from flask import Response
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.stocktake.approval.queries import list_standing
from app.stocktake.notes.queries import notes_by_place
from app.stocktake.report.columns import FileColumn, file_columns
from app.stocktake.report.names import Names
from app.stocktake.report.pages import row_views
from app.stocktake.report.queries import Report
from app.stocktake.report.rules import Line
from app.stocktake.rules import STATE_NAMES
from app.web.exports import PDF, comma_separated, download, workbook
from app.web.formats import FILTERS, instant, money, percent
from app.web.printing import PrintColumn, print_table

FORMATS = ("xlsx", "csv", "pdf")
_RIGHT = {"quantity", "signed", "price", "money"}


def as_file(
    session: Session, report: Report, names: Names, lines: Sequence[Line], wanted: str, *, values: bool
) -> Response:
    """Return *lines* in one of FORMATS; a PDF has what fits its width, the others everything."""
    rows = row_views(session, report, lines, names, notes_by_place(session, report.stocktake.id))
    columns = file_columns(list_standing(session, report.stocktake.id), values=values)
    name = report.stocktake.number
    if wanted == "pdf":
        shown = [column for column in columns if column.width]
        cells = ([_shown(column, row) for column in shown] for row in rows)
        return download(_pdf(report, shown, cells, len(rows), values=values), f"{name}.pdf", PDF)
    cells = ([column.read(row) for column in columns] for row in rows)
    titles = [(column.title, column.kind) for column in columns]
    return workbook(name, titles, cells) if wanted == "xlsx" else comma_separated(name, titles, cells)


def _shown(column: FileColumn, row: Any) -> str:
    value = column.read(row)
    if value is None or value == "":
        return ""
    return str(FILTERS[column.kind](value)) if column.kind in FILTERS else str(value)


def _pdf(report: Report, columns: Sequence[FileColumn], cells: Any, count: int, *, values: bool) -> bytes:
    stocktake, total = report.stocktake, report.total
    facts = [
        gettext("State: %(state)s", state=gettext(STATE_NAMES[stocktake.state])),
        gettext("Lines counted: %(counted)s of %(lines)s", counted=total.counted, lines=total.lines),
        gettext("Differences: %(number)s", number=total.differing),
        gettext("Accuracy by lines: %(share)s", share=percent(total.by_lines)),
    ]
    if values:
        facts.append(gettext("Surplus: %(amount)s", amount=money(total.surplus_value)))
        facts.append(gettext("Shortage: %(amount)s", amount=money(total.shortage_value)))
    facts.append(gettext("Printed at %(at)s", at=instant(report.now)))
    return print_table(
        title=gettext("Differences of %(number)s", number=stocktake.number),
        facts=facts,
        columns=[PrintColumn(column.title, column.width, column.kind in _RIGHT) for column in columns],
        rows=cells,
        count=count,
        signatures=[gettext("Counted by"), gettext("Recounted by"), gettext("Approved by"), gettext("Date")],
        page_of=lambda page, pages: str(gettext("Page %(page)s of %(pages)s", page=page, pages=pages)),
    )
