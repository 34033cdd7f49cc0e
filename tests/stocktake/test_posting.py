"""What posting a stocktake does to the books, and what comes after: dates, values to the fen, late facts, overlaps."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.catalog.models import Category, Item, Lot
from app.company.models import Company
from app.db import db
from app.ledger.facts import MoveFact
from app.ledger.models import CountAnchor, Move
from app.ledger.queries import account_balance
from app.ledger.rules import NothingToPost, NotReversible, Reason
from app.ledger.service import post as post_to_ledger
from app.ledger.service import reverse
from app.ledger.verify import verify
from app.places.rules import End
from app.stocktake.causes.rules import Place
from app.stocktake.rules import Scope, ScopeKind, StocktakeState, Tolerance
from tests.stocktake.shop import COLA, MILK, TEA, Shop, facts, now

LOSS, INVENTORY = "1901", "1405"


def posted(shop: Shop, stocktake: int) -> int:
    """Finish, approve and post; return the posting's number."""
    shop.finish(stocktake)
    if any(line.can_approve for line in shop.report(stocktake).lines):
        shop.approve_all(stocktake)
    seq = shop.post(stocktake).seq
    assert seq
    assert verify(db.session()) == []
    return seq


def moves(reason: Reason) -> list[Move]:
    db.session.remove()
    return list(db.session.scalars(select(Move).where(Move.reason == reason).order_by(Move.id)))


def test_the_difference_is_dated_at_the_closing_of_its_bin_and_names_its_count(shop: Shop) -> None:
    a, *_ = shop.bins
    shop.stock(shop.tea, a, 10, 30)
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 8)], uncertainty_ms=70)
    line = shop.line(stocktake, a, shop.tea)
    assert line.deciding
    posted(shop, stocktake)
    [move] = moves(Reason.DIFFERENCE)
    anchor = db.session.get_one(CountAnchor, move.anchor_id)
    assert move.occurred_at == anchor.counted_at == line.deciding.closed_at
    assert facts(anchor.book, anchor.counted, anchor.uncertainty_ms, anchor.unit_cost) == (10, 8, 70, 3)


def test_values_are_booked_to_the_fen_and_the_last_piece_takes_the_rest(shop: Shop) -> None:
    a, b, c, _ = shop.bins
    for bin_id, value in ((a, "3.33"), (b, "3.33"), (c, "3.34")):
        shop.stock(shop.tea, bin_id, 1, value)
    stocktake = shop.plan(a, b, c)
    counter = shop.counter(stocktake)
    for bin_id in (a, b, c):
        counter.count(bin_id, [])
    before = shop.report(stocktake).total.shortage_value
    posted(shop, stocktake)
    after = shop.report(stocktake)
    assert before == Decimal("9.99")  # each a third of ten, rounded by itself
    assert after.total.shortage_value == account_balance(db.session(), LOSS) == 10
    assert account_balance(db.session(), INVENTORY) == 0
    assert sorted(line.value or 0 for line in after.lines) == [Decimal("-3.34"), Decimal("-3.33"), Decimal("-3.33")]


def late_pick(shop: Shop, item: int, bin_id: int, quantity: int, at: datetime, lot: int = 0) -> int:
    """A pick made on a phone without signal before the count, known only now; return its posting's number."""
    fact = MoveFact(item, Decimal(quantity), bin_id, shop.bins[3], at, lot)
    with shop.write() as session:
        key = f"late:{item}:{lot}"
        return post_to_ledger(session, "pick", key, [fact], by=shop.owner, effective_on=now().date(), now=now()).seq


def test_what_comes_late_is_given_back_at_the_cost_that_was_stamped_on_its_count(shop: Shop) -> None:
    a, b, *_ = shop.bins
    shop.stock(shop.tea, a, 10, 30)
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 8)])
    posted(shop, stocktake)
    shop.stock(shop.tea, b, 10, 90)  # since then tea has become dearer
    assert account_balance(db.session(), LOSS) == 6
    seq = late_pick(shop, shop.tea, a, 2, now() - timedelta(minutes=30))
    [back] = moves(Reason.GIVE_BACK)
    anchor = db.session.scalars(select(CountAnchor)).one()
    assert facts(back.quantity, back.value, back.occurred_at) == (2, 6, anchor.counted_at)
    assert facts(shop.on_hand(shop.tea, a), account_balance(db.session(), LOSS)) == (8, 0)
    # Undone, it was no pick: two are missing again, as the count had said.
    with shop.write() as session:
        reverse(session, seq, "undo", by=shop.owner, effective_on=now().date(), now=now())
    assert facts(shop.on_hand(shop.tea, a), shop.on_hand(shop.tea, shop.bins[3])) == (8, 0)
    assert verify(db.session()) == []


def test_a_late_move_of_one_lot_is_given_back_for_that_lot_alone(shop: Shop) -> None:
    a, *_ = shop.bins
    with shop.write() as session:
        lots = [Lot(item_id=shop.milk, code=code) for code in ("L1", "L2")]
        session.add_all(lots)
        session.flush()
        first, second = (lot.id for lot in lots)
    for lot in (first, second):
        shop.stock(shop.milk, a, 6, 12, lot=lot)
    stocktake = shop.plan(a)
    counter = shop.counter(stocktake)
    counter.open(a)
    counter.set(a, MILK, "4", lot="L1")
    counter.set(a, MILK, "6", lot="L2")
    counter.close(a)
    posted(shop, stocktake)
    late_pick(shop, shop.milk, a, 2, now() - timedelta(minutes=30), lot=first)
    assert [move.lot_id for move in moves(Reason.GIVE_BACK)] == [first]
    assert shop.on_hand(shop.milk, a) == 10
    assert verify(db.session()) == []


