"""Likely causes of differences, from the differences alone: pure, with the evidence in each answer.

Law: a cause is a hint for a person and books nothing. The order of `CAUSES` is the order of trust.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct, field

from app.kernel.exact import ZERO, plain
from app.kernel.i18n import N_

# Share of common characters from which two names of goods are taken for each other. One maker's consecutive codes say
# nothing by themselves: of 1,752 real articles on shelves of 8, one neighbour in fifteen has them.
ALIKE = 0.7
NEAR_CODES = 0.05  # what codes one slip apart add to that
LEAST_PACK = 3  # with packs of two every difference would look like a pack taken for a piece


class CauseKind(StrEnum):
    """What may have happened."""

    MISPLACED = "misplaced"
    SWAPPED = "swapped"
    PACK_AS_PIECE = "pack_as_piece"
    WHOLE_PACKS = "whole_packs"
    WRONG_BARCODE = "wrong_barcode"
    DIGIT_SLIP = "digit_slip"
    NOT_PUT_AWAY = "not_put_away"
    IMPORT_WAITS = "import_waits"
    SCANS_WAIT = "scans_wait"
    MOVED_MEANWHILE = "moved_meanwhile"


CAUSE_NAMES: Final[dict[CauseKind, str]] = {
    CauseKind.MISPLACED: N_("Put into another bin"),
    CauseKind.SWAPPED: N_("Taken for another item"),
    CauseKind.WRONG_BARCODE: N_("Barcode on the wrong pack"),
    CauseKind.PACK_AS_PIECE: N_("Carton taken for a piece"),
    CauseKind.WHOLE_PACKS: N_("Whole packs"),
    CauseKind.DIGIT_SLIP: N_("Slip in typing"),
    CauseKind.NOT_PUT_AWAY: N_("Put away but not booked"),
    CauseKind.IMPORT_WAITS: N_("Import not finished"),
    CauseKind.SCANS_WAIT: N_("Scans wait for a person"),
    CauseKind.MOVED_MEANWHILE: N_("Moved while it was counted"),
}


class Place(NamedTuple):
    """The goods of a line: item and lot in a bin."""

    bin: int
    item: int
    lot: int


class Gap(Struct, frozen=True):
    """A line that differs."""

    place: Place
    book: Decimal
    counted: Decimal
    is_disturbed: bool = False

    @property
    def difference(self) -> Decimal:
        """Counted minus book."""
        return self.counted - self.book


class Looks(Struct, frozen=True):
    """What makes one item look like another: its name and codes, and the packs it comes in."""

    name: str
    codes: tuple[str, ...] = ()
    factors: tuple[Decimal, ...] = ()


class Cause(Struct, frozen=True):
    """A likely cause: what, how much of the difference it explains, and which other line or pack it rests on."""

    kind: CauseKind
    explains: Decimal
    other: Place | None = None
    factor: Decimal | None = None
    times: Decimal | None = None
    where: int | None = None  # the place where the books have these goods
    code: str = ""
    document: int | None = None


class Waiting(NamedTuple):
    """Goods that the books have on a dock, on the road, in staging or in quarantine: perhaps they lie in bins."""

    place: int
    quantity: Decimal


class PackScans(NamedTuple):
    """How often a count scanned a code that stands for a pack."""

    code: str
    factor: Decimal
    times: Decimal


class Also(Struct, frozen=True):
    """What else is known beside the differences: `waiting` by item and lot, `pack_scans` by line."""

    waiting: Mapping[tuple[int, int], Sequence[Waiting]] = field(default_factory=dict)
    pack_scans: Mapping[Place, Sequence[PackScans]] = field(default_factory=dict)
    bins_with_parked_scans: Collection[int] = frozenset()
    pending_import: int | None = None


class Scene(Struct):
    """All differences at once, findable by item and by bin."""

    gaps: Sequence[Gap]
    looks: Mapping[int, Looks]
    also: Also
    by_goods: dict[tuple[int, int], list[Gap]] = field(default_factory=lambda: defaultdict(list))
    by_bin: dict[int, list[Gap]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for gap in self.gaps:
            self.by_goods[gap.place.item, gap.place.lot].append(gap)
            self.by_bin[gap.place.bin].append(gap)


def explain(
    gaps: Sequence[Gap],
    looks: Mapping[int, Looks],
    wanted: Collection[Place] | None = None,
    also: Also | None = None,
) -> dict[Place, list[Cause]]:
    """Return the likely causes of each difference (or of those *wanted*), the most trusted first."""
    scene = Scene([gap for gap in gaps if gap.difference], looks, also or Also())
    found: dict[Place, list[Cause]] = {}
    for gap in scene.gaps:
        if wanted is None or gap.place in wanted:
            causes = [cause for find in CAUSES for cause in find(gap, scene)]
            if causes:
                found[gap.place] = causes
    return found


def _misplaced(gap: Gap, scene: Scene) -> Iterator[Cause]:
    """Find the same goods short here and over there; the fit that explains most comes first."""
    others = [other for other in scene.by_goods[gap.place.item, gap.place.lot] if _opposite(gap, other)]
    others.sort(key=lambda other: (abs(gap.difference + other.difference), other.place))
    for other in others[:1]:
        yield Cause(CauseKind.MISPLACED, _explained(gap, other), other.place)


def _swapped(gap: Gap, scene: Scene) -> Iterator[Cause]:
    """Find goods that look alike, in the same bin, as many too few as there are too many of these; the most alike."""
    mirrored = [
        (_likeness(gap, other, scene), other)
        for other in scene.by_bin[gap.place.bin]
        if other.place != gap.place and gap.difference == -other.difference
    ]
    best = max(mirrored, key=lambda pair: (pair[0], pair[1].place), default=None)
    if best is not None and best[0] >= ALIKE:
        yield Cause(CauseKind.SWAPPED, abs(gap.difference), best[1].place)


def _pack_as_piece(gap: Gap, scene: Scene) -> Iterator[Cause]:
    """Find packs that were counted or booked as single pieces: each makes a difference of factor − 1."""
    size = abs(gap.difference)
    for factor in _factors(gap, scene):
        slip = factor - 1
        times = size / slip if slip > 0 else ZERO
        # That many pieces must stand on the side that is short, else nobody can have mistaken them.
        if factor >= LEAST_PACK and times and times == times.to_integral_value() <= min(gap.book, gap.counted):
            yield Cause(CauseKind.PACK_AS_PIECE, size, factor=factor, times=times)
            return


def _whole_packs(gap: Gap, scene: Scene) -> Iterator[Cause]:
    """Find differences of whole packs; the largest pack that fits."""
    size = abs(gap.difference)
    for factor in sorted(_factors(gap, scene), reverse=True):
        times = size / factor
        if times and times == times.to_integral_value():
            yield Cause(CauseKind.WHOLE_PACKS, size, factor=factor, times=times)
            return


def _wrong_barcode(gap: Gap, scene: Scene) -> Iterator[Cause]:
    """Find a code that counts as a pack though, if it stood on single pieces, the count would be right."""
    for scans in scene.also.pack_scans.get(gap.place, ()):
        too_many = scans.times * (scans.factor - 1)
        if too_many > 0 and gap.difference == too_many:
            yield Cause(CauseKind.WRONG_BARCODE, too_many, factor=scans.factor, times=scans.times, code=scans.code)
            return


def _digit_slip(gap: Gap, _scene: Scene) -> Iterator[Cause]:
    """Find two neighbouring digits swapped, or a digit 0 too many or too few."""
    if is_digit_slip(gap.book, gap.counted):
        yield Cause(CauseKind.DIGIT_SLIP, abs(gap.difference))


def _not_put_away(gap: Gap, scene: Scene) -> Iterator[Cause]:
    """Find goods that the books still have on a dock or on the road, where there are too many in the bin."""
    waiting = scene.also.waiting.get((gap.place.item, gap.place.lot), ())
    there = [each for each in waiting if each.place != gap.place.bin]
    if gap.difference > 0 and there:
        fit = min(there, key=lambda each: (abs(each.quantity - gap.difference), each.place))
        yield Cause(CauseKind.NOT_PUT_AWAY, min(fit.quantity, gap.difference), where=fit.place)


def _import_waits(gap: Gap, scene: Scene) -> Iterator[Cause]:
    """Point at opening stock that was uploaded and not booked, where the books have nothing."""
    if gap.difference > 0 and not gap.book and scene.also.pending_import is not None:
        yield Cause(CauseKind.IMPORT_WAITS, gap.difference, document=scene.also.pending_import)


def _scans_wait(gap: Gap, scene: Scene) -> Iterator[Cause]:
    """Point at scans of the bin that nobody decided about: what they say is not counted."""
    if gap.difference < 0 and gap.place.bin in scene.also.bins_with_parked_scans:
        yield Cause(CauseKind.SCANS_WAIT, abs(gap.difference))


def _moved_meanwhile(gap: Gap, _scene: Scene) -> Iterator[Cause]:
    """Point at goods that moved while the bin was being counted."""
    if gap.is_disturbed:
        yield Cause(CauseKind.MOVED_MEANWHILE, abs(gap.difference))


CAUSES = (
    *(_misplaced, _swapped, _wrong_barcode, _pack_as_piece, _whole_packs, _digit_slip),
    *(_not_put_away, _import_waits, _scans_wait, _moved_meanwhile),
)


def likeness(one: Looks, other: Looks) -> float:
    """Return how easily two items are taken for each other: how like their names are, and a little their codes."""
    near = any(is_slip_apart(left, right) for left in one.codes for right in other.codes)
    alike = SequenceMatcher(None, one.name, other.name, autojunk=False).ratio()
    return alike + NEAR_CODES if near else alike


def _likeness(gap: Gap, other: Gap, scene: Scene) -> float:
    if gap.place.item == other.place.item:
        return 1.0  # two lots of one item
    mine, theirs = scene.looks.get(gap.place.item), scene.looks.get(other.place.item)
    return likeness(mine, theirs) if mine and theirs else 0.0


def is_slip_apart(left: str, right: str) -> bool:
    """Return whether two codes of the same length differ in the article's last digits only, or by one swap.

    A slip in one digit changes the check digit as well, so two differing digits count as one slip.
    """
    if len(left) != len(right):
        return False
    at = [index for index, pair in enumerate(zip(left, right, strict=True)) if pair[0] != pair[1]]
    one_digit_and_check = len(at) <= 2 and bool(at) and at[-1] == len(left) - 1  # noqa: PLR2004  # see above
    return one_digit_and_check or _is_swap(left, right, at)


def is_digit_slip(book: Decimal, counted: Decimal) -> bool:
    """Return whether one number is the other with neighbours swapped or a 0 more at its end."""
    left, right = plain(book), plain(counted)
    if left == right or not book or not counted:
        return False
    if book == counted * 10 or counted == book * 10:
        return True
    at = [index for index, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]]
    return len(left) == len(right) and _is_swap(left, right, at)


def _is_swap(left: str, right: str, at: Sequence[int]) -> bool:
    return len(at) == 2 and at[1] == at[0] + 1 and left[at[0]] == right[at[1]] and left[at[1]] == right[at[0]]  # noqa: PLR2004  # a swap has two ends


def _opposite(gap: Gap, other: Gap) -> bool:
    return (gap.difference > 0) != (other.difference > 0) and other.place.bin != gap.place.bin


def _explained(gap: Gap, other: Gap) -> Decimal:
    return min(abs(gap.difference), abs(other.difference))


def _factors(gap: Gap, scene: Scene) -> Collection[Decimal]:
    looks = scene.looks.get(gap.place.item)
    return sorted(factor for factor in looks.factors if factor > 1) if looks else ()
