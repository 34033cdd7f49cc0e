"""Rows of a workbook, read in a process of its own: what a workbook does to its reader, it cannot do to the server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from app.imports import sheet_process
from app.kernel.errors import InvalidInput
from app.kernel.i18n import N_


class NotReadable(InvalidInput):
    """Neither a sheet nor a table of text."""

    message = N_("This file cannot be read as a table. Use XLSX, XLS, ODS, or CSV in UTF-8 or GB18030.")


class Protected(InvalidInput):
    """Nobody but who knows the password reads it."""

    message = N_("This file is protected by a password. Save it without one and upload it again.")


class TooMuch(InvalidInput):
    """More than a table of goods can be."""

    message = N_(
        "This file is too large to be read. Delete empty rows and columns behind the last entry, or save it as CSV."
    )


def sheet_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of each row of the workbook's first sheet that is shown and holds anything.

    Errors: NotReadable, Protected, TooMuch.
    """
    # -I: neither the folder of this package nor the environment says what the process imports.
    command = [sys.executable, "-I", sheet_process.__file__, str(path)]
    with subprocess.Popen(  # noqa: S603  # our own command line
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    ) as reader:
        try:
            for line in reader.stdout or ():
                if not line.endswith("\n"):
                    break  # it died in the middle of a row
                number, cells = json.loads(line)
                yield number, cells
            end = reader.wait()
        finally:
            reader.kill()  # whoever wanted the first rows alone leaves it writing
    if end == sheet_process.PROTECTED:
        raise Protected
    if end < 0:  # aborted for want of memory or time
        raise TooMuch
    if end:
        raise NotReadable
