"""Shelves and what hands do to them: the oracle. It knows physical acts and when the books heard of them.

Law of the books, said anew: play what has arrived in the order in which it happened; a place never stands below
nothing; a posted count says what is there.
"""

import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from itertools import cycle, takewhile
from typing import NamedTuple

from app.kernel.gtin import check_digit

MINUTE = 60_000
NIGHT = -60 * MINUTE  # when shelves were falsified
OPENING = -24 * 60 * MINUTE


class Goods(NamedTuple):
    """An article by its code, and its lot where it is kept by lots."""

    code: str
    lot: str = ""


class Spot(NamedTuple):
    """Goods in a place."""

    place: str
    goods: Goods


class Arrival(IntEnum):
    """When the books hear of a move."""

    AT_ONCE = 0
    BEFORE_REPORT = 1
    AFTER_POSTING = 2


@dataclass(frozen=True)
class Carried:
    """Goods were carried from one place to another."""

    number: int
    at: int
    goods: Goods
    source: str
    target: str
    quantity: int
    arrival: Arrival = Arrival.AT_ONCE

    @property
    def spots(self) -> tuple[Spot, Spot]:
        """Where it changes something."""
        return Spot(self.source, self.goods), Spot(self.target, self.goods)


class Fault(StrEnum):
    """What was done to a shelf without a word."""

    MISSING = "missing"
    SURPLUS = "surplus"
    NEIGHBOUR = "neighbour"
    SWAPPED = "swapped"
    CARTON = "carton"


@dataclass(frozen=True)
class Falsified:
    """A fault: the spots it changed, and by how much."""

    fault: Fault
    changes: tuple[tuple[Spot, int], ...]


