"""A shop counted while it sells: the report is what was falsified plus what has not been told yet, line by line.

1,669 real articles in 200 bins; three people count at once through the API, with phones whose clocks are wrong, drift,
sleep and are set by hand. Goods move all the while, some of it made offline, some told only after the posting. The
oracle knows physical acts and when the books heard of them.
"""

import random
from collections import Counter as Tally
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import db
from app.kernel.exact import ZERO
from app.ledger.models import CountAnchor, Move
from app.ledger.queries import account_balance
from app.ledger.rules import Reason
from app.ledger.verify import verify
from app.stocktake.causes.rules import CauseKind
from app.stocktake.counting.rules import LineCount
from app.stocktake.report.causes import with_causes
from app.stocktake.report.queries import Report
from app.stocktake.report.rules import Line
from app.stocktake.rules import StocktakeState
from tests.conftest import Write
from tests.handheld.phones import Phone
from tests.ledger.scale import examples
from tests.scenarios.open_shop.books import articles, enter, open_shop
from tests.scenarios.open_shop.counting import Counter, day_of_a_phone
from tests.scenarios.open_shop.physics import MINUTE, Arrival, Falsified, Fault, Spot, falsify
from tests.scenarios.open_shop.story import Day, now
from tests.stocktake.conftest import make_phone

__all__ = ["make_phone"]

HOURS = 6
HEARD = Arrival.BEFORE_REPORT


@pytest.fixture(params=range(examples(1, 12)))
def day(
    request: pytest.FixtureRequest,
    app: Flask,
    write: Write,
    make_user: Callable[..., int],
    make_phone: Callable[..., Phone],
) -> Day:
    """The shop as it stands in the morning: falsified at night, nobody has said a word."""
    seed = f"{request.param} {app.config['SQLALCHEMY_DATABASE_URI'].partition(':')[0]}"
    chance = random.Random(seed)
    goods = articles()
    world = open_shop(goods, chance)
    by = make_user("owner")
    began = now() - timedelta(hours=HOURS + 1)
    shop = enter(write, world, goods, by, began, chance)
    last = (HOURS - 1) * 60 * MINUTE
    counters = [
        Counter(number, make_phone("warehouse"), day_of_a_phone(number, last, chance, began), shop.places)
        for number in range(4)
    ]
    day = Day(app, world, shop, counters, make_user("finance"), make_user("manager"), chance)
    falsify(world, day.counted, 0.05, chance)
    return day


def test_counts_of_an_open_shop_find_what_was_falsified_and_nothing_else(day: Day) -> None:
    day.begin()
    day.first_round()
    assert set(day.slips) <= day.to_recount()  # nothing tolerated: no slip gets by on one person's word
    day.settle()

    report = day.report()
    compare(day, report)
    name_causes(day, report)

    posting = day.approve_and_post()
    assert posting.seq
    posted = day.report()
    assert posted.stocktake.state is StocktakeState.POSTED
    compare(day, posted)
    booked(posted, posting.seq)

    day.hear_the_rest()
    assert day.told > 50
    compare(day, day.report())
    shelves = {day.shop.place(spot): quantity for spot, quantity in day.world.shelves(10**9).items()}
    assert day.shop.balances() == shelves
    assert verify(db.session()) == []


def compare(day: Day, report: Report) -> None:
    """Hold every line of the report against the shelf and the books as they were at its closing."""
    wrong = []
    kinds: Tally[str] = Tally()
    lines = {day.spot(line): line for line in report.lines if line.known.in_scope}
    for spot, line in lines.items():
        at = day.closing(spot)
        kinds[line.status] += 1
        if at is None:
            assert line.status is LineCount.NOT_COUNTED
            continue
        lying, book = day.world.lying(spot, at), day.world.book(spot, at, HEARD)
        if line.counted != lying or line.book != book:
            wrong.append((spot, line.counted, line.book, lying, book, line.deciding))
        if not day.world.was_beyond_book(spot, at, HEARD):
            assert lying - book == day.world.fault_at(spot) + day.world.unheard(spot, at, HEARD)
    assert wrong == []
    assert {spot for spot, line in lines.items() if line.differs} == expected_differences(day)
    assert kinds[LineCount.COUNTED] > 1_200
    assert kinds[LineCount.NOT_COUNTED] > 20


def expected_differences(day: Day) -> set[Spot]:
    """Where shelf and books differed when the count that decides was closed."""
    found = set()
    for spot in day.world.spots():
        at = day.closing(spot)
        if at is not None and day.world.lying(spot, at) != day.world.book(spot, at, HEARD):
            found.add(spot)
    return found


def name_causes(day: Day, report: Report) -> None:
    """Each swap, wrong bin and unopened carton is called by its name, with the line or pack that proves it."""
    lines = {day.spot(line): line for line in with_causes(db.session(), report, report.lines)}
    named: Tally[Fault] = Tally()
    for each in day.world.falsified:
        if is_telling(each, lines):
            for (spot, _), (other, _) in zip(each.changes, reversed(each.changes), strict=True):
                named[each.fault] += is_named(day, each, lines[spot], other)
    assert min(named[fault] for fault in (Fault.NEIGHBOUR, Fault.SWAPPED, Fault.CARTON)) >= 3, named


def is_telling(each: Falsified, lines: Mapping[Spot, Line]) -> bool:
    """Return whether the lines show this fault as it was made, and nothing else in the bin explains them as well."""
    changes = Tally((spot.place, line.difference) for spot, line in lines.items())
    is_single = all(changes[spot.place, Decimal(change)] == 1 for spot, change in each.changes)
    shown = all(spot in lines and lines[spot].difference == change for spot, change in each.changes)
    # A carton that was booked as a piece can be told while the piece stands in the books.
    return shown and (all(lines[spot].book for spot, _ in each.changes) if each.fault is Fault.CARTON else is_single)


def is_named(day: Day, each: Falsified, line: Line, other: Spot) -> int:
    kinds = {
        Fault.NEIGHBOUR: CauseKind.MISPLACED,
        Fault.SWAPPED: CauseKind.SWAPPED,
        Fault.CARTON: CauseKind.PACK_AS_PIECE,
    }
    if each.fault not in kinds:
        return 0
    found = [cause for cause in line.causes if cause.kind is kinds[each.fault]]
    if each.fault is Fault.CARTON:
        assert [cause.factor for cause in found] == [day.world.cartons[other.goods.code]]
    else:
        assert [cause.other for cause in found] == [day.shop.place(other)]
    return 1


def booked(report: Report, seq: int) -> None:
    """Every counted line is a fact, only differences move, and their values stand on the account to the fen."""
    counted = [line for line in report.lines if line.known.in_scope and line.status is not LineCount.NOT_COUNTED]
    differing = [line for line in counted if line.differs]
    session = db.session()
    assert session.scalar(select(func.count()).select_from(CountAnchor)) == len(counted)
    moved = select(func.count()).select_from(Move).where(Move.posting_seq == seq, Move.reason == Reason.DIFFERENCE)
    assert session.scalar(moved) == len(differing)
    found = sum((line.value or ZERO for line in differing), Decimal(0))
    beyond = session.scalar(select(func.sum(Move.value)).where(Move.reason == Reason.BEYOND_BOOK)) or ZERO
    back = session.scalar(select(func.sum(Move.value + Move.variance)).where(Move.reason == Reason.GIVE_BACK)) or ZERO
    assert account_balance(session, "1901") == back - beyond - found
