"""Numbers in addresses: one that no row can have is an address that does not exist, on every page."""

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter

LARGEST_ID = 2**63 - 1


class RowNumber(IntegerConverter):
    """An integer that fits a BIGINT; a larger one would break the statement that asks for its row."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **({"max": LARGEST_ID} | options))


def init_app(app: Flask) -> None:
    """Have every `<int:…>` mean such a number."""
    app.url_map.converters["int"] = RowNumber
