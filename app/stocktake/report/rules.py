"""The difference report: a pure function of what the books say and what was counted.

Law: a line that nobody counted has no difference; out of scope is shown, never adjusted. Money is at cost.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from app.kernel.exact import ZERO, round_money
from app.kernel.i18n import N_
from app.stocktake.accuracy.rules import right_share
from app.stocktake.causes.rules import Cause, Place
from app.stocktake.counting.rules import Count, Goods, LineCount, eligible, line_count, said
from app.stocktake.counting.serials import Twice, left_out, seen_twice
from app.stocktake.rules import LineState, Tolerance


class Show(StrEnum):
    """Which lines of the report to show."""

    ALL = "all"
    DIFFERENCES = "differences"
    SHORTAGE = "shortage"
    SURPLUS = "surplus"
    TO_APPROVE = "to_approve"
    TO_RECOUNT = "to_recount"
    NOT_COUNTED = "not_counted"
    DISTURBED = "disturbed"
    OUT_OF_SCOPE = "out_of_scope"


SHOW_NAMES: dict[Show, str] = {
    Show.TO_APPROVE: N_("To approve"),
    Show.TO_RECOUNT: N_("To recount"),
    Show.DIFFERENCES: N_("Only differences"),
    Show.SHORTAGE: N_("Shortage"),
    Show.SURPLUS: N_("Surplus"),
    Show.NOT_COUNTED: N_("Not counted"),
    Show.DISTURBED: N_("Disturbed"),
    Show.OUT_OF_SCOPE: N_("Out of scope"),
    Show.ALL: N_("All lines"),
}


class Known(Struct, frozen=True):
    """A line as it is kept: what became of it; `id` is None before anybody touched a found line."""

    place: Place
    id: int | None = None
    is_found: bool = False
    in_scope: bool = True
    asked: int = 1
    state: LineState = LineState.OPEN
    has_changed: bool = False
    approved: Decimal | None = None  # the difference that was approved
    reason: str = ""  # given with that approval
    note: str = ""

    @property
    def is_judged(self) -> bool:
        """Whether somebody's approval of it stands."""
        return self.approved is not None and self.state is not LineState.OPEN


class Said(Struct, frozen=True):
    """What one complete count says of a line, beside the books of its instant."""

    count: Count
    counted: Decimal
    book: Decimal

    @property
    def difference(self) -> Decimal:
        """Counted minus book."""
        return self.counted - self.book


class Line(Struct, frozen=True, dict=True):
    """A line of the report."""

    known: Known
    status: LineCount
    book: Decimal | None
    counted: Decimal | None
    unit_cost: Decimal | None
    seen: Decimal | None = None  # what the latest count has of it, complete or not; None: nobody scanned it
    sayings: tuple[Said, ...] = ()
    moved_meanwhile: bool = False
    parked_nearby: bool = False
    is_beyond: bool = False
    has_second_word: bool = False  # two people counted it (in a company of one, one person twice)
    booked_value: Decimal | None = None  # once posted: what the ledger booked, to the fen
    causes: tuple[Cause, ...] = ()
    twice: tuple[Twice, ...] = ()  # things with serial numbers that another bin claims too

    @property
    def place(self) -> Place:
        """Where and what."""
        return self.known.place

    @cached_property
    def difference(self) -> Decimal | None:
        """Counted minus book; None where nobody counted."""
        return None if self.counted is None or self.book is None else self.counted - self.book

    @cached_property
    def value(self) -> Decimal | None:
        """The difference at cost; None where nobody counted or nobody knows the cost."""
        if self.booked_value is not None:
            return self.booked_value
        if self.difference is None or self.unit_cost is None:
            return ZERO if self.difference == 0 else None
        return round_money(self.difference * self.unit_cost)

    @property
    def deciding(self) -> Count | None:
        """The count that decides."""
        return self.sayings[-1].count if self.sayings else None

    @property
    def is_disturbed(self) -> bool:
        """Whether the count may have met goods on the move, or scans of its bin wait for a person."""
        return self.moved_meanwhile or self.parked_nearby

    @property
    def agrees(self) -> bool:
        """Whether the last two counts give the same difference."""
        return len(self.sayings) > 1 and self.sayings[-1].difference == self.sayings[-2].difference

    @property
    def awaits_recount(self) -> bool:
        """Whether a recount was asked and is not in yet."""
        return self.deciding is not None and self.known.asked > self.deciding.key.round

    @property
    def needs_recount(self) -> bool:
        """Whether the difference is too large for one person's word."""
        return self.is_beyond and not self.has_second_word

    @property
    def differs(self) -> bool:
        """Whether it was counted and differs."""
        return bool(self.difference)

    @property
    def is_stale(self) -> bool:
        """Whether it was approved and differs otherwise by now: late scans or late moves came in."""
        return self.known.state is LineState.APPROVED and self.difference != self.known.approved

    @cached_property
    def is_decided(self) -> bool:
        """Whether nobody has to say anything about it any more."""
        if not self.known.in_scope or self.status is LineCount.NOT_COUNTED:
            return True
        return not self.is_stale and (not self.differs or self.known.state is not LineState.OPEN)

    @property
    def can_approve(self) -> bool:
        """Whether it waits for an approval and may have it."""
        return self.differs and not self.is_decided and not self.awaits_recount and not self.needs_recount


