"""The report as a page: which lines, in which order, with the names of everything a line speaks of."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Lot
from app.identity.models import User
from app.kernel.errors import InvalidInput
from app.kernel.exact import ZERO, plain
from app.kernel.i18n import N_
from app.places.models import Location
from app.stocktake.causes.rules import Cause, CauseKind, Place
from app.stocktake.counting.rules import LineCount
from app.stocktake.report.queries import MANY, ItemLabel, Report, with_causes
from app.stocktake.report.rules import Line, Show, Tally, by_bin, shown
from app.web.formats import quantity

SIZES: Final = (50, 100, 200)
STATUS_NAMES: Final = {
    LineCount.COUNTED: N_("counted"),
    LineCount.ZERO: N_("counted zero"),
    LineCount.NOT_COUNTED: N_("not counted"),
}
NO_ITEM: Final = ItemLabel("?", "?", "", "")


class BadKey(InvalidInput):
    """The address names no line."""

    message = N_("This address names no line of a stocktake.")


@dataclass(frozen=True)
class Names:
    """What people call bins, lots and counters."""

    bins: Mapping[int, str]
    lots: Mapping[int, str]
    users: Mapping[int, str]


@dataclass(frozen=True)
class RowView:
    """A line with its names."""

    line: Line
    key: str
    bin: str
    item: ItemLabel
    lot: str
    counters: tuple[str, ...]
    causes: tuple[str, ...]

    @property
    def status(self) -> str:
        """Which of the three states the line is in, in the user's language."""
        return str(gettext(STATUS_NAMES[self.line.status]))

    @property
    def seen(self) -> str:
        """The difference as an approval names it."""
        return plain(self.line.difference or ZERO)


@dataclass(frozen=True)
class LinePage:
    """One page of a report's lines, with what the template needs to walk on."""

    report: Report
    rows: Sequence[RowView]
    show: Show
    query: str
    sort: str
    bin: int | None
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Number of the first line shown, 0 when there is none."""
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        """Number of the last line shown."""
        return min(self.number * self.size, self.total)

    def url(self, **changes: object) -> str:
        """Return this report's address with *changes* to its query."""
        kept = {key: value for key, value in request.args.items() if key not in changes}
        wanted = {key: value for key, value in (kept | changes).items() if value not in (None, "")}
        return f"{request.path}?{urlencode(wanted)}" if wanted else request.path

    def sort_url(self, key: str) -> str:
        """Return the address that sorts by *key*, or turns its order round."""
        return self.url(sort=f"-{key}" if self.sort == key else key, page=None)


def key_of(place: Place) -> str:
    """Return the word that names a line in addresses and forms: bin-item-lot."""
    return "-".join(map(str, place))


def place_of(key: str) -> Place:
    """Return the place that *key* names. Errors: BadKey."""
    parts = key.split("-")
    if len(parts) != len(Place._fields) or not all(part.isdecimal() and len(part) < 16 for part in parts):  # noqa: PLR2004  # ids of 15 digits fit a bigint
        raise BadKey
    return Place(*map(int, parts))


def default_show(total: Tally) -> Show:
    """Return what a manager wants to see first."""
    if total.to_approve:
        return Show.TO_APPROVE
    return Show.DIFFERENCES if total.differing else Show.ALL


def chosen_lines(report: Report, names: Names) -> tuple[list[Line], Show, str, str, int | None]:
    """Return the lines that the request's query asks for, in its order, and how it asked."""
    wanted = request.args.get("show", "")
    show = Show(wanted) if wanted in set(Show) else default_show(report.total)
    query, sort = request.args.get("q", "").strip(), request.args.get("sort", "")
    only_bin = request.args.get("bin", type=int)
    lines = shown(report.lines, show)
    if only_bin is not None:
        lines = [line for line in lines if line.place.bin == only_bin]
    if query:
        lines = [line for line in lines if _is_named(line, query.casefold().split(), report, names)]
    return _ordered(lines, sort, report, names), show, query, sort, only_bin