def test_a_posted_stocktake_is_not_reversed_but_counted_again(shop: Shop) -> None:
    a, *_ = shop.bins
    shop.stock(shop.tea, a, 10, 30)
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 1)])
    seq = posted(shop, stocktake)
    with pytest.raises(NotReversible), shop.write() as session:
        reverse(session, seq, "undo", by=shop.owner, effective_on=now().date(), now=now())
    again = shop.plan(a)
    shop.counter(again).count(a, [(TEA, 10)])
    posted(shop, again)
    assert facts(shop.on_hand(shop.tea, a), account_balance(db.session(), LOSS)) == (10, 0)


@pytest.mark.parametrize("later_first", [False, True])
def test_two_stocktakes_of_one_bin_adjust_it_once(shop: Shop, later_first: bool) -> None:
    a, *_ = shop.bins
    shop.stock(shop.tea, a, 10, 30)
    both = [shop.plan(a, ago=timedelta(hours=1)), shop.plan(a, ago=timedelta(hours=1))]
    for stocktake, minutes in zip(both, (20, 10), strict=True):
        at = (now() - timedelta(minutes=minutes)).isoformat()
        shop.counter(stocktake).count(a, [(TEA, 8)], scanned_at=at)
        shop.finish(stocktake)
        shop.approve_all(stocktake)
    first, second = reversed(both) if later_first else both
    assert shop.post(first).seq
    outcome = shop.post(second)
    if outcome.seq is None:  # what it had found missing is missing in the books by now
        assert shop.line(second, a, shop.tea).difference == 0
        shop.approve_all(second)
        assert shop.post(second).seq
    assert facts(shop.on_hand(shop.tea, a), account_balance(db.session(), LOSS)) == (8, 6)
    assert verify(db.session()) == []


def test_a_stocktake_that_counted_nothing_posts_nothing(shop: Shop) -> None:
    a, *_ = shop.bins
    shop.stock(shop.tea, a, 10, 30)
    stocktake = shop.plan(a)
    shop.finish(stocktake)
    with pytest.raises(NothingToPost):
        shop.post(stocktake)
    assert shop.get(stocktake).state is StocktakeState.APPROVED
    assert shop.on_hand(shop.tea, a) == 10


def test_a_category_takes_the_items_that_were_in_it_at_the_start(shop: Shop) -> None:
    a, *_ = shop.bins
    shop.stock(shop.tea, a, 10, 30)
    shop.stock(shop.cola, a, 5, 20)
    with shop.write() as session:
        drinks = Category(name="饮料")
        session.add(drinks)
        session.flush()
        session.get_one(Item, shop.tea).category_id = drinks.id
        scope = Scope(ScopeKind.CATEGORY, (drinks.id,))
    stocktake = shop.plan(scope=scope)
    with shop.write() as session:
        session.get_one(Item, shop.tea).category_id = None
        session.get_one(Item, shop.cola).category_id = scope.ids[0]
    shop.counter(stocktake).count(a, [(TEA, 9), (COLA, 1)])
    inside = {line.place.item: line.known.in_scope for line in shop.report(stocktake).lines}
    assert inside == {shop.tea: True, shop.cola: False}
    posted(shop, stocktake)
    assert facts(shop.on_hand(shop.tea, a), shop.on_hand(shop.cola, a)) == (9, 5)


def test_one_person_alone_recounts_and_approves_what_is_beyond_the_tolerance(shop: Shop) -> None:
    a, *_ = shop.bins
    with shop.write() as session:
        session.get_one(Company, 1).one_person = True
    shop.stock(shop.tea, a, 10, 30)
    stocktake = shop.plan(a, tolerance=Tolerance(quantity=Decimal(0)))
    counter = shop.counter(stocktake)
    counter.count(a, [(TEA, 7)])
    shop.finish(stocktake)
    shop.recount(stocktake, Place(a, shop.tea, 0))
    assert {answer["status"] for answer in counter.count(a, [(TEA, 8)], round=2)} == {"accepted"}
    shop.finish(stocktake)
    shop.approve_all(stocktake, by=counter.id)
    assert shop.post(stocktake, by=counter.id).seq
    assert shop.on_hand(shop.tea, a) == 8


def test_goods_that_left_beyond_the_book_are_explained_by_the_count(shop: Shop) -> None:
    a, b, *_ = shop.bins
    shop.stock(shop.tea, a, 3, 9)
    shop.move(shop.tea, a, b, 5)  # the books had three: somebody had put more there without a word
    stocktake = shop.plan(a, b)
    counter = shop.counter(stocktake)
    counter.count(a, [(TEA, 4)])
    counter.count(b, [(TEA, 5)])
    line = shop.line(stocktake, a, shop.tea)
    assert facts(line.book, line.difference) == (0, 4)
    posted(shop, stocktake)
    assert facts(shop.on_hand(shop.tea, a), shop.on_hand(shop.tea, b)) == (4, 5)
    assert account_balance(db.session(), LOSS) == -18  # two beyond book, four found
    assert End.LOSS in {move.source_id for move in moves(Reason.BEYOND_BOOK)}
