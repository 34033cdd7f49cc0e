"""A file becomes numbered rows of text: XLS, XLSX, ODS, CSV or TSV, also gzipped; codes stay exact.

Law: a file is what it holds, not what it is called; and however it was made, it takes a bounded part of the machine.
"""

import codecs
import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from app.imports.rules import clean
from app.imports.sheets import NotReadable, TooMuch, sheet_rows
from app.kernel.errors import InvalidInput
from app.kernel.i18n import N_

SHEETS = (".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".et")
TEXTS = (".csv", ".tsv", ".txt")
# Programs of the trade write text and call it XLS.
OFTEN_TEXT = (".xls", ".et")
SHEET_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
GZIP_MARK = b"\x1f\x8b"
HTML_MARKS = (b"<", codecs.BOM_UTF8 + b"<")
DELIMITERS = ",\t;|，^"
LONGEST_LINE = 1 << 20
_PROBE = 1 << 20
_PROBED_ROWS = 20
_MOST_UNPACKED = 1 << 28

Row = tuple[int, list[str]]


class Empty(InvalidInput):
    """No row at all."""

    message = N_("There is nothing in this file.")


def read_rows(path: Path, name: str) -> Iterator[Row]:
    """Yield each row of the file at *path* that was called *name*, with its number in it; blank ones are left out.

    Errors: NotReadable, Protected, TooMuch.
    """
    suffix = next((s for s in reversed([s.lower() for s in Path(name).suffixes]) if s != ".gz"), "")
    with path.open("rb") as file:
        mark = file.read(4)
    if suffix not in SHEETS + TEXTS or mark.startswith(HTML_MARKS):
        raise NotReadable
    if mark.startswith(SHEET_MARKS):
        rows = sheet_rows(path)
    elif suffix in TEXTS + OFTEN_TEXT:
        rows = _text_rows(path, zipped=mark.startswith(GZIP_MARK))
    else:
        raise NotReadable
    cleaned = ((number, [clean(cell) for cell in row]) for number, row in rows)
    return ((number, row) for number, row in cleaned if any(row))


def first_rows(path: Path, name: str, count: int = _PROBED_ROWS) -> list[Row]:
    """Return the first rows, for matching columns and for showing. Errors: those of read_rows, Empty."""
    rows = list(islice(read_rows(path, name), count))
    if not rows:
        raise Empty
    return rows


def _text_rows(path: Path, *, zipped: bool) -> Iterator[Row]:
    try:
        encoding = _encoding(path, zipped=zipped)
        delimiter = _delimiter(path, encoding, zipped=zipped)
        csv.field_size_limit(LONGEST_LINE)
        with _opened(path, zipped=zipped) as file, _as_text(file, encoding) as text:
            yield from enumerate(csv.reader(_lines(text), delimiter=delimiter), start=1)
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise NotReadable from error


def _as_text(file: BinaryIO, encoding: str) -> TextIO:
    """Return the file as text; a character that cannot be read is marked, so that its row alone is refused."""
    return io.TextIOWrapper(file, encoding, errors="replace", newline="")


def _lines(text: TextIO) -> Iterator[str]:
    """Yield lines; stop at what is no text, and at what was packed to burst."""
    size = 0
    while line := text.readline(LONGEST_LINE):
        size += len(line)
        if size > _MOST_UNPACKED or len(line) == LONGEST_LINE:
            raise TooMuch
        if "\0" in line:
            raise NotReadable
        yield line


def _encoding(path: Path, *, zipped: bool) -> str:
    with _opened(path, zipped=zipped) as file:
        start = file.read(_PROBE)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if b"\0" in start:
            return next((each for each in ("utf-16-le", "utf-16-be") if _looks_like_text(start, each)), "utf-8")
        if _is_utf8(start, file):
            return "utf-8-sig"
    # UTF-8 with a broken character, or bytes of GB18030 some of which are UTF-8 by chance?
    beyond_ascii = [character for character in start.decode("utf-8", "replace") if not character.isascii()]
    return "utf-8-sig" if beyond_ascii.count("\ufffd") < len(beyond_ascii) // 10 else "gb18030"


def _is_utf8(start: bytes, rest: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    size, chunk = 0, start
    try:
        while chunk and size <= _MOST_UNPACKED:
            decoder.decode(chunk)
            size += len(chunk)
            chunk = rest.read(_PROBE)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _looks_like_text(start: bytes, encoding: str) -> bool:
    text = start[: len(start) // 2 * 2].decode(encoding, "replace")
    return "\0" not in text and "\n" in text and any(delimiter in text for delimiter in DELIMITERS)


def _delimiter(path: Path, encoding: str, *, zipped: bool) -> str:
    """Return what cuts the first rows into most columns, most evenly: a title above them has none or others."""
    with _opened(path, zipped=zipped) as file, _as_text(file, encoding) as text:
        lines = list(islice(_lines(text), _PROBED_ROWS))
    return max(DELIMITERS, key=lambda delimiter: _evenness(lines, delimiter))


def _evenness(lines: Sequence[str], delimiter: str) -> float:
    widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
    if not widths:
        return 0
    width, rows = max(widths.items(), key=lambda pair: (pair[1], pair[0]))
    return width * rows / widths.total()


@contextmanager
def _opened(path: Path, *, zipped: bool) -> Iterator[BinaryIO]:
    with path.open("rb") as raw:
        yield cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if zipped else raw
