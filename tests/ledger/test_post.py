"""Posting: what each fact does to goods and to money, to the fen."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app.company.models import Account, Company
from app.company.rules import ACCOUNTS, AccountRole, Chart, NotSetUp
from app.db import db
from app.kernel.errors import RuleBroken
from app.kernel.exact import TooLarge
from app.ledger.facts import Draft, EntryFact, MoveFact, RevaluationFact
from app.ledger.models import Balance, Entry, Move
from app.ledger.queries import account_balance, costs, on_hand
from app.ledger.rules import (
    ImpossibleCount,
    ImpossibleEntry,
    ImpossibleMove,
    InventoryByHand,
    KeyTaken,
    MissingCost,
    NotBalanced,
    NothingToPost,
    WrongAccount,
    WrongPlace,
    ids_of,
)
from app.ledger.service import post, post_all
from app.ledger.verify import verify
from app.places.rules import AVAILABLE, End, LocationKind
from tests.ledger.conftest import NOW, TODAY, Shop, at

D = Decimal
A = AccountRole


def entries_of(seq: int, chart: Chart = Chart.SMALL) -> dict[AccountRole, Decimal]:
    """Debit minus credit by role."""
    roles = {code: role for role, code in ACCOUNTS[chart].items()}
    session = db.session()
    rows = session.execute(select(Entry.account, Entry.debit, Entry.credit).where(Entry.id.between(*ids_of(seq)))).all()
    session.rollback()
    net: dict[AccountRole, Decimal] = {}
    for account, debit, credit in rows:
        net[roles[account]] = net.get(roles[account], D(0)) + debit - credit
    return net


def stock(shop: Shop) -> Decimal:
    session = db.session()
    found = on_hand(session, shop.items[:1])[shop.items[0]]
    session.rollback()
    return found


def worth(shop: Shop) -> tuple[Decimal, Decimal]:
    session = db.session()
    cost = costs(session, shop.items[:1])[shop.items[0]]
    session.rollback()
    return cost.quantity, cost.value


def test_a_receipt_with_its_bill_books_net_goods_input_vat_and_the_payable(shop: Shop) -> None:
    move = MoveFact(shop.items[0], D(12), End.SUPPLIER, shop.dock, at(1), value=D("42.00"))
    bill = [
        EntryFact(A.INPUT_VAT, debit=D("5.46")),
        EntryFact(A.PAYABLE, credit=D("47.46"), partner=shop.supplier),
    ]
    posted = shop.post("r", [move], entries=bill)
    assert entries_of(posted.seq) == {A.INVENTORY: D("42.00"), A.INPUT_VAT: D("5.46"), A.PAYABLE: D("-47.46")}
    due = db.session().scalar(select(Entry.due_on).where(Entry.partner_id == shop.supplier))
    assert due == TODAY  # nobody said when: at once


def test_a_receipt_whose_bill_comes_later_is_owed_net(shop: Shop) -> None:
    move = MoveFact(shop.items[0], D(12), End.SUPPLIER, shop.dock, at(1), value=D("42.00"))
    accrued = [EntryFact(A.PAYABLE_ACCRUED, credit=D("42.00"), partner=shop.supplier, due_on=TODAY)]
    posted = shop.post("r", [move], entries=accrued)
    assert entries_of(posted.seq) == {A.INVENTORY: D("42.00"), A.PAYABLE_ACCRUED: D("-42.00")}


def test_opening_stock_and_opening_debts_stand_against_equity(shop: Shop) -> None:
    move = MoveFact(shop.items[0], D(5), End.OPENING, shop.bin_a, at(0), value=D("10.00"))
    debts = [
        EntryFact(A.RECEIVABLE, debit=D(30), partner=shop.customer),
        EntryFact(A.BANK, debit=D(100)),
        EntryFact(A.PAYABLE, credit=D(40), partner=shop.supplier),
        EntryFact(A.OPENING, credit=D(90)),
    ]
    posted = shop.post("o", [move], entries=debts)
    assert entries_of(posted.seq) == {
        A.INVENTORY: D(10),
        A.RECEIVABLE: D(30),
        A.BANK: D(100),
        A.PAYABLE: D(-40),
        A.OPENING: D(-100),
    }


@pytest.mark.parametrize("chart", list(Chart))
def test_a_shipment_books_revenue_and_cost_together_on_the_company_s_chart(shop: Shop, chart: Chart) -> None:
    with shop.write() as session:
        session.get_one(Company, 1).chart = chart
        for code in ACCOUNTS[chart].values():
            if session.get(Account, code) is None:
                session.add(Account(code=code, name=code, category="asset", direction="debit"))
    shop.receive("r", "3", "10.00", 1)
    move = MoveFact(shop.items[0], D(1), shop.bin_a, End.CUSTOMER, at(2))
    sold = [
        EntryFact(A.RECEIVABLE, debit=D("11.30"), partner=shop.customer),
        EntryFact(A.REVENUE, credit=D("10.00")),
        EntryFact(A.OUTPUT_VAT, credit=D("1.30")),
    ]
    posted = shop.post("s", [move], entries=sold)
    assert posted.values == (D("3.33"),)
    assert entries_of(posted.seq, chart) == {
        A.RECEIVABLE: D("11.30"),
        A.REVENUE: D("-10.00"),
        A.OUTPUT_VAT: D("-1.30"),
        A.COST_OF_SALES: D("3.33"),
        A.INVENTORY: D("-3.33"),
    }
    assert verify(db.session()) == []


def test_the_last_piece_takes_what_rounding_left(shop: Shop) -> None:
    shop.receive("r", "3", "10.00", 1)
    assert [shop.issue(f"s{n}", "1", 2 + n).values for n in range(3)] == [(D("3.33"),), (D("3.34"),), (D("3.33"),)]
    assert worth(shop) == (D(0), D(0))


def test_moves_between_our_own_places_have_no_value_and_no_entries(shop: Shop) -> None:
    shop.receive("r", "3", "10.00", 1)
    posted = shop.transfer("t", "2", 2)
    assert posted.values == (None,)
    assert entries_of(posted.seq) == {}
    assert worth(shop) == (D(3), D("10.00"))


def test_goods_returned_by_a_customer_come_back_at_what_they_left_with(shop: Shop) -> None:
    shop.receive("r1", "10", "100.00", 1)
    left = shop.issue("s", "4", 2).values[0]
    shop.receive("r2", "10", "200.00", 3)
    back = MoveFact(shop.items[0], D(4), End.CUSTOMER, shop.bin_a, at(4), value=left)
    posted = shop.post("back", [back])
    assert entries_of(posted.seq) == {A.INVENTORY: D(40), A.COST_OF_SALES: D(-40)}
    assert worth(shop) == (D(20), D(300))


def test_a_return_thrown_away_at_once_passes_its_cost_through(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    shop.issue("s", "4", 2)
    posted = shop.post("back", [MoveFact(shop.items[0], D(1), End.CUSTOMER, End.SCRAP, at(4), value=D(10))])
    assert entries_of(posted.seq) == {A.OTHER_EXPENSE: D(10), A.COST_OF_SALES: D(-10)}
    assert worth(shop) == (D(6), D(60))
    assert verify(db.session()) == []


def test_scrap_and_material_issue_cost_the_expense_that_was_chosen(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    scrap = MoveFact(shop.items[0], D(1), shop.bin_a, End.SCRAP, at(2))
    issue = MoveFact(shop.items[0], D(2), shop.bin_a, End.CONSUMPTION, at(3), account=A.SELLING_EXPENSE)
    posted = shop.post("x", [scrap, issue])
    assert entries_of(posted.seq) == {A.OTHER_EXPENSE: D(10), A.SELLING_EXPENSE: D(20), A.INVENTORY: D(-30)}
    assert verify(db.session()) == []


def returned(shop: Shop, quantity: str, stated: str) -> Any:
    """Goods go back to the supplier, who owes what was stated."""
    move = MoveFact(shop.items[0], D(quantity), shop.bin_a, End.SUPPLIER, at(9), value=D(stated))
    return shop.post("back", [move], entries=[EntryFact(A.PAYABLE, debit=D(stated), partner=shop.supplier)])


def test_a_purchase_return_leaves_at_the_receipt_s_cost(shop: Shop) -> None:
    shop.receive("r1", "10", "100.00", 1)
    shop.receive("r2", "10", "200.00", 2)
    posted = returned(shop, "5", "100.00")
    assert entries_of(posted.seq) == {A.PAYABLE: D(100), A.INVENTORY: D(-100)}
    assert worth(shop) == (D(15), D(200))


def test_a_purchase_return_takes_no_more_than_there_is(shop: Shop) -> None:
    shop.receive("r1", "10", "10.00", 1)
    posted = returned(shop, "5", "40.00")
    assert entries_of(posted.seq) == {A.PAYABLE: D(40), A.INVENTORY: D(-10), A.COST_OF_SALES: D(-30)}
    assert worth(shop) == (D(5), D(0))
    assert verify(db.session()) == []


def test_the_last_goods_returned_take_all_value_with_them(shop: Shop) -> None:
    shop.receive("r1", "5", "50.00", 1)
    posted = returned(shop, "5", "40.00")
    assert entries_of(posted.seq) == {A.PAYABLE: D(40), A.INVENTORY: D(-50), A.COST_OF_SALES: D(10)}
    assert worth(shop) == (D(0), D(0))


def test_a_price_difference_goes_to_what_is_still_there_and_the_rest_to_cost_of_sales(shop: Shop) -> None:
    shop.receive("r1", "10", "100.00", 1)
    shop.issue("s", "6", 2)
    fact = RevaluationFact(shop.items[0], D("10.00"), quantity=D(10))
    posted = shop.post(
        "p", revaluations=[fact], entries=[EntryFact(A.PAYABLE, credit=D("10.00"), partner=shop.supplier)]
    )
    assert entries_of(posted.seq) == {A.INVENTORY: D(4), A.COST_OF_SALES: D(6), A.PAYABLE: D(-10)}
    assert worth(shop) == (D(4), D("44.00"))
    assert verify(db.session()) == []


def test_a_revaluation_never_takes_more_than_the_goods_are_worth(shop: Shop) -> None:
    shop.receive("r1", "10", "100.00", 1)
    posted = shop.post("p", revaluations=[RevaluationFact(shop.items[0], D(-150), account=A.OTHER_EXPENSE)])
    assert entries_of(posted.seq) == {A.INVENTORY: D(-100), A.COST_OF_SALES: D(-50), A.OTHER_EXPENSE: D(150)}
    assert verify(db.session()) == []


def test_money_without_goods_is_a_posting_too(shop: Shop) -> None:
    paid = [EntryFact(A.BANK, credit=D(5)), EntryFact(A.PAYABLE, debit=D(5), partner=shop.supplier)]
    shop.post("pay", entries=paid)
    assert shop.post("pay", entries=paid).is_repeat
    assert account_balance(db.session(), ACCOUNTS[Chart.SMALL][A.BANK]) == -5


def test_the_same_key_with_the_same_content_is_the_same_posting(shop: Shop) -> None:
    first = shop.receive("r", "3", "10.00", 1)
    again = shop.receive("r", "3.000", "10", 1)
    assert (again.seq, again.values, again.is_repeat) == (first.seq, first.values, True)
    assert stock(shop) == 3


def test_the_same_key_with_other_content_is_an_error_that_names_both(shop: Shop) -> None:
    shop.receive("k", "3", "10.00", 1)
    with pytest.raises(KeyTaken) as taken:
        shop.issue("k", "1", 2)
    assert "receipt" in str(taken.value)
    assert "shipment" in str(taken.value)
    assert stock(shop) == 3


def test_what_is_said_to_happen_tomorrow_happened_now(shop: Shop) -> None:
    shop.receive("r", "3", "10.00", 60 * 24 * 400)
    assert db.session().scalar(select(Move.occurred_at)) == NOW


def test_several_facts_post_in_one_transaction_in_their_order(shop: Shop) -> None:

    goods = MoveFact(shop.items[0], D(3), End.OPENING, shop.bin_a, at(1), value=D(9))
    sale = MoveFact(shop.items[0], D(1), shop.bin_a, End.CUSTOMER, at(2))
    with shop.write() as session:
        posted = post_all(
            session,
            [Draft("opening", "o", [goods]), Draft("shipment", "s", [sale])],
            by=shop.user,
            effective_on=TODAY,
            now=NOW,
        )
    assert [each.values for each in posted] == [(D(9),), (D(3),)]
    assert [each.seq for each in posted] == [1, 2]


def test_facts_that_cannot_be_are_refused_with_a_sentence(shop: Shop) -> None:
    item, place = shop.items[0], shop.bin_a
    with pytest.raises(NothingToPost):
        shop.post("0")
    with pytest.raises(ImpossibleMove):
        shop.issue("1", "0")
    with pytest.raises(ImpossibleMove):
        shop.post("2", [MoveFact(item, D(1), place, place, at(1))])
    with pytest.raises(ImpossibleEntry):
        shop.post("3", entries=[EntryFact(A.BANK, D(1), D(1))])
    with pytest.raises(ImpossibleEntry):
        shop.post("4", entries=[EntryFact(A.RECEIVABLE, debit=D(1)), EntryFact(A.BANK, credit=D(1))])
    with pytest.raises(NotBalanced):
        shop.post("5", entries=[EntryFact(A.BANK, debit=D(1)), EntryFact(A.CASH, credit=D(2))])
    with pytest.raises(InventoryByHand):
        shop.post("6", entries=[EntryFact(A.INVENTORY, debit=D(1)), EntryFact(A.CASH, credit=D(1))])
    with pytest.raises(MissingCost) as missing:
        shop.post("7", [MoveFact(item, D(1), End.SUPPLIER, place, at(1))])
    assert missing.value.items == (item,)
    with pytest.raises(ImpossibleCount):
        shop.count("8", "-1")
    assert db.session().scalar(select(Balance.quantity)) is None


def test_what_together_is_more_than_the_books_carry_is_refused_with_a_sentence(shop: Shop) -> None:
    most = "999999999999"
    shop.receive("r1", most, "1.00", 1)
    with pytest.raises(TooLarge):
        shop.receive("r2", most, "1.00", 2)  # so many on one shelf
    with pytest.raises(TooLarge):
        shop.receive("r3", "0.001", "999999999999.99", 3, item=shop.items[1])  # so dear a piece
    shop.receive("r4", "0.001", "100.00", 4, item=shop.items[2])
    with pytest.raises(TooLarge):
        shop.count("c", most, 5, item=shop.items[2])  # so much for all of them
    assert verify(db.session()) == []
    assert stock(shop) == D(most)


def test_goods_lie_neither_in_a_warehouse_as_such_nor_in_another_item_s_lot(shop: Shop) -> None:

    with pytest.raises(WrongPlace):
        shop.receive("w", "1", "1", 1, target=shop.warehouse)
    with pytest.raises(WrongPlace):
        shop.receive("l", "1", "1", 1, item=shop.items[1], lot=shop.lots[0])


def test_without_a_company_there_is_no_chart_to_book_on(shop: Shop) -> None:
    with shop.write() as session:
        session.delete(session.get_one(Company, 1))
    with pytest.raises(NotSetUp):
        shop.receive("r", "1", "1", 1)


def test_on_hand_is_told_by_warehouse_and_by_kind_of_place(shop: Shop) -> None:
    shop.receive("r", "3", "10.00", 1)
    shop.transfer("t", "1", 2, target=shop.staging)
    session = db.session()
    item, other = shop.items[:2]
    assert on_hand(session, [item, other]) == {item: D(3), other: D(0)}
    assert on_hand(session, [item], kinds=[LocationKind.STAGING]) == {item: D(1)}
    assert on_hand(session, [item], warehouse=shop.warehouse, kinds=AVAILABLE) == {item: D(2)}
    assert on_hand(session, [item], warehouse=shop.warehouse + 1) == {item: D(0)}


def test_whoever_goes_on_after_a_refusal_has_written_nothing(shop: Shop) -> None:
    shop.receive("r", "3", "10.00", 1)
    refused: list[tuple[list[MoveFact], list[EntryFact]]] = [
        ([shop.move("1", 2, source=shop.bin_a, target=End.CUSTOMER)], [EntryFact(A.BANK, debit=D(1))]),
        ([shop.move("1", 2, source=shop.bin_a, target=shop.warehouse)], []),
        ([shop.move("1", 2, source=End.SUPPLIER, target=shop.bin_b)], []),
    ]
    for number, (moves, entries) in enumerate(refused):
        with shop.write() as session, suppress(RuleBroken):
            post(session, "x", str(number), moves, (), entries, by=shop.user, effective_on=TODAY, now=NOW)
    assert verify(db.session()) == []
    assert stock(shop) == 3
    assert shop.issue("s", "1", 3).seq == 2


@pytest.mark.parametrize("account", [A.INVENTORY, A.PAYABLE])
def test_goods_are_not_expensed_to_the_inventory_account_or_to_a_debt(shop: Shop, account: AccountRole) -> None:
    shop.receive("r", "3", "10.00", 1)
    scrapped = MoveFact(shop.items[0], D(1), shop.bin_a, End.SCRAP, at(2), account=account)
    with pytest.raises(WrongAccount):
        shop.post("x", [scrapped])
