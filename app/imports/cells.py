"""One row's cells, read with every slip collected instead of stopping at the first."""

from collections.abc import Callable, Mapping
from typing import TypeVar

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