class Tally(NamedTuple):
    """A report's totals; quantities in base units, accuracies as shares (None: nothing counted)."""

    lines: int
    counted: int
    matching: int
    differing: int
    not_counted: int
    disturbed: int
    out_of_scope: int
    open: int
    to_approve: int
    to_recount: int
    surplus: Decimal
    shortage: Decimal
    surplus_value: Decimal
    shortage_value: Decimal
    unvalued: int
    by_lines: Decimal | None
    by_pieces: Decimal | None
    by_value: Decimal | None

    @property
    def net_value(self) -> Decimal:
        """Surplus less shortage, at cost."""
        return self.surplus_value - self.shortage_value


class Facts(Struct, frozen=True):
    """Everything a report is made of."""

    known: Sequence[Known]
    counts: Mapping[int, Sequence[Count]]  # by bin, in rank
    book: Callable[[Place, datetime], Decimal]  # what lay in a place at an instant, by the ledger
    now: datetime
    costs: Mapping[int, Decimal]  # per base unit, by item; absent: nobody knows
    tolerance: Tolerance = field(default_factory=Tolerance)
    stirs: Mapping[Place, Sequence[datetime]] = field(default_factory=dict)
    parked_bins: frozenset[int] = frozenset()
    one_person: bool = False


def build(facts: Facts) -> list[Line]:
    """Return the report's lines, in the order of what is known."""
    voices = Voices(facts.counts, one_person=facts.one_person)
    speaking = [(known, voices.about(known.place.bin, known.asked)) for known in facts.known]
    twice = seen_twice((Goods(known.place.item, known.place.lot), counts[-1]) for known, counts in speaking if counts)
    return [_line(known, facts, voices, twice) for known in facts.known]


class Voices:
    """Which counts speak about a line: the same for all lines of a bin that were asked for in the same round."""

    def __init__(self, counts: Mapping[int, Sequence[Count]], *, one_person: bool) -> None:
        self._counts, self._one_person = counts, one_person
        self._found: dict[tuple[int, int], list[Count]] = {}

    def about(self, bin_id: int, asked: int) -> list[Count]:
        """Return the complete counts that speak, the deciding one last."""
        key = (bin_id, asked)
        if key not in self._found:
            self._found[key] = eligible(self._counts.get(bin_id, ()), asked, one_person=self._one_person)
        return self._found[key]


def _line(known: Known, facts: Facts, voices: Voices, twice: Mapping[tuple[int, Goods], Sequence[Twice]]) -> Line:
    place = known.place
    goods = Goods(place.item, place.lot)
    sayings = tuple(
        Said(count, said(count, goods), facts.book(place, count.closed_at))
        for count in voices.about(place.bin, known.asked)
        if count.closed_at
    )
    claimed = twice.get((place.bin, goods), ()) if twice else ()
    if claimed:
        *before, final = sayings
        sayings = (*before, replace(final, counted=final.counted - left_out(claimed)))
    last = sayings[-1] if sayings else None
    line = Line(
        known=known,
        status=line_count(last.counted if last else None),
        book=last.book if last else facts.book(place, facts.now),
        counted=last.counted if last else None,
        unit_cost=facts.costs.get(place.item),
        seen=_seen(facts.counts.get(place.bin, ()), goods),
        sayings=sayings,
        moved_meanwhile=last is not None and was_disturbed(last.count, facts.stirs.get(place, ())),
        parked_nearby=place.bin in facts.parked_bins,
        twice=tuple(claimed),
        has_second_word=len(sayings) > 1
        and len(sayings if facts.one_person else {each.count.key.counter for each in sayings}) > 1,
    )
    return _judged(line, facts.tolerance)


