"""What calls for a count, in points with their reasons: pure arithmetic over what the books and past counts say.

Law: a score is the sum of its reasons' points, and each reason keeps the numbers that it was made of. At most:

- 30 points for goods taken where the books had none and nobody has counted since: 15 each time;
- 25 points for lines that past counts found wrong: the share of wrong lines in those of the last year;
- 25 points for a count that is due by ABC class: 10 on the day, up to 15 more for another whole rhythm past it;
- 20 points for goods that nobody ever counted: the share of such lines; 5 where the books have nothing there;
- 20 points for value at stake, by rank: none up to the middle of all places, 20 for the most valuable.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct, field

from app.kernel.exact import ZERO
from app.stocktake.classes.rules import AbcClass, Policy

LOOK_BACK: Final = timedelta(days=365)
MOST_PROPOSED: Final = 500
BEYOND_EACH, BEYOND_MOST = 15, 30
WRONG_MOST = 25
DUE, DUE_LATE = 10, 15
NEVER_MOST, NEVER_EMPTY = 20, 5
VALUE_MOST = 20


class ReasonKind(StrEnum):
    """What calls for a count."""

    BEYOND_BOOK = "beyond_book"
    WRONG = "wrong"
    DUE = "due"
    NEVER = "never"
    VALUE = "value"


class Goods(Struct, frozen=True):
    """A line of the books: what lies in one place, and when somebody last counted it there."""

    item: int
    value: Decimal
    abc: AbcClass
    counted_at: datetime | None


class Past(Struct, frozen=True):
    """What posted counts of the last year say of a place or an item."""

    lines: int = 0
    wrong: int = 0
    value: Decimal = ZERO  # of all differences, whichever way


class Taken(Struct, frozen=True):
    """Goods that left though the books had none, and no count since."""

    times: int = 0
    quantity: Decimal = ZERO


class Evidence(Struct, frozen=True):
    """What is known of one place or item. `looked_at`: when all of it was last counted, empty or not."""

    goods: Sequence[Goods] = ()
    past: Past = field(default_factory=Past)
    taken: Taken = field(default_factory=Taken)
    looked_at: datetime | None = None

    @property
    def value(self) -> Decimal:
        """What the goods are worth at cost."""
        return sum((line.value for line in self.goods), ZERO)

    @property
    def counted_at(self) -> datetime | None:
        """When somebody last counted any of it."""
        known = [line.counted_at for line in self.goods if line.counted_at]
        return max([*known, self.looked_at] if self.looked_at else known, default=None)


class Reason(Struct, frozen=True):
    """Why something is to be counted: its points, and the numbers it was made of."""

    kind: ReasonKind
    points: int
    number: int = 0
    whole: int = 0
    amount: Decimal = ZERO
    item: int | None = None
    abc: AbcClass | None = None


class Standing(NamedTuple):
    """How many lines of the books a class has, and how many of them are due or were never counted."""

    lines: int = 0
    due: int = 0


def standings(goods: Iterable[Goods], policy: Policy, now: datetime) -> dict[AbcClass, Standing]:
    """Return how the rhythm of each class is kept."""
    found = dict.fromkeys(AbcClass, Standing())
    for line in goods:
        is_due = line.counted_at is None or (now - line.counted_at).days >= policy.rhythm(line.abc)
        lines, due = found[line.abc]
        found[line.abc] = Standing(lines + 1, due + is_due)
    return found


def assess(evidence: Mapping[int, Evidence], policy: Policy, now: datetime) -> dict[int, tuple[Reason, ...]]:
    """Return the reasons to count each place or item, the weightiest first."""
    values = sorted(each.value for each in evidence.values())
    return {
        number: tuple(sorted(_reasons(each, values, policy, now), key=lambda reason: -reason.points))
        for number, each in evidence.items()
    }


def score(reasons: Iterable[Reason]) -> int:
    """Return the points of *reasons* together."""
    return sum(reason.points for reason in reasons)


def _reasons(own: Evidence, values: Sequence[Decimal], policy: Policy, now: datetime) -> list[Reason]:
    found = [
        _taken(own.taken),
        _wrong(own.past),
        _due(own, policy, now),
        _never(own),
        _value(own.value, values),
    ]
    return [reason for reason in found if reason is not None and reason.points > 0]


def _taken(taken: Taken) -> Reason | None:
    points = min(BEYOND_MOST, BEYOND_EACH * taken.times)
    return Reason(ReasonKind.BEYOND_BOOK, points, taken.times, amount=taken.quantity)


def _wrong(past: Past) -> Reason | None:
    if not past.wrong:
        return None
    points = -(-WRONG_MOST * past.wrong // past.lines)
    return Reason(ReasonKind.WRONG, points, past.wrong, past.lines, past.value)


def _due(own: Evidence, policy: Policy, now: datetime) -> Reason | None:
    """Return the most overdue of the goods; an empty place is due as class C is."""
    counted: list[tuple[AbcClass, datetime, int | None]] = [
        (line.abc, line.counted_at, line.item) for line in own.goods if line.counted_at
    ]
    if not own.goods and own.looked_at:
        counted = [(AbcClass.C, own.looked_at, None)]
    due = [
        _overdue(abc, (now - counted_at).days, policy.rhythm(abc), item)
        for abc, counted_at, item in counted
        if (now - counted_at).days >= policy.rhythm(abc)
    ]
    return max(due, key=lambda reason: (reason.points, reason.number - reason.whole), default=None)


def _overdue(abc: AbcClass, days: int, rhythm: int, item: int | None) -> Reason:
    late = min(DUE_LATE, DUE_LATE * (days - rhythm) // rhythm)
    return Reason(ReasonKind.DUE, DUE + late, days, rhythm, item=item, abc=abc)


def _never(own: Evidence) -> Reason | None:
    if not own.goods:
        return None if own.looked_at else Reason(ReasonKind.NEVER, NEVER_EMPTY)
    never = sum(line.counted_at is None for line in own.goods)
    return Reason(ReasonKind.NEVER, -(-NEVER_MOST * never // len(own.goods)), never, len(own.goods))


def _value(value: Decimal, values: Sequence[Decimal]) -> Reason | None:
    """Weigh by rank, not by amount: one treasure would make all others look like nothing."""
    if not value:
        return None
    less = bisect_left(values, value)
    others = len(values) - 1
    points = VALUE_MOST * max(0, 2 * less - others) // others if others else VALUE_MOST
    return Reason(ReasonKind.VALUE, points, less, others, value)


def best(scores: Mapping[int, int], most: int) -> list[int]:
    """Return the *most* numbers with the highest scores above zero; of equal ones those that came first."""
    ranked = sorted((number for number, points in scores.items() if points > 0), key=lambda number: -scores[number])
    return ranked[:most]
