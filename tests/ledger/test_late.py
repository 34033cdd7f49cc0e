"""Counts, goods beyond book, and facts that come late: quantities and the money behind them."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from app.company.rules import ACCOUNTS, AccountRole, Chart
from app.db import db
from app.ledger.facts import CountFact
from app.ledger.models import CountAnchor, Move
from app.ledger.queries import account_balance, books_as_of, list_beyond_book, on_hand
from app.ledger.rules import CountOutdated, Key, MissingCost, Reason
from app.ledger.service import reverse
from app.ledger.verify import verify
from tests.ledger.conftest import NOW, TODAY, Shop, at

D = Decimal


def stands(shop: Shop, place: str = "bin_a") -> Decimal:
    session = db.session()
    found = books_as_of(session, {Key(shop.items[0], 0, getattr(shop, place)): at(60 * 24 * 60)})
    session.rollback()
    return next(iter(found.values()))


def lost(shop: Shop) -> Decimal:
    """What stands on the account of goods lost and found."""
    session = db.session()
    assert verify(session) == []
    balance = account_balance(session, ACCOUNTS[Chart.SMALL][AccountRole.LOSS])
    session.rollback()
    return balance


def moves(reason: Reason) -> list[tuple[Decimal, Decimal | None]]:
    session = db.session()
    found = session.execute(select(Move.quantity, Move.value).where(Move.reason == reason).order_by(Move.id)).all()
    session.rollback()
    return [(row.quantity, row.value) for row in found]


def test_a_count_is_compared_with_the_book_of_its_own_instant(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    shop.issue("s1", "2", 5)
    shop.issue("s2", "3", 20)
    shop.count("c", "7", 10)  # the books said 8 then; 3 left later
    anchor = db.session().execute(select(CountAnchor.book, CountAnchor.counted, CountAnchor.unit_cost)).one()
    assert tuple(anchor) == (D(8), D(7), D(10))
    assert moves(Reason.DIFFERENCE) == [(D(1), D(10))]
    assert stands(shop) == 4
    assert lost(shop) == 10


def test_a_count_that_finds_what_the_books_say_is_recorded_and_books_nothing(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    posted = shop.count("c", "10", 2)
    assert db.session().scalar(select(CountAnchor.posting_seq)) == posted.seq
    assert moves(Reason.DIFFERENCE) == []


def test_a_surplus_comes_in_at_the_average_else_the_last_cost_else_what_was_given(shop: Shop) -> None:
    with pytest.raises(MissingCost):
        shop.count("c0", "2", 1)
    shop.count("c1", "2", 1, unit_cost=D("1.50"))
    shop.issue("s", "2", 2)
    shop.count("c2", "4", 3, unit_cost=D("9.99"))  # the last cost is known: the given one is not asked
    assert moves(Reason.DIFFERENCE) == [(D(2), D(3)), (D(4), D(6))]
    assert lost(shop) == -9


def test_what_was_approved_is_posted_or_nothing_is(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    shop.issue("late", "2", 2)
    with pytest.raises(CountOutdated) as outdated:
        shop.count("c", "9", 3, expected=D(-1))
    assert outdated.value.outdated == {"c:line": D(1)}
    shop.count("c", "9", 3, expected=D(1))
    assert stands(shop) == 9


def test_goods_that_moved_though_the_books_had_none_are_posted_and_listed(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    posted = shop.issue("s", "13", 5)
    assert posted.values == (D("130.00"),)
    [beyond] = list_beyond_book(db.session())
    assert (beyond.open, beyond.value, beyond.posting, beyond.counted) == (D(3), D(30), posted.seq, False)
    assert stands(shop) == 0
    assert lost(shop) == -30


def test_a_late_receipt_gives_back_what_it_explains_and_no_more(shop: Shop) -> None:
    shop.receive("r1", "10", "100.00", 1)
    shop.issue("s", "13", 5)
    shop.receive("r2", "8", "160.00", 4)
    assert moves(Reason.GIVE_BACK) == [(D(3), D(30))]
    assert list_beyond_book(db.session()) == []
    assert stands(shop) == 5
    assert lost(shop) == 0


def test_a_receipt_after_the_lack_does_not_explain_it(shop: Shop) -> None:
    shop.issue("s", "3", 5)
    shop.receive("r", "8", "80.00", 6)
    assert stands(shop) == 8
    assert [row.open for row in list_beyond_book(db.session())] == [D(3)]


def test_goods_of_unknown_cost_are_worth_nothing_until_the_receipt_says_what_they_cost(shop: Shop) -> None:
    posted = shop.issue("s", "3", 5)
    assert posted.values == (D(0),)
    shop.receive("r", "3", "30.00", 4)
    session = db.session()
    assert account_balance(session, ACCOUNTS[Chart.SMALL][AccountRole.COST_OF_SALES]) == 30
    assert account_balance(session, ACCOUNTS[Chart.SMALL][AccountRole.INVENTORY]) == 0
    session.rollback()
    assert lost(shop) == 0


def test_goods_gone_beyond_book_at_an_unknown_cost_tell_no_cost(shop: Shop) -> None:
    shop.issue("s", "3", 5)
    undone = shop.issue("s2", "1", 6)
    with shop.write() as session:
        reverse(session, undone.seq, "u", by=shop.user, effective_on=TODAY, now=NOW)
    shop.transfer("t", "2", 7)
    with pytest.raises(MissingCost):  # neither what left nor what lies in bin B has a cost that anybody knows
        shop.count("c0", "2", 9)
    shop.count("c1", "2", 9, unit_cost=D("1.50"))
    assert moves(Reason.DIFFERENCE) == [(D(2), D(3))]
    assert lost(shop) == -3


def test_goods_that_were_said_to_cost_nothing_cost_nothing(shop: Shop) -> None:
    shop.receive("gift", "1", "0", 1)
    shop.count("c", "3", 9)
    assert moves(Reason.DIFFERENCE) == [(D(2), D(0))]


def test_a_count_since_settles_what_lies_there_whatever_went_beyond_book(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    shop.issue("s", "13", 5)
    shop.count("c", "4", 6)
    assert list_beyond_book(db.session()) == []
    assert [row.counted for row in list_beyond_book(db.session(), uncounted_only=False)] == [True]


def test_an_offline_pick_that_comes_after_the_count_is_given_back_at_that_count(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    shop.count("c", "8", 10)  # two were picked before, on a phone without signal
    assert lost(shop) == 20
    shop.issue("s", "2", 5)
    assert stands(shop) == 8
    assert moves(Reason.GIVE_BACK) == [(D(2), D(20))]
    back = db.session().execute(select(Move.occurred_at, Move.anchor_id).where(Move.reason == Reason.GIVE_BACK)).one()
    assert back.occurred_at == at(10)
    assert back.anchor_id == db.session().scalar(select(CountAnchor.id))
    assert lost(shop) == 0


def test_a_pick_at_the_very_instant_of_the_count_was_seen_by_it(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    shop.count("c", "8", 10)
    shop.issue("s", "2", 10)
    assert stands(shop) == 8


def test_the_first_count_behind_a_late_move_gives_back_and_the_later_ones_stay(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    shop.count("c1", "8", 10)
    shop.count("c2", "8", 20)
    shop.issue("s", "2", 5)
    shop.count("c3", "7", 15)  # an older count that comes late
    key = Key(shop.items[0], 0, shop.bin_a)
    books = [books_as_of(db.session(), {key: at(minute)})[key] for minute in (9, 10, 15, 20, 30)]
    assert books == [8, 8, 7, 8, 8]
    assert lost(shop) == 0


def test_a_late_transfer_between_two_counted_bins_is_given_back_at_both(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    shop.count("a", "6", 10)
    shop.count("b", "4", 11, location=shop.bin_b)
    shop.transfer("t", "4", 5)
    assert [stands(shop), stands(shop, "bin_b")] == [6, 4]
    assert len(moves(Reason.GIVE_BACK)) == 2
    assert lost(shop) == 0


def test_an_issue_that_comes_late_takes_its_goods_before_those_that_left_later(shop: Shop) -> None:
    shop.receive("r1", "5", "50.00", 10)
    shop.issue("s2", "5", 25)
    shop.issue("s1", "5", 15)  # so it was the later one that lacked goods …
    shop.receive("r2", "5", "50.00", 20)  # … and this is where they came from
    assert stands(shop) == 0
    assert list_beyond_book(db.session()) == []
    assert lost(shop) == 0


def test_a_late_count_below_what_left_since_shows_what_went_beyond_book(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    shop.issue("s", "7", 25)
    shop.count("c", "2", 20)
    assert stands(shop) == 0
    assert [row.occurred_at for row in list_beyond_book(db.session())] == [at(25)]


def test_counts_of_one_instant_stand_in_the_order_of_recording(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    shop.count("c1", "8", 10)
    shop.count("c2", "9", 10)
    assert stands(shop) == 9
    assert lost(shop) == 10


def test_many_books_are_asked_at_once_each_as_of_its_own_instant(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    shop.transfer("t", "4", 5)
    a, b = Key(shop.items[0], 0, shop.bin_a), Key(shop.items[0], 0, shop.bin_b)
    nowhere = Key(shop.items[1], 0, shop.bin_b)
    session = db.session()
    assert books_as_of(session, {a: at(4), b: at(6), nowhere: at(9)}) == {a: 10, b: 4, nowhere: 0}
    assert books_as_of(session, {}) == {}


def test_lots_are_counted_each_for_itself(shop: Shop) -> None:
    first, second = shop.lots
    shop.receive("r1", "5", "50.00", 1, lot=first)
    shop.receive("r2", "5", "60.00", 2, lot=second)
    shop.post(
        "c",
        kind="stocktake",
        counts=[
            CountFact(shop.items[0], shop.bin_a, D(4), at(3), "c:1", first),
            CountFact(shop.items[0], shop.bin_a, D(6), at(3), "c:2", second),
        ],
    )
    session = db.session()
    assert on_hand(session, shop.items[:1]) == {shop.items[0]: D(10)}
    session.rollback()
    assert lost(shop) == 0
