"""People who count bins with phones: what their hands do at which instant, their slips, and when they send it."""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.kernel.gtin import check_digit
from tests.handheld.phones import Phone
from tests.scenarios.open_shop.clocks import Ask, PhoneClock, Span, is_within
from tests.scenarios.open_shop.physics import MINUTE, Goods, Spot, World

SLIPS = ("one_off", "digits_swapped", "forgotten", "scanned_twice", "carton_as_piece")


@dataclass(frozen=True)
class Visit:
    """Somebody counts a bin from its opening to its closing; `asked` are the goods of a recount, None for all."""

    bin: str
    counter: int
    begin: int
    end: int
    round: int = 1
    asked: frozenset[Goods] | None = None

    @property
    def span(self) -> Span:
        """From opening to closing, in true time."""
        return self.begin, self.end


@dataclass
class Counter:
    """A person with a phone and its clock."""

    number: int
    phone: Phone
    clock: PhoneClock
    bin_ids: Mapping[str, int]
    events: list[dict[str, Any]] = field(default_factory=list)

    def claimed(self, visit: Visit) -> Span:
        """The span in which the server or anybody else may believe that the bin was open."""
        moments = [*range(visit.begin, visit.end, 500), visit.end]
        claims = [self.clock.claimed(moment) for moment in moments]
        return min(visit.begin, int(min(claims))), max(visit.end, int(max(claims)) + 1)

    def count(self, world: World, visit: Visit, slips: Mapping[Spot, str], chance: random.Random) -> None:
        """Do what a person does at a bin: open, count what lies there when they come to it, close."""
        self._act(visit.begin, None, "open_bin", visit)
        goods = self._goods(world, visit, chance)
        step = (visit.end - visit.begin) // (len(goods) + 2)
        for number, each in enumerate(goods, start=1):
            at = visit.begin + number * step
            spot = Spot(visit.bin, each)
            lying = world.lying(spot, at)
            seen = mistaken(lying, slips[spot], world.cartons.get(each.code, 0)) if spot in slips else lying
            for kind, code, quantity in hands(each, seen, world.cartons.get(each.code), chance):
                at += 7
                if kind == "undo":
                    self._act(at, None, "undo", visit, undoes=self.events[-1]["id"])
                else:
                    self._act(at, code, kind, visit, quantity=quantity, lot=each.lot or None)
        self._act(visit.end, None, "close_bin", visit)

    def _goods(self, world: World, visit: Visit, chance: random.Random) -> list[Goods]:
        """Return what the person comes by, in their order; what was brought after they passed they may not see."""
        if visit.asked is not None:
            return chance.sample(sorted(visit.asked), len(visit.asked))
        there = world.goods_in(visit.bin, visit.begin, visit.begin)
        brought = [goods for goods in world.goods_in(visit.bin, *visit.span) if goods not in there]
        seen = [goods for goods in brought if chance.random() < 0.5]
        return chance.sample(there, len(there)) + seen

    def _act(self, at: int, code: str | None, kind: str, visit: Visit, **other: object) -> None:
        event = self.phone.event(code, kind, location=self.bin_ids[visit.bin], round=visit.round, **other)
        self.events.append(event | self.clock.stamp(at))

    def send(self, chance: random.Random) -> None:
        """Send everything, in batches as the outbox does; of some the answer is lost and they are sent again."""
        while self.events:
            size = chance.choice((1, 20, 50, 120))
            batch, self.events = self.events[:size], self.events[size:]
            answers = self.phone.send(*batch)
            refused = [answer for answer in answers if answer["status"] != "accepted"]
            assert refused == [], refused
            if chance.random() < 0.15:
                changed = [pair for pair in zip(answers, self.phone.send(*batch), strict=True) if pair[0] != pair[1]]
                assert changed == [], changed


def mistaken(lying: int, slip: str, carton: int) -> int:
    """Return what a person writes down who makes a slip; never what lies there."""
    match slip:
        case "digits_swapped" if lying >= 10 and lying % 11:
            return int(str(lying)[::-1])
        case "forgotten":
            return 0 if lying else 1
        case "scanned_twice":
            return lying + 1
        case "carton_as_piece" if carton and lying >= carton:
            return lying - carton + 1
    return lying - 1 if lying > 1 else lying + 1


def hands(
    goods: Goods, quantity: int, carton: int | None, chance: random.Random
) -> Iterator[tuple[str, str, str | None]]:
    """How a person enters a quantity (kind, code, quantity): piece by piece, typed, by the carton, or corrected."""
    if not quantity:
        if chance.random() < 0.5:
            yield "zero", goods.code, None
        return
    way = chance.randrange(4)
    if way == 0 and quantity <= 6:
        yield from (("scan", goods.code, "1.000") for _ in range(quantity))
    elif way == 1 and carton and quantity >= carton:
        yield "scan", carton_code(goods.code), f"{quantity // carton}.000"
        if quantity % carton:
            yield "scan", goods.code, f"{quantity % carton}.000"
    elif way == 2:
        yield "set", goods.code, f"{quantity}.000"
        yield "scan", goods.code, "1.000"
        yield "undo", goods.code, None
    else:
        yield "scan", goods.code, "1.000"
        yield "set", goods.code, f"{quantity}.000"


def carton_code(code: str) -> str:
    """The code on a carton: the piece's with indicator 1 in front."""
    body = f"1{code[:-1]}"
    return body + check_digit(body)


def rounds_of(bins: Sequence[str], counters: Collection[int], begin: int, chance: random.Random) -> list[Visit]:
    """Share *bins* out; each counter walks theirs one after the other."""
    visits = []
    for number, counter in enumerate(counters):
        at = begin + number * 1_000
        for place in bins[number :: len(counters)]:
            end = at + chance.randint(20_000, 55_000)
            visits.append(Visit(place, counter, at, end))
            at = end + chance.randint(3_000, 12_000)
    return visits


def day_of_a_phone(number: int, last: int, chance: random.Random, began: datetime) -> PhoneClock:
    """Make a phone whose clock is wrong, drifts, sleeps, is set by hand, and is measured whenever it is awake."""
    first = -70 * MINUTE
    naps = []
    at = first + chance.randint(5, 20) * MINUTE
    while at < last:
        naps.append((at, at + chance.randint(1, 12) * MINUTE))
        at = naps[-1][1] + chance.randint(12, 40) * MINUTE
    jumps = [(at, chance.choice((-1, 1)) * chance.randint(2_000, 200_000)) for at in chance.sample(range(last), 3)]
    jumps = [(at, jump) for at, jump in jumps if not is_within(at, naps)]
    asks = []
    at = 3 * MINUTE if number == 2 else first  # one phone finds the network only when it has counted a while
    while at < last:
        if not is_within(at, naps):
            asks.append(Ask(at, chance.randint(5, 400), chance.randint(5, 400)))
        at += chance.randint(30_000, 6 * MINUTE)
    shift, drift = chance.randint(-300_000, 300_000), chance.uniform(-50e-6, 50e-6)
    return PhoneClock(began, shift, drift, naps, sorted(jumps), asks)
