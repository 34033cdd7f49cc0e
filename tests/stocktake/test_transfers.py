"""Goods in the wrong bin: one transfer explains two differences, once, by somebody who counted neither."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from app.company.models import Company
from app.db import db
from app.identity.models import AuditEvent
from app.kernel.errors import RuleBroken
from app.ledger.verify import verify
from app.stocktake.causes.rules import Place
from app.stocktake.report.keys import key_of
from app.stocktake.rules import LineState, OwnCount, StocktakeState
from app.stocktake.transfers import service
from app.stocktake.transfers.models import StocktakeTransfer
from app.stocktake.transfers.queries import list_transfers
from app.stocktake.transfers.rules import NotOneTransfer, TransferChanged, TransferDraft, TransferExplainsNothing
from tests.conftest import SignIn
from tests.stocktake.shop import TEA, Shop, facts, now

Act = Callable[[], object]


@pytest.fixture
def misplaced(shop: Shop) -> int:
    """Four tea of the first bin lie in the second; both were counted."""
    first, second = shop.bins[:2]
    shop.stock(shop.tea, first, 10, 30)
    shop.stock(shop.tea, second, 5, 15)
    stocktake = shop.plan(first, second)
    counter = shop.counter(stocktake)
    counter.count(first, [(TEA, 6)])
    counter.count(second, [(TEA, 10)])
    shop.finish(stocktake)
    return stocktake


def ends(shop: Shop) -> tuple[Place, Place]:
    return Place(shop.bins[0], shop.tea, 0), Place(shop.bins[1], shop.tea, 0)


def book(shop: Shop, stocktake: int, quantity: int = 4, by: int | None = None, serial: int = 1) -> None:
    short, over = ends(shop)
    draft = TransferDraft(short, over, Decimal(quantity), serial)
    with shop.write() as session:
        service.book_transfer(session, stocktake, draft, by or shop.manager, now())


def differences(shop: Shop, stocktake: int) -> tuple[object, ...]:
    return tuple(shop.line(stocktake, place.bin, place.item).difference for place in ends(shop))


def test_a_transfer_takes_what_both_differences_explain_and_leaves_the_rest(shop: Shop, misplaced: int) -> None:
    assert differences(shop, misplaced) == facts(-4, 5)
    book(shop, misplaced)
    assert differences(shop, misplaced) == facts(0, 1)
    assert facts(shop.on_hand(shop.tea, shop.bins[0]), shop.on_hand(shop.tea, shop.bins[1])) == (6, 9)
    assert not shop.line(misplaced, shop.bins[0], shop.tea).is_disturbed
    shop.approve_all(misplaced)
    shop.post(misplaced)
    assert shop.on_hand(shop.tea, shop.bins[1]) == 10
    assert verify(db.session()) == []


def test_a_transfer_that_explains_everything_ends_the_review(shop: Shop) -> None:
    first, second = shop.bins[:2]
    shop.stock(shop.tea, first, 10, 30)
    stocktake = shop.plan(first, second)
    counter = shop.counter(stocktake)
    counter.count(first, [(TEA, 6)])
    counter.count(second, [(TEA, 4)])
    shop.finish(stocktake)
    book(shop, stocktake)
    assert shop.get(stocktake).state is StocktakeState.APPROVED
    shop.post(stocktake)
    assert facts(shop.on_hand(shop.tea, first), shop.on_hand(shop.tea, second)) == (6, 4)


def test_asked_twice_it_is_booked_once(shop: Shop, misplaced: int) -> None:
    book(shop, misplaced)
    book(shop, misplaced)
    assert db.session.scalar(select(func.count()).select_from(StocktakeTransfer)) == 1
    assert differences(shop, misplaced) == facts(0, 1)


def test_a_transfer_is_taken_back_and_can_be_booked_again(shop: Shop, misplaced: int) -> None:
    book(shop, misplaced)
    [transfer] = list_transfers(db.session(), misplaced)
    for _ in range(2):
        with shop.write() as session:
            service.take_back(session, misplaced, transfer.id, shop.owner, now())
    assert differences(shop, misplaced) == facts(-4, 5)
    book(shop, misplaced, serial=2)
    assert differences(shop, misplaced) == facts(0, 1)
    assert [bool(each.taken_back) for each in list_transfers(db.session(), misplaced)] == [False, True]
    assert verify(db.session()) == []


@pytest.mark.parametrize(("quantity", "serial"), [(3, 1), (5, 1), (4, 3)])
def test_a_transfer_of_something_else_than_was_seen_is_refused(
    shop: Shop, misplaced: int, quantity: int, serial: int
) -> None:
    with pytest.raises(TransferChanged):
        book(shop, misplaced, quantity, serial=serial)
    assert differences(shop, misplaced) == facts(-4, 5)


def test_a_line_that_is_approved_takes_no_transfer(shop: Shop, misplaced: int) -> None:
    shop.approve_line(misplaced, shop.bins[0], shop.tea, -4)
    with pytest.raises(TransferChanged):
        book(shop, misplaced)
    assert shop.line(misplaced, shop.bins[0], shop.tea).known.state is LineState.APPROVED


def test_two_bins_are_needed(shop: Shop, misplaced: int) -> None:
    short, _ = ends(shop)
    with pytest.raises(NotOneTransfer), shop.write() as session:
        service.book_transfer(session, misplaced, TransferDraft(short, short, Decimal(4)), shop.manager, now())


def test_goods_that_were_not_there_yet_cannot_have_been_moved(shop: Shop) -> None:
    first, second = shop.bins[:2]
    stocktake = shop.plan(first, second)
    shop.counter(stocktake).count(second, [(TEA, 4)])
    shop.stock(shop.tea, shop.bins[2], 10, 30)
    shop.move(shop.tea, shop.bins[2], first, 10)  # after the second bin was counted
    shop.counter(stocktake).count(first, [(TEA, 6)])
    shop.finish(stocktake)
    with pytest.raises(TransferExplainsNothing):
        book(shop, stocktake)
    assert differences(shop, stocktake) == facts(-4, 4)
    assert verify(db.session()) == []


def test_who_counted_books_no_transfer_unless_the_company_is_one_person(shop: Shop, misplaced: int) -> None:
    counter = next(iter(shop.report(misplaced).counts)).counter
    with pytest.raises(OwnCount):
        book(shop, misplaced, by=counter)
    db.session.remove()
    with shop.write() as session:
        company = session.get(Company, 1)
        assert company is not None
        company.one_person = True
    book(shop, misplaced, by=counter)
    assert [each.is_own_count for each in list_transfers(db.session(), misplaced)] == [True]
    assert "stocktake.transfer_own" in db.session.scalars(select(AuditEvent.action)).all()


def test_of_two_who_book_the_same_transfer_at_once_one_does(
    shop: Shop, misplaced: int, at_once: Callable[..., list[object]]
) -> None:
    results = at_once(lambda: book(shop, misplaced), lambda: book(shop, misplaced, by=shop.owner))
    assert results == [None, None]
    assert db.session.scalar(select(func.count()).select_from(StocktakeTransfer)) == 1
    assert differences(shop, misplaced) == facts(0, 1)


def test_a_transfer_and_an_approval_at_once_do_one_of_them(
    shop: Shop, misplaced: int, at_once: Callable[..., list[object]]
) -> None:
    results = at_once(lambda: book(shop, misplaced), lambda: shop.approve_line(misplaced, shop.bins[0], shop.tea, -4))
    assert sum(isinstance(result, RuleBroken) for result in results) == 1
    assert verify(db.session()) == []


def test_the_page_of_a_line_offers_the_transfer_and_books_it(shop: Shop, misplaced: int, sign_in: SignIn) -> None:
    client = sign_in("manager")
    short, over = ends(shop)
    address = f"/stocktakes/{misplaced}/lines/{key_of(over)}"
    page = client.get(address).get_data(as_text=True)
    assert "Book as a transfer" in page
    assert f'name="short" value="{key_of(short)}"' in page
    sent = {"short": key_of(short), "over": key_of(over), "quantity": "4", "serial": "1"}
    assert client.post(f"{address}/transfer", data=sent).status_code == 303
    page = client.get(address).get_data(as_text=True)
    assert "Booked as a transfer" in page
    assert "Book as a transfer" not in page
    [transfer] = list_transfers(db.session(), misplaced)
    assert client.get(f"/stock/postings/{transfer.posting}").status_code == 200
    trail = sign_in("finance").get(f"/stocktakes/{misplaced}/approvals").get_data(as_text=True)
    assert f"/stock/postings/{transfer.posting}" in trail
    assert client.post(f"{address}/transfers/{transfer.id}/take-back").status_code == 303
    assert "taken back" in client.get(address).get_data(as_text=True)
    refused = client.post(f"{address}/transfer", data=sent | {"quantity": "3"})
    assert refused.status_code == 409
    assert "have changed since you looked" in refused.get_data(as_text=True)
    assert "Book as a transfer" not in sign_in("finance").get(address).get_data(as_text=True)


def test_the_database_lets_nobody_change_a_transfer_or_make_one_of_nothing(shop: Shop, misplaced: int) -> None:
    book(shop, misplaced)
    with pytest.raises(DBAPIError, match="append-only"), shop.write() as session:
        session.execute(update(StocktakeTransfer).values(quantity=Decimal(1)))
    kept = db.session.scalars(select(StocktakeTransfer)).one()
    columns = [column.name for column in StocktakeTransfer.__table__.columns if column.name != "id"]
    given = {name: getattr(kept, name) for name in columns} | {"serial": 2, "posting_seq": 1}
    wrongs: list[dict[str, object]] = [{"quantity": Decimal(0)}, {"target_id": kept.source_id}, {"serial": 1}]
    for wrong in wrongs:
        row = StocktakeTransfer(**given | wrong)
        with pytest.raises(DBAPIError), shop.write() as session:
            session.add(row)
