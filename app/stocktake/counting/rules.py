"""What scan events say was counted: a pure fold, the same whatever order the events arrived in.

Law: one counter with one device, from the opening of a bin to its closing, makes one count; a bin opened again after
that, by anybody, makes another. Counts are compared, never summed. A thing with a serial number is one, however often
it is scanned. A line is counted n, counted zero or not counted: closing a bin makes what was not scanned there zero, an
open bin says nothing of it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from operator import attrgetter
from typing import Final, NamedTuple
from uuid import UUID

from msgspec import Struct, field

from app.kernel.exact import ZERO
from app.scanning.rules import ScanKind, in_physical_order
from app.scanning.tasks import NewScan
from app.stocktake.rules import EARLY

# Three weeks: a phone may claim any doubt about its clock; beyond this one nothing is left to be said of an instant.
LARGEST_DOUBT_MS: Final = 21 * 86_400_000
_MILLISECOND: Final = timedelta(milliseconds=1)


class Goods(NamedTuple):
    """An item and its lot (0: no lot)."""

    item: int
    lot: int


class CountKey(NamedTuple):
    """Whose count with which device, of which bin, in which round; `attempt` numbers several of these from 1."""

    bin: int
    round: int
    counter: int
    device: UUID
    attempt: int = 1


class Sighting(NamedTuple):
    """One single thing, known by its serial number, as a count has it; `quantity` 0: a typed quantity holds it now."""

    goods: Goods
    quantity: Decimal
    at: datetime


class Count(Struct):
    """What one counter says lies in one bin; it is complete once the bin was closed after the last scan.

    `opening_doubt_ms` and `uncertainty_ms`: how far the instants of opening and closing may be wrong.
    """

    key: CountKey
    opened_at: datetime
    last_at: datetime
    opening_doubt_ms: int = 0
    closed_at: datetime | None = None
    uncertainty_ms: int = 0
    counted: dict[Goods, Decimal] = field(default_factory=dict)
    events: int = 0
    sightings: dict[str, Sighting] = field(default_factory=dict)  # by serial

    @property
    def is_complete(self) -> bool:
        """Whether the bin was closed with nothing scanned since."""
        return self.closed_at is not None


class LineCount(StrEnum):
    """The three states of a line."""

    COUNTED = "counted"
    ZERO = "zero"
    NOT_COUNTED = "not_counted"


class LeanScan(NamedTuple):
    """A scan as counting needs it, and no more: a report reads tens of thousands. `quantity` is in base units."""

    id: UUID
    device_id: UUID
    sequence: int
    user_id: int
    round: int
    kind: ScanKind
    undoes: UUID | None
    item_id: int | None
    lot_id: int
    location_id: int | None
    quantity: Decimal | None
    occurred_at: datetime
    uncertainty_ms: int
    serial: str | None = None


Act = LeanScan | NewScan


def undone(acts: Sequence[Act]) -> set[UUID]:
    """Return the ids of the acts that were taken back; an undo may be taken back as well. *acts* in order."""
    gone: set[UUID] = set()
    for act in reversed(acts):
        if act.kind is ScanKind.UNDO and act.undoes is not None and act.id not in gone:
            gone.add(act.undoes)
    return gone


def fold(acts: Iterable[Act], belongs: dict[UUID, CountKey] | None = None) -> dict[CountKey, Count]:
    """Return every count that *acts* make; *belongs* is told to which of them each act belongs."""
    sources: dict[tuple[int, UUID], list[Act]] = defaultdict(list)
    undos: dict[int, list[Act]] = defaultdict(list)
    for act in acts:
        (undos[act.user_id] if act.kind is ScanKind.UNDO else sources[act.user_id, act.device_id]).append(act)
    # Somebody else's act is not theirs to take back: an undo reaches its own counter's acts only.
    gone = {counter: undone(in_physical_order(own)) for counter, own in undos.items()}
    counts: dict[CountKey, Count] = {}
    for (counter, _), own in sources.items():
        _put_in_order(own)
        _fold_source(own, gone.get(counter, frozenset()), counts, belongs)
    return counts


def _put_in_order(own: list[Act]) -> None:
    """Sort a device's acts: it numbers them, so its own order is certain even where its clock was set back."""
    own.sort(key=attrgetter("sequence"))
    if any(act.sequence == after.sequence for act, after in pairwise(own)):
        # Set up anew, the phone counted from 1 again: its clock is all that tells which of its lives an act is of.
        own.sort(key=attrgetter("occurred_at"))


def _fold_source(
    own: Sequence[Act],
    gone: Collection[UUID],
    counts: dict[CountKey, Count],
    belongs: dict[UUID, CountKey] | None,
) -> None:
    """Enter what one counter did with one device; a bin opened after its closing begins anew."""
    current: dict[tuple[int, int], Count] = {}
    for act in own:
        if act.location_id is None:
            continue
        count = current.get((act.location_id, act.round))
        if not (gone and act.id in gone):
            if count is None or (count.is_complete and act.kind is ScanKind.OPEN_BIN):
                attempt = count.key.attempt + 1 if count else 1
                key = CountKey(act.location_id, act.round, act.user_id, act.device_id, attempt)
                count = Count(key, act.occurred_at, act.occurred_at, bounded(act.uncertainty_ms))
                current[act.location_id, act.round] = counts[key] = count
            _apply(count, act)
        if belongs is not None and count is not None:
            belongs[act.id] = count.key


