"""What higher floors tell the catalogue about an item: filled in wiring, and nowhere else."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.web.panels import Panel


class ItemPanel(Protocol):
    """Draws its part of the page of one item."""

    def __call__(self, session: Session, item: Item) -> Panel:
        """Return the part of *item*."""
        ...


# Parts of an item's page, in order.
item_panels: list[ItemPanel] = []
# On hand of the item of the row at hand, as a column to show, sort and filter by.
on_hand_columns: list[Callable[[], ColumnElement[Decimal]]] = []
# When the item of the row at hand was last counted, as a column to show and sort by.
counted_columns: list[Callable[[], ColumnElement[datetime | None]]] = []
# Each lets in what waited for a code's meaning, within the command that gave it one, and answers how many those were.
on_barcode: list[Callable[[Session, int, datetime], int]] = []
# Each answers whether goods of the item lie somewhere now.
in_stock_checks: list[Callable[[Session, int], bool]] = []
# Each answers whether anything ever happened to the item.
history_checks: list[Callable[[Session, int], bool]] = []


def is_in_stock(session: Session, item_id: int) -> bool:
    """Return whether goods of the item lie somewhere."""
    return any(check(session, item_id) for check in in_stock_checks)


def has_history(session: Session, item_id: int) -> bool:
    """Return whether anything ever happened to the item."""
    return any(check(session, item_id) for check in history_checks)
