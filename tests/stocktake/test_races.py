"""Two at once on real connections: of every pair one is told, and the books are right whoever was faster."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.db import db
from app.kernel.errors import RuleBroken
from app.ledger.models import CountAnchor
from app.ledger.verify import verify
from app.stocktake.approval import service as approval
from app.stocktake.approval.rules import AlreadyDecided, Choice
from app.stocktake.causes.rules import Place
from app.stocktake.models import StocktakeApproval, StocktakeBin
from app.stocktake.rules import BinState, LineState, StocktakeState
from app.stocktake.service import cancel
from tests.stocktake.shop import COLA, TEA, Shop, facts, now

Act = Callable[[], object]


@pytest.fixture
def review(shop: Shop) -> int:
    """A stocktake in review: two tea too few, one cola too few."""
    bin_id = shop.bins[0]
    shop.stock(shop.tea, bin_id, 10, 30)
    shop.stock(shop.cola, bin_id, 5, 20)
    stocktake = shop.plan(bin_id)
    shop.counter(stocktake).count(bin_id, [(TEA, 8), (COLA, 4)])
    shop.finish(stocktake)
    return stocktake


def approving(shop: Shop, stocktake: int, by: int) -> Act:
    """One approval of the tea's line."""
    choice = Choice(seen={Place(shop.bins[0], shop.tea, 0): Decimal(-2)})

    def act() -> int:
        with shop.write() as session:
            return approval.approve(session, stocktake, choice, by, now())

    return act


def test_of_two_approvals_of_one_line_one_counts(shop: Shop, review: int, at_once: Callable[..., list[object]]) -> None:
    results = at_once(approving(shop, review, shop.manager), approving(shop, review, shop.owner))
    assert sorted(isinstance(result, AlreadyDecided) for result in results) == [False, True]
    assert db.session.scalar(select(func.count()).select_from(StocktakeApproval)) == 1


def test_an_approval_and_a_recount_at_once_leave_a_line_that_is_either_or(
    shop: Shop, review: int, at_once: Callable[..., list[object]]
) -> None:
    at_once(
        approving(shop, review, shop.manager),
        lambda: shop.recount(review, Place(shop.bins[0], shop.tea, 0)),
    )
    line = shop.line(review, shop.bins[0], shop.tea)
    # The recount won, or came after and ended the approval: never approved and recounted at the same time.
    assert facts(line.known.state, line.awaits_recount) == (LineState.OPEN, True)
    assert shop.get(review).state is StocktakeState.COUNTING


def test_posting_twice_posts_once(shop: Shop, review: int, at_once: Callable[..., list[object]]) -> None:
    shop.approve_all(review)
    results = at_once(lambda: shop.post(review), lambda: shop.post(review))
    assert sorted(isinstance(result, RuleBroken) for result in results) == [False, True]
    assert shop.on_hand(shop.tea, shop.bins[0]) == 8
    assert db.session.scalar(select(func.count()).select_from(CountAnchor)) == 2
    assert verify(db.session()) == []


def test_cancelling_while_posting_does_one_of_them(
    shop: Shop, review: int, at_once: Callable[..., list[object]]
) -> None:
    shop.approve_all(review)

    def cancelling() -> None:
        with shop.write() as session:
            cancel(session, review, shop.owner, now())

    results = at_once(lambda: shop.post(review), cancelling)
    assert sum(isinstance(result, RuleBroken) for result in results) == 1
    is_posted = shop.get(review).state is StocktakeState.POSTED
    assert is_posted or shop.get(review).state is StocktakeState.CANCELLED
    assert shop.on_hand(shop.tea, shop.bins[0]) == (8 if is_posted else 10)
    assert verify(db.session()) == []


def test_a_scan_while_posting_is_posted_with_it_or_parked(
    shop: Shop, review: int, at_once: Callable[..., list[object]]
) -> None:
    shop.approve_all(review)
    counter = shop.counter(review)
    bin_id = shop.bins[0]
    results = at_once(lambda: shop.post(review), lambda: counter.scan(bin_id, TEA))
    assert isinstance(results[1], dict)
    if results[1]["status"] == "accepted":  # it came first, as an unfinished count that changes nothing
        assert results[1]["reason"] is None
    else:
        assert results[1]["reason"] == "stocktake_closed"
    assert shop.get(review).state is StocktakeState.POSTED
    assert shop.on_hand(shop.tea, bin_id) == 8


def test_two_who_open_one_bin_get_one_lease_and_two_counts(shop: Shop, at_once: Callable[..., list[object]]) -> None:
    bin_id = shop.bins[0]
    stocktake = shop.plan(bin_id)
    first, second = shop.counter(stocktake), shop.counter(stocktake)
    at_once(lambda: first.open(bin_id), lambda: second.open(bin_id))
    rows = db.session.scalars(select(StocktakeBin).where(StocktakeBin.bin_id == bin_id)).all()
    assert sorted((row.is_main, row.lease_until is not None) for row in rows) == [(False, False), (True, True)]
    assert {row.counter_id for row in rows} == {first.id, second.id}


def test_two_who_close_one_bin_close_their_own_counts(shop: Shop, at_once: Callable[..., list[object]]) -> None:
    bin_id = shop.bins[0]
    shop.stock(shop.tea, bin_id, 10, 30)
    stocktake = shop.plan(bin_id)
    first, second = shop.counter(stocktake), shop.counter(stocktake)
    first.open(bin_id)
    second.open(bin_id)
    first.set(bin_id, TEA, "9")
    second.set(bin_id, TEA, "9")
    results = at_once(lambda: first.close(bin_id), lambda: second.close(bin_id))
    assert [result["status"] for result in results if isinstance(result, dict)] == ["accepted", "accepted"]
    rows = db.session.scalars(select(StocktakeBin).where(StocktakeBin.bin_id == bin_id)).all()
    assert [row.state for row in rows] == [BinState.CLOSED, BinState.CLOSED]
    line = shop.line(stocktake, bin_id, shop.tea)
    assert facts(line.counted, len(line.sayings), line.agrees) == (9, 2, True)
