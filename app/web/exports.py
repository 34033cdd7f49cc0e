"""Files to keep: XLSX with exact numbers as numbers and codes as text, so that no barcode turns into 6.9E+12; CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from flask import Response
from flask_babel import to_user_timezone

from app.kernel.exact import plain
from app.web.formats import day, instant, yes_no

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
PDF = "application/pdf"
# A spreadsheet takes a text that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NUMBER_FORMATS = {
    "code": "@",
    "quantity": "#,##0.###",
    "signed": "+#,##0.###;-#,##0.###;0",
    "money": "#,##0.00",
    "price": "#,##0.00####",
    "percent": "0.0%",
    "instant": "yyyy-mm-dd hh:mm",
    "day": "yyyy-mm-dd",
}

_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  # a workbook's days have no time zone
_DAY = timedelta(days=1)


def workbook(name: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> Response:
    """Return *rows* under *columns* (title, kind) as a workbook named *name*.xlsx."""
    return download(sheet(columns, rows), f"{name}.xlsx", XLSX)


def sheet(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return one sheet with a frozen, filterable heading row."""
    import xlsxwriter  # noqa: PLC0415  # heavy, and only exports need it

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    page = book.add_worksheet()
    heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    formats = [book.add_format({"num_format": NUMBER_FORMATS.get(kind, "General")}) for _, kind in columns]
    for index, (title, kind) in enumerate(columns):
        page.set_column(index, index, 28 if kind == "text" else 16)
        page.write_string(0, index, title, heading)
    page.freeze_panes(1, 0)
    last = 0
    for last, row in enumerate(rows, start=1):
        for index, value in enumerate(row):
            _write(page, last, index, value, formats[index])
    page.autofilter(0, 0, last, max(0, len(columns) - 1))
    book.close()
    return buffer.getvalue()


def comma_separated(name: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> Response:
    """Return *rows* as *name*.csv: UTF-8 with the mark that spreadsheets look for, plain numbers, no live formulas."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([title for title, _ in columns])
    writer.writerows([_plain_cell(value) for value in row] for row in rows)
    return download(buffer.getvalue().encode("utf-8-sig"), f"{name}.csv", CSV)


def _plain_cell(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return yes_no(value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return day(value)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not isinstance(value, int) else text


def download(content: bytes, name: str, mimetype: str) -> Response:
    """Return *content* as a file to keep, its name safe in every browser."""
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def _write(page: Any, row: int, column: int, value: Any, style: Any) -> None:
    """Write one cell; an empty one is left out. The kinds of which a list has most come first."""
    if isinstance(value, str):
        if value:
            page.write_string(row, column, value, style)
    elif value is None:
        return
    elif isinstance(value, bool):
        page.write_string(row, column, yes_no(value), style)
    elif isinstance(value, Decimal | int):
        # XLSX knows only binary doubles; 15 digits survive, more than any amount the books carry.
        page.write_number(row, column, value, style)
    elif isinstance(value, datetime):
        page.write_number(row, column, _serial(value), style)
    elif isinstance(value, date):
        page.write_datetime(row, column, value, style)
    else:
        page.write_string(row, column, str(value), style)


def _serial(instant: datetime) -> float:
    """Return *instant* by the user's clock as a workbook counts days, in a third of the time that XlsxWriter takes."""
    local: datetime = to_user_timezone(instant)
    return (local.replace(tzinfo=None) - _DAY_ZERO) / _DAY