def _apply(count: Count, event: Act) -> None:
    # A clock may be set while a bin is open: no act lies before the opening, none after the closing.
    count.opened_at = min(count.opened_at, event.occurred_at)
    count.last_at = max(count.last_at, event.occurred_at)
    count.events += 1
    if event.kind is ScanKind.CLOSE_BIN:
        set_back = (count.last_at - event.occurred_at) // _MILLISECOND
        count.closed_at, count.uncertainty_ms = count.last_at, bounded(event.uncertainty_ms + set_back)
        return
    count.closed_at = None
    if event.kind is ScanKind.OPEN_BIN:
        return
    if event.item_id is None:
        if event.kind is ScanKind.ZERO:
            count.counted = dict.fromkeys(count.counted, ZERO)
            count.sightings.clear()
        return
    goods, quantity = Goods(event.item_id, event.lot_id), event.quantity or ZERO
    if event.kind is ScanKind.SCAN:
        if event.serial is None or _is_first_sight(count, event.serial, Sighting(goods, quantity, event.occurred_at)):
            count.counted[goods] = count.counted.get(goods, ZERO) + quantity
        return
    if count.sightings:
        _retell(count, goods, event.kind)
    _say(count.counted, goods, event.kind, quantity)


def bounded(doubt_ms: int) -> int:
    """Return the doubt about an instant as it is reckoned with."""
    return min(doubt_ms, LARGEST_DOUBT_MS)


def is_before_start(at: datetime, doubt_ms: int, started_at: datetime) -> bool:
    """Say whether an act is said to have happened before its stocktake began, whatever doubt there is about it.

    Nobody counts for what is not there yet; whoever sets a clock back would choose the books to be compared with.
    """
    return at + timedelta(milliseconds=bounded(doubt_ms)) < started_at - EARLY


def _is_first_sight(count: Count, serial: str, sighting: Sighting) -> bool:
    """Return whether the count has not seen this thing yet; however often it is scanned, there is one."""
    return count.sightings.setdefault(serial, sighting) is sighting


def _say(counted: dict[Goods, Decimal], goods: Goods, kind: ScanKind, quantity: Decimal) -> None:
    if kind is ScanKind.SET:
        counted[goods] = quantity
    elif kind is ScanKind.ZERO:
        counted[goods] = ZERO
        if not goods.lot:
            counted.update({other: ZERO for other in counted if other.item == goods.item})


def _retell(count: Count, goods: Goods, kind: ScanKind) -> None:
    """Let a typed quantity hold what was seen before; where none is there, forget that it was seen."""
    for serial, sighting in list(count.sightings.items()):
        if sighting.goods != goods and (kind is not ScanKind.ZERO or goods.lot or sighting.goods.item != goods.item):
            continue
        if kind is ScanKind.ZERO:
            del count.sightings[serial]
        else:
            count.sightings[serial] = sighting._replace(quantity=ZERO)


# --- which count decides ------------------------------------------------------------------------------------------


def rank(count: Count) -> tuple[int, datetime]:
    """Return where *count* stands among the counts of its bin: later rounds after earlier, then by their closing."""
    return count.key.round, count.closed_at or count.last_at


def by_bin(counts: Iterable[Count]) -> dict[int, list[Count]]:
    """Return the counts of each bin, the earliest first."""
    grouped: dict[int, list[Count]] = defaultdict(list)
    for count in sorted(counts, key=rank):
        grouped[count.key.bin].append(count)
    return grouped


def eligible(counts: Sequence[Count], asked: int, *, one_person: bool) -> list[Count]:
    """Return the complete counts of a bin that speak about a line, the deciding one last.

    *asked* is the last round that the line was asked to be counted in. A recount is for another person: a later round
    by somebody who counted an earlier one of this bin is kept and shown, but does not speak.
    """
    speaking: list[Count] = []
    for count in counts:
        again = any(count.key.counter == other.key.counter and other.key.round < count.key.round for other in counts)
        if count.is_complete and count.key.round <= asked and (one_person or not again):
            speaking.append(count)
    return speaking


def said(count: Count, goods: Goods) -> Decimal:
    """Return what a complete count says of *goods*: what was not scanned is not there."""
    return count.counted.get(goods, ZERO)


def line_count(counted: Decimal | None) -> LineCount:
    """Return which of the three states a line is in; None: nobody counted it."""
    if counted is None:
        return LineCount.NOT_COUNTED
    return LineCount.COUNTED if counted else LineCount.ZERO


def found(counts: Iterable[Count], expected: Collection[tuple[int, Goods]]) -> dict[tuple[int, Goods], int]:
    """Return what was scanned though no line expects it: bin and goods, with the first round that saw it."""
    seen: dict[tuple[int, Goods], int] = {}
    for count in counts:
        for goods, quantity in count.counted.items():
            place = (count.key.bin, goods)
            if quantity and place not in expected:
                seen[place] = min(count.key.round, seen.get(place, count.key.round))
    return seen


def counters(counts: Mapping[CountKey, Count]) -> set[int]:
    """Return who counted anything."""
    return {key.counter for key in counts}
