"""A process of its own that reads one workbook and writes its rows as lines of JSON: [row number, [cell, …]].

Law: it knows nothing of the product, for importing that would take longer than reading; and it may die. A workbook of a
few kilobytes can ask for more memory than any machine has, and then the process is aborted, not the server.
"""

import json
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

# What a full sheet of a million rows needs; more is a sheet that reaches to its last corner, or one made to burst.
MOST_MEMORY = 2 << 30
MOST_SECONDS = 120
# A spreadsheet keeps 15 digits: of a longer number nobody knows the rest.
DIGITS_KEPT = 15
LONGEST_NUMBER = 10**DIGITS_KEPT

# The name of what a compound file holds in place of a workbook under a password.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
VISIBLE = "SheetVisibleEnum.Visible"
PROTECTED = 3
UNREADABLE = 4


def main(path: str) -> int:
    """Write the rows of the workbook at *path*; return 0, PROTECTED or UNREADABLE."""
    _limit()
    import python_calamine  # noqa: PLC0415  # within the limits

    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        for number, row in enumerate(_rows(workbook), start=1):
            if any(cell != "" for cell in row):
                sys.stdout.write(json.dumps([number, [_text(cell) for cell in row]], ensure_ascii=False) + "\n")
    except (python_calamine.CalamineError, OSError):
        return PROTECTED if ENCRYPTED in Path(path).read_bytes() else UNREADABLE
    return 0


def _rows(workbook: Any) -> Iterator[list[Any]]:
    """Yield the rows of the first sheet that is shown and not empty; of a hidden one only where none is shown."""
    is_hidden = [str(each.visible) != VISIBLE for each in workbook.sheets_metadata]
    for index in sorted(range(len(is_hidden)), key=is_hidden.__getitem__):
        sheet = workbook.get_sheet_by_index(index)
        if sheet.start is not None:
            yield from sheet.iter_rows()
            return


def _text(value: Any) -> str:
    """Return what a person sees in the cell: 6901234567892.0 is a code, a midnight is a day."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(sep=" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(value)


def _number(value: float) -> str:
    """Return the number with the digits that a spreadsheet keeps: 3.3000000000000003 is 3.3."""
    rounded = Decimal(f"{value:.{DIGITS_KEPT}g}")
    if not rounded.is_finite() or abs(rounded) >= LONGEST_NUMBER:
        return f"{rounded:E}"  # as the spreadsheet shows it; whoever reads the row says that digits are gone
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _limit() -> None:
    try:
        import resource  # noqa: PLC0415  # Windows has none
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a pipe is a TextIOWrapper
    sys.exit(main(sys.argv[1]))
