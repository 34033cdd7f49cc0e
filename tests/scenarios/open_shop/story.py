"""One day of the shop: counted by three people at once while goods go on moving, recounted, posted, told the rest."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from flask import Flask

from app.db import db
from app.kernel.exact import ZERO
from app.stocktake.approval import service as approval
from app.stocktake.approval.rules import Choice, fingerprint
from app.stocktake.counting.rules import LineCount
from app.stocktake.queries import get_stocktake
from app.stocktake.report.queries import Report, read_report
from app.stocktake.report.rules import Line
from app.stocktake.rules import Scope, ScopeKind, Tolerance
from app.stocktake.service import Plan, ask_recount, plan, start
from tests.scenarios.open_shop.books import Shop, bin_codes
from tests.scenarios.open_shop.clocks import is_within
from tests.scenarios.open_shop.counting import SLIPS, Counter, Visit, rounds_of
from tests.scenarios.open_shop.physics import (
    MINUTE,
    Arrival,
    Carried,
    Fault,
    Goods,
    Route,
    Spot,
    World,
    carry_somewhere,
)

IN_SCOPE, LEFT_OUT, LEFT_OPEN, TWICE = 185, 5, 2, 3
MARGIN = 1_500  # what happens that close to an opening or closing is not kept back until after the posting
MOST_ROUNDS = 4


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Day:
    """The shop, its people, and how far the day is."""

    app: Flask
    world: World
    shop: Shop
    counters: Sequence[Counter]
    planner: int
    manager: int
    chance: random.Random
    stocktake: int = 0
    visits: list[Visit] = field(default_factory=list)
    slips: dict[Spot, str] = field(default_factory=dict)
    recounted: set[Spot] = field(default_factory=set)
    told: int = 0
    _spots: dict[object, Spot] = field(default_factory=dict)
    _closed: dict[str, list[Visit]] = field(default_factory=lambda: defaultdict(list))

    # --- who counts what ---

    @property
    def counted(self) -> tuple[str, ...]:
        """The bins that somebody opens and closes."""
        return bin_codes()[: IN_SCOPE - LEFT_OUT - LEFT_OPEN]

    @property
    def _left_open(self) -> tuple[str, ...]:
        return bin_codes()[IN_SCOPE - LEFT_OUT - LEFT_OPEN : IN_SCOPE - LEFT_OUT]

    def begin(self) -> None:
        """Plan and start the stocktake: of most bins, nothing tolerated without a second word."""
        bins = tuple(self.shop.places[code] for code in bin_codes()[:IN_SCOPE])
        wanted = Plan(self.shop.warehouse, Scope(ScopeKind.BINS, bins), tolerance=Tolerance(quantity=ZERO))
        with self.shop.write() as session:
            self.stocktake = plan(session, wanted, self.planner, now()).id
        with self.shop.write() as session:
            start(session, self.stocktake, self.planner, self.shop.began)
        for counter in self.counters:
            counter.phone.task = f"stocktake:{self.stocktake}"

    def first_round(self) -> None:
        """Let three people count at once while goods move in and out of every kind of bin."""
        visits = rounds_of([*self.counted, *self._left_open], (0, 1, 2), 0, self.chance)
        last = max(visit.end for visit in visits) + 5 * MINUTE
        for place in self.counted[:TWICE]:
            first = next(visit for visit in visits if visit.bin == place)
            visits.append(Visit(place, (first.counter + 1) % 3, last, last + 40_000))
            last += MINUTE
        acts = self._move(visits, before=-55 * MINUTE, after=last + 8 * MINUTE, inside=250, close=150, anywhere=400)
        self._slip(visits)
        self._carry_out(visits, acts)

    def recount(self, places: Iterable[Spot], *, quiet: bool) -> None:
        """Let somebody else count lines anew; unless *quiet*, goods move through the bins meanwhile."""
        asked: dict[str, set[Goods]] = defaultdict(set)
        for spot in places:
            asked[spot.place].add(spot.goods)
            self.recounted.add(spot)
        with self.shop.write() as session:
            wanted = [self.shop.place(Spot(place, goods)) for place, own in asked.items() for goods in own]
            ask_recount(session, self.stocktake, wanted, self.manager, now())
        begin = max(visit.end for visit in self.visits) + 20 * MINUTE
        free = dict.fromkeys(range(len(self.counters)), begin)
        visits = []
        for place, goods in sorted(asked.items()):
            been = [visit for visit in self.visits if visit.bin == place]
            others = set(free) - {visit.counter for visit in been}
            counter = min(others, key=lambda each: (free[each], each))
            end = free[counter] + self.chance.randint(10_000, 30_000)
            visits.append(
                Visit(place, counter, free[counter], end, max(each.round for each in been) + 1, frozenset(goods))
            )
            free[counter] = end + 5_000
        last = max(visit.end for visit in visits) + 8 * MINUTE
        many = 0 if quiet else 40
        self._carry_out(visits, self._move(visits, begin - 5 * MINUTE, last, inside=many, close=many, anywhere=many))

    # --- what moves ---

    def _move(
        self, visits: Sequence[Visit], before: int, after: int, *, inside: int, close: int, anywhere: int
    ) -> list[Carried]:
        chance, route = self.chance, Route(bin_codes())
        moments = [(chance.randint(*visit.span), visit.bin) for visit in chance.choices(visits, k=inside)]
        moments += [(visit.end + chance.randint(-600, 900), visit.bin) for visit in chance.choices(visits, k=close)]
        moments += [(chance.randint(before, after), chance.choice(bin_codes())) for _ in range(anywhere)]
        spans = self._open_spans([*self.visits, *visits])
        acts = []
        for at, place in sorted(moments):
            if act := carry_somewhere(self.world, at, place, route, chance):
                act = replace(act, arrival=self._arrival(act, spans))
                self.world.carry(act)
                acts.append(act)
        return acts

    def _open_spans(self, visits: Iterable[Visit]) -> dict[str, list[tuple[int, int]]]:
        spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for visit in visits:
            begin, end = self.counters[visit.counter].claimed(visit)
            spans[visit.bin].append((begin - MARGIN, end + MARGIN))
        return spans

    def _arrival(self, act: Carried, spans: dict[str, list[tuple[int, int]]]) -> Arrival:
        """Say when the books hear of a move: what cannot be told from the count itself not only after the posting."""
        if self.chance.random() < 0.3:
            in_doubt = any(is_within(act.at, spans[place]) for place in (act.source, act.target))
            twice = {act.source, act.target} & set(self.counted[:TWICE])
            if not in_doubt and not twice and act.goods.code not in self._evidence:
                return Arrival.AFTER_POSTING
        return Arrival.BEFORE_REPORT if self.chance.random() < 0.3 else Arrival.AT_ONCE

    @property
    def _evidence(self) -> set[str]:
        """The articles whose differences together say what happened."""
        telling = {Fault.NEIGHBOUR, Fault.SWAPPED, Fault.CARTON}
        return {spot.goods.code for each in self.world.falsified if each.fault in telling for spot, _ in each.changes}

    def _slip(self, visits: Sequence[Visit]) -> None:
        """Choose lines that a counter will get wrong, none of which the books or the shelf get wrong as well."""
        closed = set(self.counted[TWICE:])
        kept_back = {spot for act in self.world.carried if act.arrival is Arrival.AFTER_POSTING for spot in act.spots}
        right = [
            spot
            for spot in sorted(self.world.opening)
            if spot.place in closed and not self.world.fault_at(spot) and spot not in kept_back
        ]
        lying = {visit.bin: visit.begin for visit in visits}
        right = [spot for spot in right if self.world.lying(spot, lying[spot.place])]
        self.slips = {spot: self.chance.choice(SLIPS) for spot in self.chance.sample(right, 30)}

    # --- what is sent ---

    def _carry_out(self, visits: Sequence[Visit], acts: Sequence[Carried]) -> None:
        """Let everybody work at once, each on a connection of their own; then what was done offline comes in."""
        is_first = not self.visits
        self.visits += visits
        for visit in sorted(visits, key=lambda each: each.begin):
            counter = self.counters[visit.counter]
            counter.count(self.world, visit, self.slips if visit.round == 1 else {}, self.chance)
            if visit.bin in self._left_open:
                counter.events.pop()
            else:
                self._closed[visit.bin].append(visit)
        held_back = self.counters[2].events[-60:] if is_first else []
        if held_back:
            del self.counters[2].events[-60:]
        prompt = [act for act in acts if act.arrival is Arrival.AT_ONCE]
        chances = [random.Random(self.chance.random()) for _ in self.counters]
        work = [partial(self.hear, prompt), *map(partial, [each.send for each in self.counters], chances)]
        db.session.remove()
        with ThreadPoolExecutor(len(work)) as people:
            for done in [people.submit(self._alone, each) for each in work]:
                done.result()
        late = [act for act in acts if act.arrival is Arrival.BEFORE_REPORT]
        self.chance.shuffle(late)
        self.hear(late)
        self.finish()
        if held_back:  # a phone that found its network only when counting was called over
            self.counters[2].events = held_back
            self.counters[2].send(self.chance)

    def _alone(self, work: Callable[[], None]) -> None:
        with self.app.app_context():
            try:
                work()
            finally:
                db.session.remove()

    def hear(self, acts: Iterable[Carried]) -> None:
        """Let the books hear of moves in this order."""
        for act in acts:
            self.shop.hear(act, f"move:{act.number}", now())

    def hear_the_rest(self) -> None:
        """Let everything arrive that was kept back, in any order."""
        rest = [act for act in self.world.carried if act.arrival is Arrival.AFTER_POSTING]
        self.chance.shuffle(rest)
        self.told = len(rest)
        self.hear(rest)

    # --- who decides ---

    def finish(self) -> None:
        """Call the counting over."""
        with self.shop.write() as session:
            approval.end_review(session, self.stocktake, self.planner, now())

    def report(self) -> Report:
        """The report as of now."""
        db.session.remove()
        return read_report(db.session(), get_stocktake(db.session(), self.stocktake), now())

    def spot(self, line: Line) -> Spot:
        """Return where a line of the report is."""
        if line.place not in self._spots:
            self._spots = {self.shop.place(spot): spot for spot in self.world.spots()}
        return self._spots[line.place]

    def to_recount(self) -> set[Spot]:
        """What a careful manager has counted anew: what one person said alone, and what moved meanwhile."""
        return {
            self.spot(line)
            for line in self.report().lines
            if line.known.in_scope
            and line.status is not LineCount.NOT_COUNTED
            and (line.needs_recount or line.is_disturbed)
        }

    def settle(self) -> int:
        """Recount until nothing is in doubt any more; return how many rounds that took."""
        for number in range(2, MOST_ROUNDS + 1):
            places = self.to_recount()
            if not places:
                return number - 1
            self.recount(places, quiet=number > 2)
        assert self.to_recount() == set()
        return MOST_ROUNDS

    def approve_and_post(self) -> approval.PostOutcome:
        """Approve what there is to approve and post."""
        with self.shop.write() as session:
            stocktake = get_stocktake(session, self.stocktake)
            lines = read_report(session, stocktake, now()).lines
            seen = fingerprint(line for line in lines if line.can_approve)
            approval.approve(session, self.stocktake, Choice(seen_all=seen), self.manager, now())
        with self.shop.write() as session:
            return approval.post(session, self.stocktake, self.manager, now())

    def closing(self, spot: Spot) -> int | None:
        """Return when the count that decides about a spot closed its bin, None where nobody did."""
        own = [visit for visit in self._closed[spot.place] if visit.asked is None or spot.goods in visit.asked]
        return max(own, key=lambda visit: (visit.round, visit.end)).end if own else None
