"""Numbers in addresses: one that no row can have is an address that does not exist, on every page."""

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter

LARGEST_ID = 2**63 - 1


class RowNumber(IntegerConverter):
    """An integer that fits a BIGINT; a larger one would break the statement that asks for its row."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **({"max": LARGEST_ID} | options))


def row_number(text: str) -> int:
    """Return the row's number that a query names: `request.args.get("item", type=row_number)`. Errors: ValueError."""
    number = int(text)
    if not 0 <= number <= LARGEST_ID:
        raise ValueError(text)
    return number


def number_or_none(text: str) -> int | None:
    """Return the row's number that a text names, None where it names none."""
    try:
        return row_number(text) if text.isdecimal() else None
    except ValueError:
        return None


def init_app(app: Flask) -> None:
    """Have every `<int:…>` mean such a number."""
    app.url_map.converters["int"] = RowNumber
