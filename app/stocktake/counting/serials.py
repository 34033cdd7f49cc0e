"""Single things that two bins claim to hold: where they were seen first they count, elsewhere they are reported.

Law: pure, like the counts it reads. Which count speaks for a line is the caller's to say.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from app.kernel.exact import ZERO
from app.stocktake.counting.rules import Count, Goods, Sighting


class Twice(NamedTuple):
    """A thing seen in two bins, from one of them: which, the other bin, and how much is not summed here."""

    serial: str
    other_bin: int
    left_out: Decimal


class Claim(NamedTuple):
    """A bin says that a thing lies there; claims sort by when it was seen."""

    at: datetime
    bin: int
    goods: Goods
    quantity: Decimal


def seen_twice(speaking: Iterable[tuple[Goods, Count]]) -> dict[tuple[int, Goods], list[Twice]]:
    """Return by bin and goods the things that other bins claim too.

    *speaking* is each line's goods with the count that decides it.
    """
    claims: dict[str, list[Claim]] = defaultdict(list)
    by_goods: dict[int, Mapping[Goods, list[tuple[str, Sighting]]]] = {}
    for goods, count in speaking:
        if not count.sightings:
            continue
        own = by_goods.get(id(count))
        if own is None:
            own = by_goods[id(count)] = _by_goods(count)
        for serial, sighting in own.get(goods, ()):
            claims[serial].append(Claim(sighting.at, count.key.bin, goods, sighting.quantity))
    found: dict[tuple[int, Goods], list[Twice]] = defaultdict(list)
    for serial, several in claims.items():
        if len(several) > 1:
            _settle(serial, sorted(several), found)
    return found


def left_out(twice: Iterable[Twice]) -> Decimal:
    """Return how much of what was counted here is summed elsewhere."""
    return sum((each.left_out for each in twice), ZERO)


def _by_goods(count: Count) -> Mapping[Goods, list[tuple[str, Sighting]]]:
    own: dict[Goods, list[tuple[str, Sighting]]] = defaultdict(list)
    for serial, sighting in count.sightings.items():
        own[sighting.goods].append((serial, sighting))
    return own


def _settle(serial: str, claims: list[Claim], found: dict[tuple[int, Goods], list[Twice]]) -> None:
    first, *others = claims
    found[first.bin, first.goods].append(Twice(serial, others[0].bin, ZERO))
    for claim in others:
        found[claim.bin, claim.goods].append(Twice(serial, first.bin, claim.quantity))
