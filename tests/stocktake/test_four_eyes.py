"""Whoever counted anything of a stocktake approves nothing of it: counted before, after, or by a scan let in."""

import pytest
from sqlalchemy import select

from app.company.models import Company
from app.db import db
from app.scanning.models import Scan
from app.scanning.rules import ScanStatus
from app.scanning.service import drop, take
from app.stocktake.causes.rules import Place
from app.stocktake.queries import phone_view
from app.stocktake.rules import LineState, OwnCount, StocktakeState
from tests.stocktake.shop import COLA, TEA, Counter, Shop, facts, now


@pytest.fixture
def stocktake(shop: Shop) -> int:
    """Ten tea and five cola in the first bin, counted two and one short by somebody from the warehouse."""
    a, *_ = shop.bins
    shop.stock(shop.tea, a, 10, 30)
    shop.stock(shop.cola, a, 5, 20)
    number = shop.plan(a)
    shop.counter(number).count(a, [(TEA, 8), (COLA, 4)])
    return number


def phone_of(shop: Shop, user: int, stocktake: int) -> Counter:
    phone = shop.make_phone(user_id=user)
    phone.task = f"stocktake:{stocktake}"
    return Counter(phone)


def parked() -> Scan:
    db.session.remove()
    return db.session.scalars(select(Scan).where(Scan.status == ScanStatus.PARKED)).one()


def test_an_approval_is_void_once_its_giver_counts_the_same_stocktake(shop: Shop, stocktake: int) -> None:
    a, *_ = shop.bins
    shop.finish(stocktake)
    shop.approve_all(stocktake)
    phone_of(shop, shop.manager, stocktake).count(a, [(TEA, 8), (COLA, 4)])
    posting = shop.post(stocktake, by=shop.owner)
    assert facts(posting.seq, posting.returned, shop.on_hand(shop.tea, a)) == (None, 2, 10)
    assert shop.get(stocktake).state is StocktakeState.REVIEW
    with pytest.raises(OwnCount):
        shop.approve_all(stocktake)
    assert shop.approve_all(stocktake, by=shop.owner) == 2
    assert shop.post(stocktake).seq
    assert shop.on_hand(shop.tea, a) == 8


def test_in_a_company_of_one_person_an_approval_before_a_count_of_their_own_stands(shop: Shop, stocktake: int) -> None:
    a, *_ = shop.bins
    with shop.write() as session:
        session.get_one(Company, 1).one_person = True
    shop.finish(stocktake)
    shop.approve_all(stocktake)
    phone_of(shop, shop.manager, stocktake).count(a, [(TEA, 8), (COLA, 4)])
    assert shop.post(stocktake).seq


def test_whoever_answers_for_a_scan_of_nobody_has_counted(shop: Shop, stocktake: int) -> None:
    a, *_ = shop.bins
    shop.counter(stocktake).phone.scan(TEA, location=a, grant="forged")
    scan = parked().id
    with shop.write() as session:
        take(session, scan, shop.manager, now())
    shop.finish(stocktake)
    with pytest.raises(OwnCount):
        shop.approve_all(stocktake)


def test_whoever_drops_a_scan_of_nobody_has_counted_nothing(shop: Shop, stocktake: int) -> None:
    a, *_ = shop.bins
    shop.counter(stocktake).phone.scan(TEA, location=a, grant="forged")
    scan = parked().id
    with shop.write() as session:
        drop(session, scan, "nobody knows who", shop.manager, now())
    shop.finish(stocktake)
    assert shop.approve_all(stocktake) == 2


def test_a_parked_scan_of_the_approver_counts_once_it_is_let_in(shop: Shop, stocktake: int) -> None:
    a, *_ = shop.bins
    phone_of(shop, shop.manager, stocktake).scan(a, "NOBODY-KNOWS-IT")
    shop.finish(stocktake)
    assert shop.approve_all(stocktake) == 2  # what waits for a person counts for nothing yet


def test_an_approved_line_that_is_not_counted_any_more_returns_to_review(shop: Shop) -> None:
    a, *_ = shop.bins
    shop.stock(shop.tea, a, 10, 30)
    number = shop.plan(a)
    counter = shop.counter(number)
    *_, closing = counter.count(a, [(TEA, 8)])
    shop.finish(number)
    shop.approve_all(number)
    counter.undo(a, closing["id"])
    posting = shop.post(number)
    assert facts(posting.seq, posting.returned) == (None, 1)
    assert shop.get(number).state is StocktakeState.REVIEW
    line = shop.line(number, a, shop.tea)
    assert facts(line.known.state, line.known.has_changed) == (LineState.OPEN, True)
    counter.close(a)
    shop.approve_all(number)
    assert shop.post(number).seq
    assert facts(shop.on_hand(shop.tea, a), shop.line(number, a, shop.tea).known.state) == (8, LineState.POSTED)


def test_a_recount_by_the_approver_is_a_count(shop: Shop, stocktake: int) -> None:
    a, *_ = shop.bins
    shop.finish(stocktake)
    shop.recount(stocktake, Place(a, shop.tea, 0))
    phone_of(shop, shop.manager, stocktake).count(a, [(TEA, 8)], round=2)
    with pytest.raises(OwnCount):
        shop.approve_line(stocktake, a, shop.cola, -1)


@pytest.mark.parametrize("one_person", [False, True])
def test_the_phone_of_who_counted_a_bin_is_told_that_somebody_else_recounts_it(shop: Shop, one_person: bool) -> None:
    a, *_ = shop.bins
    shop.stock(shop.tea, a, 10, 30)
    stocktake = shop.plan(a)
    with shop.write() as session:
        session.get_one(Company, 1).one_person = one_person
    counters = [shop.counter(stocktake), phone_of(shop, shop.manager, stocktake)]
    counters[0].count(a, [(TEA, 8)])

    def told() -> list[bool]:
        views = [phone_view(db.session(), stocktake, now(), each.id)["bins"] for each in counters]
        return [bin_["own_recount"] for bins in views for bin_ in bins if bin_["id"] == a]

    assert told() == [False, False]
    shop.finish(stocktake)
    shop.recount(stocktake, Place(a, shop.tea, 0))
    assert told() == [not one_person, False]
