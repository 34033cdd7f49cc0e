"""Shelves without a database: facts in any order end where playing them in the order of time ends."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from app.company.rules import ACCOUNTS, Chart
from app.ledger.facts import CountFact, MoveFact
from app.ledger.planning import Plan, keys_of, late_keys, plan
from app.ledger.rules import Key, Reason
from app.ledger.shelf import Anchor, Beyond, Line, Shelf
from app.places.rules import End, is_internal
from tests.ledger.naive import Act, shelves_after
from tests.ledger.scale import examples

MORNING = datetime(2026, 3, 2, tzinfo=UTC)
BINS = (101, 102)
ITEM = 1


def at(minute: int) -> datetime:
    return MORNING + timedelta(minutes=minute)


@dataclass
class Books:
    """As little of a ledger as the shelves need: every line and anchor so far, kept in lists."""

    lines: list[Line] = field(default_factory=list)
    anchors: list[Anchor] = field(default_factory=list)
    open: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def post(self, moves: list[MoveFact], counts: list[CountFact]) -> Plan:
        shelves = {key: self._shelf(key) for key in keys_of(moves, counts)}
        for key, since in late_keys(moves, counts, shelves).items():
            self._load(shelves[key], since)
        planned = plan(moves, counts, shelves, ACCOUNTS[Chart.SMALL])
        for line in planned.lines:
            line.id = len(self.lines) + 1
            self.lines.append(line)
            if line.beyond:
                line.beyond.id = line.id
        self.anchors += planned.anchors
        for key, shelf in shelves.items():
            assert shelf.quantity >= 0
            assert shelf.quantity == self.book(key)
        return planned

    def book(self, key: Key, until: datetime | None = None) -> Decimal:
        return sum((change for when, change in self._changes(key) if until is None or when <= until), Decimal(0))

    def _changes(self, key: Key) -> list[tuple[datetime, Decimal]]:
        return [
            (line.occurred_at, line.quantity if line.target == key.location else -line.quantity)
            for line in self.lines
            if line.item == key.item and key.location in {line.source, line.target}
        ]

    def _shelf(self, key: Key) -> Shelf:
        times = [when for when, _ in self._changes(key)]
        counted = [anchor.counted_at for anchor in self.anchors if anchor.key == key]
        beyond = [line.occurred_at for line in self._beyond_lines(key)]
        return Shelf(
            key,
            self.book(key),
            max(times, default=None),
            max(counted, default=None),
            max(beyond, default=None),
        )

    def _beyond_lines(self, key: Key) -> list[Line]:
        return [line for line in self.lines if line.reason is Reason.BEYOND_BOOK and line.target == key.location]

    def _load(self, shelf: Shelf, since: datetime) -> None:
        shelf.changes = [change for change in self._changes(shelf.key) if change[0] > since]
        shelf.anchors = [
            Anchor(shelf.key, anchor.counted_at, None)
            for anchor in self.anchors
            if anchor.key == shelf.key and anchor.counted_at >= since
        ]
        for line in self._beyond_lines(shelf.key):
            back = [other for other in self.lines if other.gives_back and other.gives_back.id == line.id]
            rest = line.quantity - sum((other.quantity for other in back), Decimal(0))
            if line.occurred_at >= since and rest:
                shelf.beyond.append(Beyond(line.occurred_at, rest, line.quantity, id=line.id))
        shelf.sort()


acts = st.one_of(
    st.builds(
        lambda minute, ends, quantity: Act(minute, ITEM, 0, ends[0], ends[1], Decimal(quantity)),
        st.integers(0, 12),
        st.sampled_from(
            [
                (End.SUPPLIER, BINS[0]),
                (End.SUPPLIER, BINS[1]),
                (BINS[0], End.CUSTOMER),
                (BINS[1], End.CUSTOMER),
                BINS,
                BINS[::-1],
            ]
        ),
        st.integers(1, 9),
    ),
    st.builds(
        lambda minute, place, counted: Act(minute, ITEM, 0, place, place, counted=Decimal(counted)),
        st.integers(0, 12),
        st.sampled_from(BINS),
        st.integers(0, 9),
    ),
)


def deliver(books: Books, together: list[Act], number: int) -> None:
    books.post(
        [
            MoveFact(act.item, act.quantity, act.source, act.target, at(act.minute))
            for act in together
            if act.counted is None
        ],
        [
            CountFact(act.item, act.target, act.counted, at(act.minute), f"{number}-{line}")
            for line, act in enumerate(together)
            if act.counted is not None
        ],
    )


def lying(books: Books) -> dict[Key, Decimal]:
    found = {Key(ITEM, 0, place): books.book(Key(ITEM, 0, place)) for place in BINS}
    return {key: quantity for key, quantity in found.items() if quantity}


@settings(max_examples=examples(300, 20_000), deadline=None)
@given(st.lists(acts, min_size=1, max_size=14))
def test_facts_in_any_order_end_where_they_end_in_the_order_of_time(arrivals: list[Act]) -> None:
    books = Books()
    for number, act in enumerate(arrivals):
        deliver(books, [act], number)
        assert lying(books) == shelves_after(arrivals[: number + 1])
    for key in (Key(ITEM, 0, place) for place in BINS):
        assert_counts_hold(books, key)


@settings(max_examples=examples(200, 10_000), deadline=None)
@given(st.lists(st.lists(acts, min_size=1, max_size=5), min_size=1, max_size=5))
def test_facts_posted_together_end_where_they_end_one_by_one(postings: list[list[Act]]) -> None:
    books = Books()
    for number, together in enumerate(postings):
        deliver(books, together, number)
    # Counts of one posting are told after its moves: that is the order among equals.
    told = [act for together in postings for act in sorted(together, key=lambda act: act.counted is not None)]
    assert lying(books) == shelves_after(told)


@settings(max_examples=examples(200, 10_000), deadline=None)
@given(st.lists(acts, min_size=1, max_size=10), st.randoms(use_true_random=False))
def test_an_undone_move_leaves_no_trace_on_any_shelf(arrivals: list[Act], chance: random.Random) -> None:
    books = Books()
    for number, act in enumerate(arrivals):
        deliver(books, [act], number)
    moved = [act for act in arrivals if act.counted is None]
    for act in chance.sample(moved, len(moved) // 2):
        mirrored = Act(act.minute, act.item, act.lot, act.target, act.source, act.quantity)
        deliver(books, [mirrored], -1)
        arrivals.remove(act)
    assert lying(books) == shelves_after(arrivals)


def assert_counts_hold(books: Books, key: Key) -> None:
    for anchor in books.anchors:
        if anchor.key == key:
            assert books.book(key, anchor.counted_at) == anchor.counted


def test_the_line_of_the_ends_is_what_says_whose_goods_they_are() -> None:
    assert not any(is_internal(end) for end in End)
    assert all(is_internal(place) for place in BINS)
