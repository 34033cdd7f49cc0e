"""Which lines of a report somebody asks for, and in which order: what an address's query says, applied in memory.

Law: what is approved "as shown" is narrowed by the same function as what is shown.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from app.kernel.errors import RuleBroken
from app.kernel.exact import ZERO, parse_money
from app.stocktake.causes.rules import CauseKind
from app.stocktake.report.names import NO_ITEM, Names
from app.stocktake.report.queries import Report
from app.stocktake.report.rules import Line, Show, Tally, shown
from app.web.addresses import number_or_none

NO_REASON: Final = "none"  # in addresses: no reason was given
BY_VALUE: Final = frozenset({"value", "size"})  # orders that tell which difference is worth more
_WITH_ALL_TO_APPROVE: Final = frozenset({Show.ALL, Show.DIFFERENCES, Show.TO_APPROVE})


class Wanted(Struct, frozen=True):
    """What a query asks for; None or empty: not asked."""

    show: Show
    query: str = ""
    sort: str = ""
    bin: int | None = None
    zone: int | None = None
    category: int | None = None
    counter: int | None = None
    corrected: int | None = None
    cause: CauseKind | None = None
    reason: str | None = None
    beyond: bool = False
    least: Decimal | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether lines that wait for an approval may be left out."""
        return self.show not in _WITH_ALL_TO_APPROVE or bool(self.query) or bool(self.chosen)

    @property
    def chosen(self) -> int:
        """How many filters are set beside search and `show`."""
        return sum(value is not None for value in self._chosen) + self.beyond

    @property
    def _chosen(self) -> tuple[object, ...]:
        return self.bin, self.zone, self.category, self.counter, self.corrected, self.cause, self.reason, self.least


def read_wanted(args: Mapping[str, str], total: Tally, *, values: bool) -> Wanted:
    """Return what *args* ask for; what cannot be read is not asked. Values count only for who may see them."""
    show, cause, sort = args.get("show", ""), args.get("cause", ""), args.get("sort", "")
    return Wanted(
        show=Show(show) if show in set(Show) else default_show(total),
        query=args.get("q", "").strip(),
        sort=sort if values or sort.removeprefix("-") not in BY_VALUE else "",
        bin=_number(args, "bin"),
        zone=_number(args, "zone"),
        category=_number(args, "category"),
        counter=_number(args, "counter"),
        corrected=_number(args, "corrected"),
        cause=CauseKind(cause) if cause in set(CauseKind) else None,
        reason=args.get("reason") or None,
        beyond=bool(args.get("beyond")),
        least=_amount(args.get("least", "")) if values else None,
    )


def default_show(total: Tally) -> Show:
    """Return what a manager wants to see first."""
    if total.to_approve:
        return Show.TO_APPROVE
    return Show.DIFFERENCES if total.differing else Show.ALL


def narrowed(report: Report, wanted: Wanted, names: Names) -> list[Line]:
    """Return the lines that are wanted, in the wanted order; causes must be known where a cause is wanted."""
    lines = shown(report.lines, wanted.show)
    for test in _tests(report, wanted, names):
        lines = [line for line in lines if test(line)]
    return _ordered(lines, wanted.sort, report, names)


def _tests(report: Report, wanted: Wanted, names: Names) -> list[Callable[[Line], bool]]:
    words = wanted.query.casefold().split()
    reason = "" if wanted.reason == NO_REASON else wanted.reason
    tests: list[tuple[bool, Callable[[Line], bool]]] = [
        (bool(words), lambda line: all(word in _text(line, report, names) for word in words)),
        (wanted.bin is not None, lambda line: line.place.bin == wanted.bin),
        (wanted.zone is not None, lambda line: names.zone_of.get(line.place.bin) == wanted.zone),
        (wanted.category is not None, lambda line: (category_of(line, report) or 0) == wanted.category),
        (wanted.counter is not None, lambda line: counter_of(line) == wanted.counter),
        (wanted.corrected is not None, lambda line: wanted.corrected in corrected_counters(line)),
        (wanted.cause is not None, lambda line: any(cause.kind is wanted.cause for cause in line.causes)),
        (wanted.reason is not None, lambda line: line.known.is_judged and line.known.reason == reason),
        (wanted.beyond, lambda line: line.is_beyond),
        (wanted.least is not None, lambda line: abs(line.value or ZERO) >= (wanted.least or ZERO)),
    ]
    return [test for is_asked, test in tests if is_asked]


def category_of(line: Line, report: Report) -> int | None:
    """Return the category of a line's item."""
    return report.items.get(line.place.item, NO_ITEM).category


def counter_of(line: Line) -> int | None:
    """Return whose count decides about a line."""
    return line.deciding.key.counter if line.deciding else None


def corrected_counters(line: Line) -> set[int]:
    """Return whose counts of a line a later count by somebody else set right."""
    if len(line.sayings) <= 1:
        return set()
    last = line.sayings[-1]
    wrong = {said.count.key.counter for said in line.sayings[:-1] if said.difference != last.difference}
    return wrong - {last.count.key.counter}


def _text(line: Line, report: Report, names: Names) -> str:
    item, place = report.items.get(line.place.item, NO_ITEM), line.place
    return " ".join(
        (item.code, item.name, item.spec, names.bins.get(place.bin, ""), names.lots.get(place.lot, ""))
    ).casefold()


def _ordered(lines: Sequence[Line], sort: str, report: Report, names: Names) -> list[Line]:
    keys: dict[str, Callable[[Line], Any]] = {
        "item": lambda line: report.items.get(line.place.item, NO_ITEM).name,
        "bin": lambda line: names.bins.get(line.place.bin, ""),
        "book": lambda line: line.book or ZERO,
        "counted": lambda line: line.counted if line.counted is not None else Decimal(-1),
        "difference": lambda line: line.difference or ZERO,
        "value": lambda line: line.value or ZERO,
        "size": lambda line: abs(line.value or ZERO),
    }
    key = keys.get(sort.removeprefix("-"))
    return sorted(lines, key=key, reverse=sort.startswith("-")) if key else list(lines)


def _number(args: Mapping[str, str], key: str) -> int | None:
    return number_or_none(args.get(key, ""))


def _amount(typed: str) -> Decimal | None:
    try:
        return parse_money(typed) if typed.strip() else None
    except RuleBroken:
        return None
