"""Addresses: a number that no row can have is an address that does not exist, on every page.

Cost: what writes a page's address is compiled when the page is first linked to, not at the start.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Rule

LARGEST_ID = 2**63 - 1


class RowNumber(IntegerConverter):
    """An integer that fits a BIGINT; a larger one would break the statement that asks for its row."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **({"max": LARGEST_ID} | options))


class Route(Rule):
    """A rule that has werkzeug compile its builders on their first use: for all pages they are a tenth of a start."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = cache(partial(super()._compile_builder, append_unknown))

        def build(rule: Rule, /, **values: object) -> tuple[str, str]:
            return compiled()(rule, **values)

        return build


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
    """Have every `<int:…>` mean such a number, and no builder compiled before it is needed."""
    app.url_rule_class = Route
    app.url_map.converters["int"] = RowNumber
