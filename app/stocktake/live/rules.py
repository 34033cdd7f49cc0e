"""The pace of a count and what it promises: pure arithmetic over what was closed when."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec import Struct

from app.stocktake.rules import BinState, state_of_round

# Pace is what the last hour says; a scan a minute is what the last ten minutes say.
PACE: Final = timedelta(hours=1)
RECENT: Final = timedelta(minutes=10)
# Two closings make one interval: fewer say nothing about the next.
FEWEST: Final = 2


class BinRow(NamedTuple):
    """One count of a bin as it is kept for the eye."""

    bin: int
    round: int
    state: BinState
    counter: int | None
    opened_at: datetime | None
    closed_at: datetime | None


class Activity(NamedTuple):
    """What somebody scanned in a bin lately: the last instant, and how many within the last minutes."""

    counter: int
    bin: int | None
    last_at: datetime
    recent: int


class BinNow(Struct, frozen=True):
    """A bin in its latest round: how far, since when, and how many lines it has."""

    bin: int
    state: BinState
    lines: int
    closed_at: datetime | None
    counters: tuple[int, ...]


class CounterNow(Struct, frozen=True):
    """A counter: the bins they have open, how many they closed, their last scan and how fast they scan."""

    counter: int
    open_bins: tuple[int, ...]
    closed: int
    last_at: datetime | None
    per_minute: int


def bins_now(rows: Iterable[BinRow], lines: Mapping[int, int]) -> list[BinNow]:
    """Return each bin as its latest round stands: one complete count is enough, one beginner makes it open."""
    latest: dict[int, list[BinRow]] = {}
    for row in rows:
        known = latest.get(row.bin)
        if known is None or row.round > known[0].round:
            latest[row.bin] = [row]
        elif row.round == known[0].round:
            known.append(row)
    return [_bin_now(bin_id, own, lines.get(bin_id, 0)) for bin_id, own in latest.items()]


def _bin_now(bin_id: int, own: Sequence[BinRow], lines: int) -> BinNow:
    state = state_of_round({row.state for row in own})
    closings = [row.closed_at for row in own if row.closed_at]
    open_by = tuple(row.counter for row in own if row.counter and row.state is BinState.OPEN)
    return BinNow(bin_id, state, lines, max(closings, default=None), open_by)


def counters_now(rows: Iterable[BinRow], activity: Iterable[Activity], now: datetime) -> list[CounterNow]:
    """Return everybody who counts or counted, who scanned last first."""
    rows, activity = list(rows), list(activity)
    everybody = dict.fromkeys([row.counter for row in rows if row.counter] + [each.counter for each in activity])
    found = [_counter_now(counter, rows, activity) for counter in everybody]
    return sorted(found, key=lambda each: (now - each.last_at if each.last_at else PACE * 2, each.counter))


def _counter_now(counter: int, rows: Sequence[BinRow], activity: Sequence[Activity]) -> CounterNow:
    own = [row for row in rows if row.counter == counter]
    scans = [each for each in activity if each.counter == counter]
    return CounterNow(
        counter,
        tuple(row.bin for row in own if row.state is BinState.OPEN),
        sum(row.state is BinState.CLOSED for row in own),
        max((each.last_at for each in scans), default=None),
        per_minute(scans),
    )


def per_minute(activity: Iterable[Activity]) -> int:
    """Return how many scans a minute there were lately, rounded half up."""
    minutes = int(RECENT.total_seconds()) // 60
    return (2 * sum(each.recent for each in activity) + minutes) // (2 * minutes)


def expected_end(bins: Sequence[BinNow], started_at: datetime | None, now: datetime) -> datetime | None:
    """Return when the last bin will be closed at the pace of the last hour; None where there is no pace yet.

    A bin is a walk and its lines: it weighs its lines and one more.
    """
    left = sum(each.lines + 1 for each in bins if each.state is not BinState.CLOSED)
    since = max(now - PACE, started_at or now - PACE)
    lately = [each for each in bins if each.state is BinState.CLOSED and each.closed_at and each.closed_at >= since]
    if not left or len(lately) < FEWEST or now <= since:
        return None
    return now + (now - since) * left / sum(each.lines + 1 for each in lately)
