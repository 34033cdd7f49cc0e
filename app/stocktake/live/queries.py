"""What the live view asks: six statements for everybody, and the report of the last bins for those who may see it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.identity.models import User
from app.places.models import Location
from app.scanning.models import Scan
from app.scanning.queries import list_parked
from app.stocktake.assignment.queries import count_lines
from app.stocktake.counting.queries import TASK
from app.stocktake.live.rules import (
    PACE,
    RECENT,
    Activity,
    BinNow,
    BinRow,
    CounterNow,
    bins_now,
    counters_now,
    expected_end,
    per_minute,
)
from app.stocktake.models import Stocktake, StocktakeBin
from app.stocktake.report.queries import read_report
from app.stocktake.report.rules import Tally
from app.stocktake.rules import BinState

# Accuracy is told of the bins counted last: a whole report is too much to ask every few seconds.
LAST_BINS: Final = 20


class Live(Struct, frozen=True):
    """How counting goes right now; `accuracy` is of the bins counted last, for those who may see it."""

    bins: Sequence[BinNow]
    counters: Sequence[CounterNow]
    names: Mapping[int, str]
    codes: Mapping[int, str]
    per_minute: int
    parked: int
    expected_end: datetime | None
    accuracy: Tally | None
    now: datetime

    def count(self, state: str) -> int:
        """Return how many bins are in this state."""
        return sum(each.state == state for each in self.bins)

    @property
    def lines(self) -> int:
        """How many lines there are to count."""
        return sum(each.lines for each in self.bins)

    @property
    def lines_done(self) -> int:
        """How many of them lie in bins that are closed."""
        return sum(each.lines for each in self.bins if each.state is BinState.CLOSED)

    @property
    def percent(self) -> int:
        """Closed bins of all, in whole percent."""
        return 100 * self.count(BinState.CLOSED) // len(self.bins) if self.bins else 0


def read_live(session: Session, stocktake: Stocktake, now: datetime, *, with_accuracy: bool) -> Live:
    """Return how counting goes. A constant number of statements."""
    rows = _bin_rows(session, stocktake.id)
    bins = bins_now(rows, count_lines(session, stocktake.id))
    activity = _activity(session, stocktake.id, {row.counter for row in rows if row.counter}, now)
    counters = counters_now(rows, activity, now)
    open_bins = {bin_id for each in counters for bin_id in each.open_bins}
    return Live(
        bins=bins,
        counters=counters,
        names=_names(session, User.id, User.name, [each.counter for each in counters]),
        codes=_names(session, Location.id, Location.code, open_bins),
        per_minute=per_minute(activity),
        parked=len(list_parked(session, TASK, stocktake.id)),
        expected_end=expected_end(bins, stocktake.started_at, now),
        accuracy=_accuracy(session, stocktake, bins, now) if with_accuracy else None,
        now=now,
    )


def _bin_rows(session: Session, stocktake_id: int) -> list[BinRow]:
    row = StocktakeBin.__table__.c
    statement = select(row.bin_id, row.round, row.state, row.counter_id, row.opened_at, row.closed_at)
    return [BinRow(*found) for found in session.execute(statement.where(row.stocktake_id == stocktake_id))]


def _activity(session: Session, stocktake_id: int, counters: Collection[int], now: datetime) -> list[Activity]:
    """Return what was scanned within the last hour, by counter and bin; found by who sent it, not by what it is for."""
    recent = func.sum(case((Scan.occurred_at >= now - RECENT, 1), else_=0))
    statement = (
        select(Scan.user_id, Scan.location_id, func.max(Scan.occurred_at), recent)
        .where(Scan.user_id.in_(counters), Scan.received_at >= now - PACE)
        .where(Scan.task_kind == TASK, Scan.task_id == stocktake_id)
        .group_by(Scan.user_id, Scan.location_id)
    )
    return [Activity(user, bin_id, last, int(count)) for user, bin_id, last, count in session.execute(statement)]


def _names(session: Session, key: Any, name: Any, wanted: Collection[int]) -> dict[int, str]:
    rows = session.execute(select(key, name).where(key.in_(wanted)))
    return {number: text for number, text in rows}  # noqa: C416  # rows are no pairs to dict()


def _accuracy(session: Session, stocktake: Stocktake, bins: Sequence[BinNow], now: datetime) -> Tally | None:
    closed = [(each.closed_at, each.bin) for each in bins if each.state is BinState.CLOSED and each.closed_at]
    last = [bin_id for _, bin_id in sorted(closed)[-LAST_BINS:]]
    return read_report(session, stocktake, now, last).total if last else None
