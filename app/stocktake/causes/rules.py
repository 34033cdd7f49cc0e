"""Likely causes of differences, from the differences alone: pure, with the evidence in each answer.

Law: a cause is a hint for a person and books nothing. The order of `CAUSES` is the order of trust.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

from app.kernel.exact import ZERO, plain

ALIKE = 0.6  # share of common characters from which two names of goods are taken for each other
LEAST_PACK = 3  # with packs of two every difference would look like a pack taken for a piece


class CauseKind(StrEnum):
    """What may have happened."""

    MISPLACED = "misplaced"
    SWAPPED = "swapped"
    PACK_AS_PIECE = "pack_as_piece"
    WHOLE_PACKS = "whole_packs"
    DIGIT_SLIP = "digit_slip"
    MOVED_MEANWHILE = "moved_meanwhile"


class Place(NamedTuple):
    """The goods of a line: item and lot in a bin."""

    bin: int
    item: int
    lot: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A line that differs."""

    place: Place
    book: Decimal
    counted: Decimal
    is_disturbed: bool = False

    @property
    def difference(self) -> Decimal:
        """Counted minus book."""
        return self.counted - self.book


@dataclass(frozen=True, slots=True)
class Looks:
    """What makes one item look like another: its name and codes, and the packs it comes in."""

    name: str
    codes: tuple[str, ...] = ()
    factors: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """A likely cause: what, how much of the difference it explains, and which other line or pack it rests on."""

    kind: CauseKind
    explains: Decimal
    other: Place | None = None
    factor: Decimal | None = None
    times: Decimal | None = None


@dataclass(slots=True)
class Scene:
    """All differences at once, findable by item and by bin."""

    gaps: Sequence[Gap]
    looks: Mapping[int, Looks]
    by_goods: dict[tuple[int, int], list[Gap]] = field(default_factory=lambda: defaultdict(list))
    by_bin: dict[int, list[Gap]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for gap in self.gaps:
            self.by_goods[gap.place.item, gap.place.lot].append(gap)
            self.by_bin[gap.place.bin].append(gap)


def explain(
    gaps: Sequence[Gap], looks: Mapping[int, Looks], wanted: Collection[Place] | None = None
) -> dict[Place, list[Cause]]:
    """Return the likely causes of each difference (or of those *wanted*), the most trusted first."""
    scene = Scene([gap for gap in gaps if gap.difference], looks)
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
    """Find goods that look alike, as many too few as there are too many of these, in the same bin."""
    for other in scene.by_bin[gap.place.bin]:
        if other.place.item != gap.place.item and gap.difference == -other.difference:
            mine, theirs = scene.looks.get(gap.place.item), scene.looks.get(other.place.item)
            if mine and theirs and are_alike(mine, theirs):
                yield Cause(CauseKind.SWAPPED, abs(gap.difference), other.place)
                return


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


def _digit_slip(gap: Gap, _scene: Scene) -> Iterator[Cause]:
    """Find two neighbouring digits swapped, or a digit 0 too many or too few."""
    if is_digit_slip(gap.book, gap.counted):
        yield Cause(CauseKind.DIGIT_SLIP, abs(gap.difference))


def _moved_meanwhile(gap: Gap, _scene: Scene) -> Iterator[Cause]:
    """Point at goods that moved while the bin was being counted."""
    if gap.is_disturbed:
        yield Cause(CauseKind.MOVED_MEANWHILE, abs(gap.difference))


CAUSES = (_misplaced, _swapped, _pack_as_piece, _whole_packs, _digit_slip, _moved_meanwhile)


def are_alike(one: Looks, other: Looks) -> bool:
    """Say whether people or scanners take these items for each other: codes one slip apart, or like names."""
    if any(is_slip_apart(left, right) for left in one.codes for right in other.codes):
        return True
    return SequenceMatcher(None, one.name, other.name, autojunk=False).ratio() >= ALIKE


def is_slip_apart(left: str, right: str) -> bool:
    """Say whether two codes of the same length differ in the article's last digits only, or by one swap.

    A slip in one digit changes the check digit as well, so two differing digits count as one slip.
    """
    if len(left) != len(right):
        return False
    at = [index for index, pair in enumerate(zip(left, right, strict=True)) if pair[0] != pair[1]]
    one_digit_and_check = len(at) <= 2 and bool(at) and at[-1] == len(left) - 1  # noqa: PLR2004  # see above
    return one_digit_and_check or _is_swap(left, right, at)


def is_digit_slip(book: Decimal, counted: Decimal) -> bool:
    """Say whether one number is the other with neighbours swapped or a 0 more at its end."""
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
