"""One row's cells, read with every slip collected instead of stopping at the first."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from app.company.inputs import PREFIX
from app.company.rules import Field as OwnField
from app.kernel.errors import RuleBroken

Value = TypeVar("Value")


class CellReader:
    """Reads the cells of one row; `problems` holds what was wrong so far."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        self.cells = cells
        self.problems: list[RuleBroken] = []

    def text(self, key: str) -> str:
        """Return the cell as it stands, empty where there is none."""
        return self.cells.get(key, "")

    def own_fields(self, fields: Sequence[OwnField]) -> dict[str, str]:
        """Return the values of the company's own fields that the row has, as they are kept."""
        values = {field.key: self.read(PREFIX + field.key, field.parse, "") for field in fields}
        return {key: value for key, value in values.items() if value}

    def read(self, key: str, parse: Callable[[str], Value], default: Value) -> Value:
        """Return the parsed cell, or *default* where it is empty or wrong."""
        text = self.text(key)
        if not text:
            return default
        try:
            return parse(text)
        except RuleBroken as problem:
            self.problems.append(problem)
            return default
