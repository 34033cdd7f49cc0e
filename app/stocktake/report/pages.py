"""The report as a page: which lines, in which order, with the names of everything a line speaks of."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask_babel import gettext
from msgspec import Struct
from sqlalchemy.orm import Session

from app.kernel.exact import ZERO, plain
from app.kernel.i18n import N_
from app.stocktake.counting.rules import LineCount
from app.stocktake.notes.queries import Note
from app.stocktake.report.causes import with_causes
from app.stocktake.report.filters import Wanted, category_of, narrowed, read_wanted
from app.stocktake.report.keys import asking, key_of
from app.stocktake.report.names import NO_ITEM, Names
from app.stocktake.report.queries import ItemLabel, Report
from app.stocktake.report.rules import Line
from app.stocktake.report.verdicts import VERDICT_NAMES, VERDICT_TONES, verdict_of
from app.stocktake.report.words import cause_text
from app.web.addresses import number_or_none

SIZES: Final = (50, 100, 200)
STATUS_NAMES: Final = {
    LineCount.COUNTED: N_("counted"),
    LineCount.ZERO: N_("counted zero"),
    LineCount.NOT_COUNTED: N_("not counted"),
}


class RowView(Struct, frozen=True):
    """A line with its names."""

    line: Line
    key: str
    bin: str
    zone: str
    category: str
    item: ItemLabel
    lot: str
    counters: tuple[str, ...]
    causes: tuple[str, ...]
    reason: str
    notes: Sequence[Note] = ()

    @property
    def status(self) -> str:
        """Which of the three states the line is in, in the user's language."""
        return str(gettext(STATUS_NAMES[self.line.status]))

    @property
    def seen(self) -> str:
        """The difference as an approval names it."""
        return plain(self.line.difference or ZERO)

    @property
    def verdict(self) -> str:
        """Where the line stands, in the user's language."""
        return str(gettext(VERDICT_NAMES[verdict_of(self.line)]))

    @property
    def tone(self) -> str:
        """The colour of that."""
        return VERDICT_TONES[verdict_of(self.line)]


class LinePage(Struct, frozen=True):
    """One page of a report's lines, with what the template needs to walk on; `lines` are all that are wanted."""

    report: Report
    names: Names
    wanted: Wanted
    lines: Sequence[Line]
    rows: Sequence[RowView]
    path: str
    args: Mapping[str, str]
    number: int
    size: int

    @property
    def total(self) -> int:
        """How many lines are wanted."""
        return len(self.lines)

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

    @property
    def approvable(self) -> Sequence[Line]:
        """The wanted lines that wait for an approval and may have it."""
        return [line for line in self.lines if line.can_approve]

    def command(self, address: str) -> str:
        """Return the address of a command with this page's query, so that its answer comes back to the same lines."""
        return asking(address, {key: value for key, value in self.args.items() if key != "format"})

    def url(self, **changes: object) -> str:
        """Return this report's address with *changes* to its query."""
        return asking(self.path, {**self.args, **changes})

    def plain_url(self, **wanted: object) -> str:
        """Return the report's address with nothing but *wanted* in its query."""
        return asking(self.path, wanted)

    def sort_url(self, key: str) -> str:
        """Return the address that sorts by *key*, or turns its order round."""
        return self.url(sort=f"-{key}" if self.wanted.sort == key else key, page=None)


def wanted_lines(
    session: Session, report: Report, names: Names, args: Mapping[str, str], *, values: bool
) -> tuple[Wanted, list[Line]]:
    """Return what *args* ask for, and the lines they leave, in order."""
    wanted = read_wanted(args, report.total, values=values)
    if wanted.cause is not None:  # the only filter that needs them for every line
        report.lines, report.has_causes = with_causes(session, report, report.lines), True
    return wanted, narrowed(report, wanted, names)


def page_of(
    session: Session,
    report: Report,
    names: Names,
    *,
    path: str,
    args: Mapping[str, str],
    values: bool,
    notes: Mapping[Any, Sequence[Note]],
) -> LinePage:
    """Return the page of the report that *args* ask for; a page beyond the end is the last."""
    wanted, lines = wanted_lines(session, report, names, args, values=values)
    size = int(args["size"]) if args.get("size") in set(map(str, SIZES)) else SIZES[0]
    number = number_or_none(args.get("page", "")) or 1
    number = min(max(1, number), max(1, -(-len(lines) // size)))
    rows = row_views(session, report, lines[(number - 1) * size : number * size], names, notes)
    return LinePage(report, names, wanted, lines, rows, path, args, number, size)


def row_views(
    session: Session, report: Report, lines: Sequence[Line], names: Names, notes: Mapping[Any, Sequence[Note]]
) -> list[RowView]:
    """Return *lines* with their names, likely causes and notes."""
    explained = lines if report.has_causes else with_causes(session, report, lines)
    return [_row(line, report, names, notes.get(line.place, ())) for line in explained]


def _row(line: Line, report: Report, names: Names, notes: Sequence[Note]) -> RowView:
    counters = dict.fromkeys(names.users.get(said.count.key.counter, "?") for said in line.sayings)
    place = line.place
    return RowView(
        line=line,
        key=key_of(place),
        bin=names.bins.get(place.bin, "?"),
        zone=names.zones.get(names.zone_of.get(place.bin, 0), ""),
        category=names.categories.get(category_of(line, report) or 0, ""),
        item=report.items.get(place.item, NO_ITEM),
        lot=names.lots.get(place.lot, ""),
        counters=tuple(counters),
        causes=tuple(cause_text(cause, report, names) for cause in line.causes),
        reason=names.reasons.names.get(line.known.reason, "") if line.known.is_judged and line.known.reason else "",
        notes=notes,
    )
