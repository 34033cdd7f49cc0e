"""A file becomes rows of text: XLS, XLSX, ODS, CSV or TSV in UTF-8 or GB18030, also gzipped; codes stay exact."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from app.imports.rules import clean
from app.kernel.errors import InvalidInput
from app.kernel.i18n import N_

SHEETS = (".xls", ".xlsx", ".xlsm", ".xlsb", ".ods")
TEXTS = (".csv", ".tsv", ".txt")
_PROBE = 1 << 20
_MOST_UNPACKED = 1 << 30


class NotReadable(InvalidInput):
    """Neither a sheet nor a table of text."""

    message = N_("This file cannot be read as a table. Use XLSX, XLS, ODS, or CSV in UTF-8 or GB18030.")


class Empty(InvalidInput):
    """No row at all."""

    message = N_("There is nothing in this file.")


def read_rows(path: Path, name: str) -> Iterator[list[str]]:
    """Yield the rows of the file at *path* that was called *name*; blank rows are left out.

    Errors: NotReadable.
    """
    suffixes = [suffix.lower() for suffix in Path(name).suffixes]
    kind = next((s for s in reversed(suffixes) if s != ".gz"), "")
    if kind in SHEETS:
        rows = _sheet_rows(path)
    elif kind in TEXTS:
        rows = _text_rows(path, zipped=suffixes[-1] == ".gz")
    else:
        raise NotReadable
    return (row for row in rows if any(row))


def first_rows(path: Path, name: str, count: int = 20) -> list[list[str]]:
    """Return the first rows, for matching columns and for showing."""
    rows = list(islice(read_rows(path, name), count))
    if not rows:
        raise Empty
    return rows


def _sheet_rows(path: Path) -> Iterator[list[str]]:
    import python_calamine  # noqa: PLC0415  # a native library that only imports need

    try:
        sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    except (python_calamine.CalamineError, OSError, IndexError) as error:
        raise NotReadable from error
    for row in sheet.iter_rows():
        yield [_cell(value) for value in row]


def _cell(value: object) -> str:
    """Return what a person sees in the cell: 6901234567892.0 is a code, a midnight is a day."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        # 15 significant digits are all a sheet shows and all it keeps apart.
        return f"{Decimal(repr(value)):f}".removesuffix(".0")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(sep=" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return clean(value)


def _text_rows(path: Path, *, zipped: bool) -> Iterator[list[str]]:
    encoding = _encoding(path, zipped=zipped)
    with _opened(path, zipped=zipped) as file, io.TextIOWrapper(file, encoding, newline="") as text:
        try:
            for row in csv.reader(_checked(text), delimiter=_delimiter(path, encoding, zipped=zipped)):
                yield [clean(cell) for cell in row]
        except (UnicodeDecodeError, OSError, EOFError, zlib.error, csv.Error) as error:
            raise NotReadable from error


def _checked(text: TextIO) -> Iterator[str]:
    """Yield lines; stop at what is no text, and at what was packed to burst."""
    size = 0
    for line in text:
        size += len(line)
        if size > _MOST_UNPACKED or "\0" in line:
            raise NotReadable
        yield line


def _encoding(path: Path, *, zipped: bool) -> str:
    with _opened(path, zipped=zipped) as file:
        start = _read_some(file)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        # The probe may end inside a character: up to three bytes are forgiven.
        start[: max(0, len(start) - 3)].decode("utf-8") if len(start) == _PROBE else start.decode("utf-8")
    except UnicodeDecodeError as error:
        return "utf-8-sig" if error.start >= len(start) - 6 and len(start) == _PROBE else "gb18030"
    return "utf-8-sig"


def _read_some(file: BinaryIO) -> bytes:
    try:
        return file.read(_PROBE)
    except (OSError, EOFError, zlib.error) as error:
        raise NotReadable from error


def _delimiter(path: Path, encoding: str, *, zipped: bool) -> str:
    with _opened(path, zipped=zipped) as file, io.TextIOWrapper(file, encoding, errors="replace") as text:
        return max(",\t;|", key=text.readline().count)


@contextmanager
def _opened(path: Path, *, zipped: bool) -> Iterator[BinaryIO]:
    with path.open("rb") as raw:
        yield cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if zipped else raw
