"""How right the books were (账实一致率), by lines, by pieces and by value, and what was lost.

Accuracy by lines is the share of counted lines whose books were exactly right; a count that matches is a result.
By pieces and by value it is one less all differences, whichever way, over what the books said: a piece too many in
one bin never makes up for a piece too few in another.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from msgspec import Struct

from app.kernel.exact import ZERO
from app.kernel.i18n import N_


class By(StrEnum):
    """What past counts are added up by."""

    MONTH = "month"
    STOCKTAKE = "stocktake"
    WAREHOUSE = "warehouse"
    ZONE = "zone"
    BIN = "bin"
    CATEGORY = "category"
    ITEM = "item"
    COUNTER = "counter"


BY_NAMES: Final[dict[By, str]] = {
    By.MONTH: N_("Month"),
    By.STOCKTAKE: N_("Stocktake"),
    By.WAREHOUSE: N_("Warehouse"),
    By.ZONE: N_("Zone"),
    By.BIN: N_("Bin"),
    By.CATEGORY: N_("Category"),
    By.ITEM: N_("Item"),
    By.COUNTER: N_("Counter"),
}


class Outcome(Struct, frozen=True):
    """Totals of counted lines: how many, how many right, pieces and value by the books, and what differed."""

    lines: int
    matching: int
    book: Decimal
    off: Decimal
    book_value: Decimal | None
    off_value: Decimal

    @property
    def by_lines(self) -> Decimal | None:
        """The share of lines that were right."""
        return right_share(self.lines - self.matching, self.lines)

    @property
    def by_pieces(self) -> Decimal | None:
        """The share of pieces that were right."""
        return right_share(self.off, self.book)

    @property
    def by_value(self) -> Decimal | None:
        """The share of value that was right."""
        return right_share(self.off_value, self.book_value or ZERO)


def right_share(wrong: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Return which share is right, between 0 and 1; None where there is nothing."""
    if not whole:
        return None if not wrong else ZERO
    return max(ZERO, 1 - Decimal(wrong) / Decimal(whole))


def first_month(today: date, months: int) -> str:
    """Return the first of the last *months* months, this one included: 2026-11 for one month in November."""
    count = today.year * 12 + today.month - months
    return f"{count // 12:04d}-{count % 12 + 1:02d}"


# --- charts: geometry only, in the units of the drawing ---------------------------------------------------------------

WIDTH: Final = 640
HEIGHT: Final = 160


def line_points(shares: Iterable[Decimal | None], floor: Decimal) -> list[tuple[int, int]]:
    """Return where the points of a line lie: from left to right, *floor* at the bottom and 1 at the top."""
    values = list(shares)
    step = Decimal(WIDTH) / max(1, len(values))
    span = 1 - floor
    return [
        (round(step * index + step / 2), round(HEIGHT * (1 - (share - floor) / span)))
        for index, share in enumerate(values)
        if share is not None
    ]


def floor_of(shares: Iterable[Decimal | None]) -> Decimal:
    """Return where a chart of shares begins: 0, 0.5, 0.8 or 0.9, whichever still shows the worst of them."""
    worst = min((share for share in shares if share is not None), default=ZERO)
    return next((start for start in (Decimal("0.9"), Decimal("0.8"), Decimal("0.5")) if worst > start), ZERO)


def bar_heights(amounts: Iterable[Decimal]) -> list[int]:
    """Return how high bars stand, the largest as high as half of the drawing."""
    values = [abs(amount) for amount in amounts]
    largest = max(values, default=ZERO)
    return [round(value * (HEIGHT // 2) / largest) if largest else 0 for value in values]