@dataclass
class World:
    """What lies where, at every instant, and what the books were told."""

    opening: dict[Spot, int]
    cartons: Mapping[str, int]  # pieces in a carton, by the article's code
    names: Mapping[str, str]
    falsified: list[Falsified] = field(default_factory=list)
    carried: list[Carried] = field(default_factory=list)
    _changes: dict[Spot, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    _acts: dict[Spot, list[Carried]] = field(default_factory=lambda: defaultdict(list))
    _spots: dict[str, set[Spot]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        for spot, quantity in self.opening.items():
            self._change(spot, OPENING, quantity)

    def _change(self, spot: Spot, at: int, change: int) -> None:
        self._changes[spot].append((at, change))
        self._spots[spot.place].add(spot)

    # --- acts ---

    def falsify(self, fault: Fault, *changes: tuple[Spot, int]) -> None:
        """Do something to shelves that nobody will ever tell."""
        self.falsified.append(Falsified(fault, changes))
        for spot, change in changes:
            self._change(spot, NIGHT, change)

    def carry(self, act: Carried) -> None:
        """Carry goods; acts come in the order of time."""
        self.carried.append(act)
        source, target = act.spots
        self._change(source, act.at, -act.quantity)
        self._change(target, act.at, act.quantity)
        self._acts[source].append(act)
        self._acts[target].append(act)

    # --- shelves ---

    def lying(self, spot: Spot, at: int) -> int:
        """How much lies there at an instant."""
        return sum(change for when, change in self._changes.get(spot, ()) if when <= at)

    def goods_in(self, place: str, begin: int, end: int) -> list[Goods]:
        """Which goods lie in a place at some moment of a span."""
        found = []
        for spot in sorted(self._spots[place]):
            moments = {begin, *(when for when, _ in self._changes[spot] if begin < when <= end)}
            if any(self.lying(spot, moment) for moment in moments):
                found.append(spot.goods)
        return found

    def shelves(self, at: int) -> dict[Spot, int]:
        """Everything that lies anywhere at an instant."""
        return {spot: lying for spot in self._changes if (lying := self.lying(spot, at))}

    def spots(self) -> list[Spot]:
        """Every spot where anything ever lay."""
        return list(self._changes)

    def fault_at(self, spot: Spot) -> int:
        """How much more lies there than anybody was told."""
        return sum(change for each in self.falsified for there, change in each.changes if there == spot)

    # --- books ---

    def book(self, spot: Spot, at: int, heard: Arrival) -> int:
        """What the books say of an instant, once everything up to *heard* has arrived."""
        level = 0
        for when, change in self._told(spot, heard):
            if when <= at:
                level = max(level + change, 0)
        return level

    def unheard(self, spot: Spot, at: int, heard: Arrival) -> int:
        """What moves did up to an instant that the books have not heard of."""
        return sum(
            act.quantity * (1 if act.target == spot.place else -1)
            for act in self._acts[spot]
            if act.arrival > heard and act.at <= at
        )

    def was_beyond_book(self, spot: Spot, at: int, heard: Arrival) -> bool:
        """Return whether more left a place than the books had."""
        level = 0
        for when, change in self._told(spot, heard):
            level += change
            if when <= at and level < 0:
                return True
        return False

    def _told(self, spot: Spot, heard: Arrival) -> list[tuple[int, int]]:
        told = [(OPENING, self.opening.get(spot, 0))]
        told += [
            (act.at, act.quantity if act.target == spot.place else -act.quantity)
            for act in self._acts[spot]
            if act.arrival <= heard
        ]
        return sorted(told)


# --- at night ---------------------------------------------------------------------------------------------------------


def falsify(world: World, bins: Sequence[str], share: float, chance: random.Random) -> None:
    """Falsify a share of the lines of *bins* in the five known ways, each line and each article once."""
    spots = sorted(spot for spot in world.opening if spot.place in set(bins))
    wanted, touched, changed = int(len(spots) * share), set[str](), 0
    faults = cycle(Fault)
    fault = next(faults)
    for spot in chance.sample(spots, len(spots)) * len(Fault):
        changes = () if spot.goods.code in touched else _FAULTS[fault](world, spot, bins, chance)
        if changes and touched.isdisjoint(there.goods.code for there, _ in changes):
            world.falsify(fault, *changes)
            touched |= {there.goods.code for there, _ in changes}
            changed += len(changes)
            fault = next(faults)
        if changed >= wanted:
            return
    raise AssertionError("too few lines to falsify")


Changes = tuple[tuple[Spot, int], ...]


def _missing(world: World, spot: Spot, _bins: Sequence[str], chance: random.Random) -> Changes:
    return ((spot, -chance.randint(1, world.opening[spot])),)


def _surplus(_world: World, spot: Spot, _bins: Sequence[str], chance: random.Random) -> Changes:
    return ((spot, chance.randint(1, 9)),)


def _neighbour(world: World, spot: Spot, bins: Sequence[str], chance: random.Random) -> Changes:
    other = Spot(bins[(bins.index(spot.place) + 1) % len(bins)], spot.goods)
    amount = chance.randint(1, world.opening[spot])
    return ((spot, -amount), (other, amount))


def _swapped(world: World, spot: Spot, _bins: Sequence[str], chance: random.Random) -> Changes:
    alike = [
        other
        for other in world.opening
        if other.place == spot.place
        and other.goods.code != spot.goods.code
        and are_alike(world.names[other.goods.code], world.names[spot.goods.code])
    ]
    if not alike:
        return ()
    amount = chance.randint(1, world.opening[spot])
    return ((spot, -amount), (alike[0], amount))


def _carton(world: World, spot: Spot, _bins: Sequence[str], _chance: random.Random) -> Changes:
    return ((spot, pieces - 1),) if (pieces := world.cartons.get(spot.goods.code, 0)) else ()


_FAULTS = {
    Fault.MISSING: _missing,
    Fault.SURPLUS: _surplus,
    Fault.NEIGHBOUR: _neighbour,
    Fault.SWAPPED: _swapped,
    Fault.CARTON: _carton,
}


def are_alike(one: str, other: str) -> bool:
    """Return whether two articles look alike: their names begin with the same words and end otherwise."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return 10 * same >= 7 * max(len(one), len(other))


def made_up(number: int) -> str:
    """A code that looks like a real one."""
    body = f"69{number:010d}"
    return body + check_digit(body)


# --- in the daytime ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Route:
    """Where goods may be fetched and brought."""

    bins: Collection[str]
    dock: str = "IN"
    staging: str = "OUT"


def carry_somewhere(
    world: World, at: int, place: str, route: Route, chance: random.Random, avoid: Iterable[str] = ()
) -> Carried | None:
    """Return something a person could carry at an instant, into or out of *place*; None where nothing is at hand."""
    taken = set(avoid)
    way = chance.random()
    if way < 0.4:
        source, target = place, route.staging
    elif way < 0.7:
        source, target = place, chance.choice([each for each in route.bins if each != place])
    elif way < 0.85:
        source, target = route.dock, place
    else:
        source, target = chance.choice([each for each in route.bins if each != place]), place
    at_hand = [goods for goods in world.goods_in(source, at, at) if goods.code not in taken]
    if not at_hand:
        return None
    goods = chance.choice(at_hand)
    lying = world.lying(Spot(source, goods), at)
    return Carried(len(world.carried), at, goods, source, target, chance.randint(1, min(lying, 6)))
