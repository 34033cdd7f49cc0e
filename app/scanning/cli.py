"""`flask decode FILE…` and `flask parse`: one JSON object per photo or code, for other programs to read."""

import json
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import click

from app.kernel.clock import utc_now
from app.kernel.errors import InvalidInput
from app.scanning.answers import decoded_json, parsed_json
from app.scanning.decode import decode
from app.scanning.parse import parse


@click.command("decode")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def decode_command(files: tuple[Path, ...]) -> None:
    """Print the codes in each photo FILE."""
    for file in files:
        started = time.perf_counter()
        answer = _decode_file(file)
        answer["ms"] = round(1000 * (time.perf_counter() - started), 1)
        _print({name: answer[name] for name in ("file", "codes", "ms", "error")})


def _decode_file(file: Path) -> dict[str, Any]:
    try:
        decoded = decode(file.read_bytes())
    except OSError as missing:
        return {"file": str(file), "codes": [], "error": missing.strerror or str(missing)}
    except InvalidInput as refused:
        return {"file": str(file), "codes": [], "error": str(refused)}
    return {"file": str(file), **decoded_json(decoded)}


@click.command("parse")
def parse_command() -> None:
    """Print what each code says, one a line on standard input."""
    today = utc_now().date()
    # In bytes: a text stream would also break lines at other control characters, of which 0x1D belongs to the code.
    for line in sys.stdin.buffer:
        _print(_parse_text(line.rstrip(b"\r\n").decode("utf-8", "replace"), today))


def _parse_text(text: str, today: date) -> dict[str, Any]:
    """Return what the code *text* says as the command prints it."""
    parsed = parse(text, today=today)
    return {"input": text, **parsed_json(parsed)}


def _print(answer: dict[str, Any]) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False))


commands = (decode_command, parse_command)
