"""What scan events say was counted: a pure fold, the same whatever order the events arrived in.

Law: one counter with one device, from the opening of a bin to its closing, makes one count; a bin opened again after
that, by anybody, makes another. Counts are compared, never summed. A line is counted n, counted zero or not counted:
closing a bin makes what was not scanned there zero, an open bin says nothing of it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from app.kernel.exact import ZERO
from app.scanning.rules import ScanKind, in_physical_order
from app.scanning.tasks import NewScan


class Goods(NamedTuple):
    """An item and its lot (0: no lot)."""

    item: int
    lot: int


class CountKey(NamedTuple):
    """Whose count with which device, of which bin, in which round, and the how manieth of these."""

    bin: int
    round: int
    counter: int
    device: UUID
    attempt: int = 1


@dataclass(slots=True)
class Count:
    """What one counter says lies in one bin; it is complete once the bin was closed after the last scan."""

    key: CountKey
    opened_at: datetime
    last_at: datetime
    closed_at: datetime | None = None
    uncertainty_ms: int = 0
    counted: dict[Goods, Decimal] = field(default_factory=dict)
    events: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether the bin was closed with nothing scanned since."""
        return self.closed_at is not None


class LineCount(StrEnum):
    """The three states of a line."""

    COUNTED = "counted"
    ZERO = "zero"
    NOT_COUNTED = "not_counted"


def undone(events: Sequence[NewScan]) -> set[UUID]:
    """Return the ids of the events that were taken back; an undo may be taken back as well. *events* in order."""
    gone: set[UUID] = set()
    for event in reversed(events):
        if event.kind is ScanKind.UNDO and event.undoes is not None and event.id not in gone:
            gone.add(event.undoes)
    return gone


def fold(events: Iterable[NewScan]) -> dict[CountKey, Count]:
    """Return every count that *events* make."""
    return fold_events(events)[0]


def fold_events(events: Iterable[NewScan]) -> tuple[dict[CountKey, Count], dict[UUID, CountKey]]:
    """Return every count that *events* make, and to which of them each event belongs."""
    by_counter: dict[int, list[NewScan]] = defaultdict(list)
    for event in events:
        by_counter[event.user_id].append(event)
    counts: dict[CountKey, Count] = {}
    belongs: dict[UUID, CountKey] = {}
    for own in by_counter.values():
        ordered = in_physical_order(own)
        # Somebody else's event is not theirs to take back: an undo reaches its own counter's events only.
        gone = undone(ordered)
        current: dict[CountKey, Count] = {}
        for event in ordered:
            if event.kind is not ScanKind.UNDO and event.location_id is not None:
                count = _count_of(event, event.location_id, current, counts, is_gone=event.id in gone)
                if count is not None:
                    belongs[event.id] = count.key
    return counts, belongs


def _count_of(
    event: NewScan,
    bin_id: int,
    current: dict[CountKey, Count],
    counts: dict[CountKey, Count],
    *,
    is_gone: bool,
) -> Count | None:
    """Enter *event* (unless it was taken back) and return its count; a bin opened after its closing begins anew."""
    first = CountKey(bin_id, event.round, event.user_id, event.device_id)
    count = current.get(first)
    if is_gone:
        return count
    if count is None or (count.is_complete and event.kind is ScanKind.OPEN_BIN):
        key = first._replace(attempt=count.key.attempt + 1 if count else 1)
        count = current[first] = counts[key] = Count(key, event.occurred_at, event.occurred_at)
    _apply(count, event)
    return count


def _apply(count: Count, event: NewScan) -> None:
    count.last_at = max(count.last_at, event.occurred_at)
    count.events += 1
    if event.kind is ScanKind.CLOSE_BIN:
        # Goods scanned after a slow clock's closing were still there: the instant never lies before them.
        count.closed_at, count.uncertainty_ms = count.last_at, event.uncertainty_ms
        return
    count.closed_at = None
    if event.kind is ScanKind.OPEN_BIN:
        return
    if event.item_id is None:
        if event.kind is ScanKind.ZERO:
            count.counted = dict.fromkeys(count.counted, ZERO)
        return
    _count_goods(count.counted, Goods(event.item_id, event.lot_id), event.kind, event.quantity or ZERO)


def _count_goods(counted: dict[Goods, Decimal], goods: Goods, kind: ScanKind, quantity: Decimal) -> None:
    match kind:
        case ScanKind.SCAN:
            counted[goods] = counted.get(goods, ZERO) + quantity
        case ScanKind.SET:
            counted[goods] = quantity
        case ScanKind.ZERO:
            counted[goods] = ZERO
            if not goods.lot:
                counted.update({other: ZERO for other in counted if other.item == goods.item})


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


def line_count(deciding: Count | None, goods: Goods) -> LineCount:
    """Return which of the three states a line is in."""
    if deciding is None:
        return LineCount.NOT_COUNTED
    return LineCount.COUNTED if said(deciding, goods) else LineCount.ZERO


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