def _seen(counts: Sequence[Count], goods: Goods) -> Decimal | None:
    return next((count.counted[goods] for count in reversed(counts) if goods in count.counted), None)


def _judged(line: Line, tolerance: Tolerance) -> Line:
    if not tolerance.is_set or not line.differs or line.difference is None or line.book is None:
        return line
    if not tolerance.is_beyond(line.difference, line.book, line.value):
        return line
    return replace(line, is_beyond=True)


def was_disturbed(count: Count, stirs: Sequence[datetime]) -> bool:
    """Return whether goods moved between the opening and the closing of the bin, give or take the clock's doubt."""
    span = _open_span(count) if stirs else None
    return span is not None and any(span[0] <= at <= span[1] for at in stirs)


def _open_span(count: Count) -> tuple[datetime, datetime] | None:
    if count.closed_at is None:
        return None
    before, after = timedelta(milliseconds=count.opening_doubt_ms), timedelta(milliseconds=count.uncertainty_ms)
    return count.opened_at - before, count.closed_at + after


def window(counts: Iterable[Count]) -> tuple[datetime, datetime] | None:
    """Return the span in which a move could disturb any of *counts*; None where none is complete."""
    done = [span for count in counts if (span := _open_span(count))]
    return (min(first for first, _ in done), max(last for _, last in done)) if done else None


# --- totals -------------------------------------------------------------------------------------------------------


def tally(lines: Iterable[Line]) -> Tally:
    """Return the totals of *lines*; what is out of scope is counted apart and nowhere else."""
    every = list(lines)
    inside = [line for line in every if line.known.in_scope]
    counted = [line for line in inside if line.status is not LineCount.NOT_COUNTED]
    gaps = [line for line in counted if line.differs]
    plus = [line for line in gaps if (line.difference or ZERO) > 0]
    minus = [line for line in gaps if (line.difference or ZERO) < 0]
    return Tally(
        lines=len(inside),
        counted=len(counted),
        matching=len(counted) - len(gaps),
        differing=len(gaps),
        not_counted=len(inside) - len(counted),
        disturbed=sum(line.is_disturbed for line in inside),
        out_of_scope=len(every) - len(inside),
        open=sum(not line.is_decided for line in inside),
        to_approve=sum(line.can_approve for line in inside),
        to_recount=sum(not line.is_decided and not line.can_approve for line in inside),
        surplus=_sum(line.difference for line in plus),
        shortage=-_sum(line.difference for line in minus),
        surplus_value=_sum(line.value for line in plus),
        shortage_value=-_sum(line.value for line in minus),
        unvalued=sum(line.value is None for line in gaps),
        by_lines=right_share(len(gaps), len(counted)),
        by_pieces=right_share(_sum(abs(line.difference or ZERO) for line in gaps), _sum(line.book for line in counted)),
        by_value=right_share(
            _sum(abs(line.value or ZERO) for line in gaps), _sum(_book_value(line) for line in counted)
        ),
    )


def by_bin(lines: Iterable[Line]) -> dict[int, Tally]:
    """Return the totals of each bin."""
    grouped: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        grouped[line.place.bin].append(line)
    return {bin_id: tally(own) for bin_id, own in grouped.items()}


def shown(lines: Iterable[Line], show: Show) -> list[Line]:
    """Return the lines that *show* asks for."""
    return [line for line in lines if _TESTS[show](line)]


_TESTS: dict[Show, Callable[[Line], bool]] = {
    Show.ALL: lambda _line: True,
    Show.DIFFERENCES: lambda line: line.known.in_scope and line.differs,
    Show.SHORTAGE: lambda line: line.known.in_scope and (line.difference or ZERO) < 0,
    Show.SURPLUS: lambda line: line.known.in_scope and (line.difference or ZERO) > 0,
    Show.TO_APPROVE: lambda line: line.can_approve,
    Show.TO_RECOUNT: lambda line: not line.is_decided and not line.can_approve,
    Show.NOT_COUNTED: lambda line: line.known.in_scope and line.status is LineCount.NOT_COUNTED,
    Show.DISTURBED: lambda line: line.is_disturbed,
    Show.OUT_OF_SCOPE: lambda line: not line.known.in_scope,
}


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), ZERO)


def _book_value(line: Line) -> Decimal:
    return (line.book or ZERO) * (line.unit_cost or ZERO)