def page_of(session: Session, report: Report) -> LinePage:
    """Return the page of the report that the request's query asks for."""
    names = read_names(session, report)
    lines, show, query, sort, only_bin = chosen_lines(report, names)
    size = request.args.get("size", SIZES[0], type=int)
    size = size if size in SIZES else SIZES[0]
    if request.args.get("print"):
        size = max(size, len(lines))
    number = min(max(1, request.args.get("page", 1, type=int)), max(1, -(-len(lines) // size)))
    rows = row_views(session, report, lines[(number - 1) * size : number * size], names)
    return LinePage(report, rows, show, query, sort, only_bin, number, size, len(lines))


def row_views(session: Session, report: Report, lines: Sequence[Line], names: Names) -> list[RowView]:
    """Return *lines* with their names and likely causes."""
    return [_row(line, report, names) for line in with_causes(session, report, lines)]


def _row(line: Line, report: Report, names: Names) -> RowView:
    counters = dict.fromkeys(names.users.get(said.count.key.counter, "?") for said in line.sayings)
    return RowView(
        line=line,
        key=key_of(line.place),
        bin=names.bins.get(line.place.bin, "?"),
        item=report.items.get(line.place.item, NO_ITEM),
        lot=names.lots.get(line.place.lot, ""),
        counters=tuple(counters),
        causes=tuple(cause_text(cause, report, names) for cause in line.causes),
    )


def _is_named(line: Line, words: Iterable[str], report: Report, names: Names) -> bool:
    item = report.items.get(line.place.item, NO_ITEM)
    text = " ".join(
        (item.code, item.name, item.spec, names.bins.get(line.place.bin, ""), names.lots.get(line.place.lot, ""))
    ).casefold()
    return all(word in text for word in words)


def _ordered(lines: list[Line], sort: str, report: Report, names: Names) -> list[Line]:
    keys: dict[str, Callable[[Line], Any]] = {
        "item": lambda line: report.items.get(line.place.item, NO_ITEM).name,
        "bin": lambda line: names.bins.get(line.place.bin, ""),
        "book": lambda line: line.book or ZERO,
        "counted": lambda line: line.counted if line.counted is not None else Decimal(-1),
        "difference": lambda line: line.difference or ZERO,
        "value": lambda line: line.value or ZERO,
    }
    key = keys.get(sort.removeprefix("-"))
    return sorted(lines, key=key, reverse=sort.startswith("-")) if key else lines


# --- names ------------------------------------------------------------------------------------------------------------


def read_names(session: Session, report: Report) -> Names:
    """Return what bins, lots and counters of the report are called. At most three statements for a report in one go."""
    bins = {line.place.bin for line in report.lines} | {key.bin for key in report.counts}
    lots = {line.place.lot for line in report.lines} - {0}
    users = {key.counter for key in report.counts}
    return Names(
        bins=_names(session, Location.id, Location.code, bins),
        lots=_names(session, Lot.id, Lot.code, lots),
        users=_names(session, User.id, User.name, users),
    )


def _names(session: Session, key: Any, name: Any, wanted: Collection[int]) -> dict[int, str]:
    ordered = sorted(wanted)
    found: dict[int, str] = {}
    for start in range(0, len(ordered), MANY):
        rows = session.execute(select(key, name).where(key.in_(ordered[start : start + MANY])))
        found.update((number, text) for number, text in rows)
    return found


def bin_totals(report: Report, names: Names) -> list[tuple[int, str, Tally]]:
    """Return the totals of each bin that has anything to say, in the order of walking."""
    return [(bin_id, names.bins.get(bin_id, "?"), total) for bin_id, total in by_bin(report.lines).items()]


# --- causes -----------------------------------------------------------------------------------------------------------


def cause_text(cause: Cause, report: Report, names: Names) -> str:
    """Return a likely cause as a sentence."""
    amount = quantity(cause.explains)
    other = cause.other
    match cause.kind:
        case CauseKind.MISPLACED:
            return str(
                gettext(
                    "The opposite lies in %(bin)s: %(amount)s of the same item.",
                    bin=names.bins.get(other.bin, "?") if other else "?",
                    amount=amount,
                )
            )
        case CauseKind.SWAPPED:
            label = report.items.get(other.item, NO_ITEM) if other else NO_ITEM
            return str(
                gettext("Perhaps taken for %(item)s, which looks alike and differs the other way.", item=label.name)
            )
        case CauseKind.PACK_AS_PIECE:
            return str(
                gettext(
                    "Perhaps a pack of %(factor)s counted or booked as one piece, %(times)s time(s).",
                    factor=quantity(cause.factor),
                    times=quantity(cause.times),
                )
            )
        case CauseKind.WHOLE_PACKS:
            return str(
                gettext(
                    "Exactly %(times)s pack(s) of %(factor)s.",
                    factor=quantity(cause.factor),
                    times=quantity(cause.times),
                )
            )
        case CauseKind.DIGIT_SLIP:
            return str(gettext("Perhaps a slip in typing: digits swapped, or a 0 too many or too few."))
        case CauseKind.MOVED_MEANWHILE:
            return str(gettext("These goods moved while the bin was being counted."))
