"""A report's totals by bin, category, counter, reason and likely cause; each total opens to its lines."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from msgspec import Struct

from app.kernel.i18n import N_
from app.stocktake.report.filters import NO_REASON, category_of, corrected_counters, counter_of
from app.stocktake.report.names import Names
from app.stocktake.report.queries import Report
from app.stocktake.report.rules import Line, Tally, tally


class By(StrEnum):
    """What lines are grouped by."""

    BIN = "bin"
    CATEGORY = "category"
    COUNTER = "counter"
    REASON = "reason"


BY_NAMES: Final[dict[By, str]] = {
    By.BIN: N_("By bin"),
    By.CATEGORY: N_("By category"),
    By.COUNTER: N_("By counter"),
    By.REASON: N_("By reason"),
}
TITLES: Final[dict[By, str]] = {
    By.BIN: N_("Bin"),
    By.CATEGORY: N_("Category"),
    By.COUNTER: N_("Counted by"),
    By.REASON: N_("Reason"),
}
NOBODY: Final = 0
K = TypeVar("K", bound=Hashable)


class Group(Struct, frozen=True):
    """One group: its name, the query that opens its lines, its totals, how many of its counts were corrected."""

    name: str
    query: Mapping[str, object]
    total: Tally
    corrected: int = 0


def grouped(report: Report, by: By, names: Names, *, values: bool) -> list[Group]:
    """Return the totals of each group that has anything to say; bins in the order of walking, others by value.

    Without *values* they stand by how many lines differ: an order by value would tell it.
    """
    groups = _GROUPINGS[by](report, names)
    if by is By.BIN:
        return groups
    if not values:
        return sorted(groups, key=lambda each: -each.total.differing)
    return sorted(groups, key=lambda each: -(each.total.surplus_value + each.total.shortage_value))


def _split(lines: Iterable[Line], key: Callable[[Line], K]) -> dict[K, list[Line]]:
    found: dict[K, list[Line]] = defaultdict(list)
    for line in lines:
        found[key(line)].append(line)
    return found


def _by_bin(report: Report, names: Names) -> list[Group]:
    split = _split(report.lines, lambda line: line.place.bin)
    return [Group(names.bins.get(key, "?"), {"bin": key}, tally(own)) for key, own in split.items()]


def _by_category(report: Report, names: Names) -> list[Group]:
    split = _split(report.lines, lambda line: category_of(line, report) or 0)
    return [Group(names.categories.get(key, ""), {"category": key}, tally(own)) for key, own in split.items()]


def _by_counter(report: Report, names: Names) -> list[Group]:
    """Group by whose count decides: what nobody counted belongs to nobody."""
    split = _split(report.lines, lambda line: counter_of(line) or NOBODY)
    corrected = Counter(counter for line in report.lines for counter in corrected_counters(line))
    return [
        Group(names.users.get(key, "?"), {"counter": key}, tally(split.get(key, ())), corrected[key])
        for key in dict.fromkeys([*split, *corrected])
        if key != NOBODY
    ]


def _by_reason(report: Report, names: Names) -> list[Group]:
    judged: Sequence[Line] = [line for line in report.lines if line.known.is_judged and line.differs]
    split = _split(judged, lambda line: line.known.reason)
    return [
        Group(names.reasons.names.get(key, key), {"reason": key or NO_REASON}, tally(own)) for key, own in split.items()
    ]


_GROUPINGS: Final[dict[By, Callable[[Report, Names], list[Group]]]] = {
    By.BIN: _by_bin,
    By.CATEGORY: _by_category,
    By.COUNTER: _by_counter,
    By.REASON: _by_reason,
}
