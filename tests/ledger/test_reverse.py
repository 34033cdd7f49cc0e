"""Reversals: the mirror of what was done, dated when it was done; what was derived is derived anew."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from app.company.rules import AccountRole
from app.db import db
from app.ledger.facts import EntryFact, MoveFact, Posted, RevaluationFact
from app.ledger.models import Balance, Cost, Entry, Move, Posting
from app.ledger.rules import AlreadyReversed, NotReversible, UnknownPosting
from app.ledger.service import reverse
from app.ledger.verify import verify
from app.places.rules import End
from tests.ledger.conftest import NOW, TODAY, Shop, at

D = Decimal


def undo(shop: Shop, seq: int, key: str = "undo") -> Posted:
    with shop.write() as session:
        return reverse(session, seq, key, by=shop.user, effective_on=TODAY, now=NOW)


def books() -> tuple[list[Decimal], list[tuple[Decimal, Decimal]], dict[str, Decimal]]:
    """Balances, costs, and accounts, as they stand and proven."""
    session = db.session()
    assert verify(session) == []
    balances = [quantity for quantity in session.scalars(select(Balance.quantity)) if quantity]
    costs = [(row.quantity, row.value) for row in session.execute(select(Cost.quantity, Cost.value)) if row.quantity]
    accounts: dict[str, Decimal] = {}
    for account, debit, credit in session.execute(select(Entry.account, Entry.debit, Entry.credit)):
        accounts[account] = accounts.get(account, D(0)) + debit - credit
    session.rollback()
    return balances, costs, {account: amount for account, amount in accounts.items() if amount}


def test_a_reversed_receipt_leaves_no_trace_but_its_two_postings(shop: Shop) -> None:
    posted = shop.receive("r", "10", "100.00", 1)
    back = undo(shop, posted.seq)
    assert books() == ([], [], {})
    session = db.session()
    assert session.scalar(select(Posting.reverses).where(Posting.seq == back.seq)) == posted.seq
    assert session.scalars(select(Move.occurred_at)).all() == [at(1), at(1)]


def test_a_reversed_shipment_brings_goods_and_money_back_as_they_left(shop: Shop) -> None:
    shop.receive("r1", "3", "10.00", 1)
    before = books()
    entries = [
        EntryFact(AccountRole.RECEIVABLE, debit=D(5), partner=shop.customer),
        EntryFact(AccountRole.REVENUE, credit=D(5)),
    ]
    moves = [MoveFact(shop.items[0], D(1), shop.bin_a, End.CUSTOMER, at(2))]
    posted = shop.post("s", moves, entries=entries)
    undo(shop, posted.seq)
    assert books() == before


def test_a_reversed_purchase_return_takes_its_variance_back(shop: Shop) -> None:
    shop.receive("r1", "10", "10.00", 1)
    before = books()
    move = MoveFact(shop.items[0], D(5), shop.bin_a, End.SUPPLIER, at(2), value=D(40))
    posted = shop.post("back", [move], entries=[EntryFact(AccountRole.PAYABLE, debit=D(40), partner=shop.supplier)])
    undo(shop, posted.seq)
    assert books() == before


def test_a_reversed_revaluation_and_a_chosen_expense_stand_as_before(shop: Shop) -> None:
    shop.receive("r1", "10", "10.00", 1)
    before = books()
    posted = shop.post(
        "x",
        [MoveFact(shop.items[0], D(2), shop.bin_a, End.CONSUMPTION, at(2), account=AccountRole.SELLING_EXPENSE)],
        revaluations=[RevaluationFact(shop.items[0], D(3), account=AccountRole.OTHER_INCOME)],
    )
    undo(shop, posted.seq)
    assert books() == before


def test_a_reversed_price_difference_is_taken_back_from_where_it_went(shop: Shop) -> None:
    shop.receive("r1", "10", "100.00", 1)
    shop.issue("s", "6", 2)
    before = books()
    bill = [EntryFact(AccountRole.PAYABLE, credit=D(10), partner=shop.supplier)]
    posted = shop.post("p", revaluations=[RevaluationFact(shop.items[0], D(10), quantity=D(10))], entries=bill)
    undo(shop, posted.seq)
    assert books() == before  # four pieces carried 4.00 of it, cost of sales the other 6.00


def test_a_reversed_price_difference_finds_its_goods_gone(shop: Shop) -> None:
    shop.receive("r1", "10", "100.00", 1)
    posted = shop.post("p", revaluations=[RevaluationFact(shop.items[0], D(10), account=AccountRole.OTHER_INCOME)])
    shop.issue("s", "10", 2)
    undo(shop, posted.seq)
    assert books() == ([], [], {"2202": D(-100), "5401": D(100)})


def test_a_reversed_issue_gives_back_what_it_had_brought_beyond_book(shop: Shop) -> None:
    shop.receive("r1", "10", "100.00", 1)
    before = books()
    posted = shop.issue("s", "13", 2)
    undo(shop, posted.seq)
    assert books() == before


def test_a_reversed_receipt_takes_its_explanation_back(shop: Shop) -> None:
    shop.receive("r1", "10", "100.00", 1)
    shop.issue("s", "13", 5)
    before = books()
    late = shop.receive("r2", "3", "30.00", 4)
    undo(shop, late.seq)
    assert books() == before


def test_a_reversed_pick_before_a_count_leaves_the_count_standing(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    shop.count("c", "8", 10)
    before = books()
    posted = shop.issue("s", "2", 5)
    undo(shop, posted.seq)
    assert books() == before


def test_a_posting_is_reversed_once_and_by_the_same_key_once(shop: Shop) -> None:
    posted = shop.receive("r", "10", "100.00", 1)
    first = undo(shop, posted.seq)
    assert undo(shop, posted.seq).seq == first.seq
    with pytest.raises(AlreadyReversed):
        undo(shop, posted.seq, "again")
    with pytest.raises(NotReversible):
        undo(shop, first.seq, "back and forth")


def test_a_count_is_a_fact_of_the_shelf_and_is_counted_again_instead(shop: Shop) -> None:
    posted = shop.count("c", "0", 1)
    with pytest.raises(NotReversible):
        undo(shop, posted.seq)
    with pytest.raises(UnknownPosting):
        undo(shop, 99)
