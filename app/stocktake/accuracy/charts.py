"""The drawing above the list of past counts: accuracy and shrinkage month by month, as lines and bars."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct
from sqlalchemy.orm import Session

from app.stocktake.accuracy.listings import outcome_of
from app.stocktake.accuracy.queries import Only, grouped
from app.stocktake.accuracy.rules import By, bar_heights, floor_of, line_points

MONTHS: Final = 12


class Chart(Struct, frozen=True):
    """The last months with a count: what is drawn, in the units of the drawing."""

    months: Sequence[str]
    floor: Decimal
    lines: Sequence[tuple[int, int]]
    pieces: Sequence[tuple[int, int]]
    value: Sequence[tuple[int, int]]
    losses: Sequence[int]
    surpluses: Sequence[int]
    latest: Any

    @property
    def is_drawn(self) -> bool:
        """Whether there is more than one month, so that something can be seen to change."""
        return len(self.months) > 1


def read_chart(session: Session, only: Only) -> Chart | None:
    """Return the chart of what *only* means; None before the first count. One statement."""
    statement = grouped(session, By.MONTH, only)
    newest = session.execute(statement.order_by(statement.selected_columns["place"].desc()).limit(MONTHS)).all()
    rows = newest[::-1]
    if not rows:
        return None
    outcomes = [outcome_of(row) for row in rows]
    floor = floor_of([share for each in outcomes for share in (each.by_lines, each.by_pieces, each.by_value)])
    heights = bar_heights([row.loss for row in rows] + [row.surplus for row in rows])
    return Chart(
        months=[row.id for row in rows],
        floor=floor,
        lines=line_points([each.by_lines for each in outcomes], floor),
        pieces=line_points([each.by_pieces for each in outcomes], floor),
        value=line_points([each.by_value for each in outcomes], floor),
        losses=heights[: len(rows)],
        surpluses=heights[len(rows) :],
        latest=outcomes[-1],
    )
