"""Two at once on real connections: of every pair one is told, and the books are right whoever was faster."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.db import db
from app.identity.models import AuditEvent
from app.kernel.errors import RuleBroken
from app.ledger.models import CountAnchor
from app.ledger.verify import verify
from app.stocktake.approval import service as approval
from app.stocktake.approval.rules import AlreadyDecided, Choice, DifferenceChanged, RecountAwaited
from app.stocktake.causes.rules import Place
from app.stocktake.models import StocktakeApproval, StocktakeBin
from app.stocktake.queries import phone_view
from app.stocktake.rules import BinState, LineState, StocktakeState
from app.stocktake.service import cancel, free_bin, start
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


def test_an_approval_and_the_recount_itself_at_once_never_approve_what_was_not_seen(
    shop: Shop, review: int, at_once: Callable[..., list[object]]
) -> None:
    bin_id = shop.bins[0]
    second = shop.counter(review)
    shop.recount(review, Place(bin_id, shop.tea, 0))
    results = at_once(
        approving(shop, review, shop.manager),
        lambda: second.count(bin_id, [(TEA, 9)], round=2),
    )
    line = shop.line(review, bin_id, shop.tea)
    # The manager saw two too few: while the recount is awaited, and after it said otherwise, that is no approval.
    assert isinstance(results[0], (RecountAwaited, DifferenceChanged))
    assert facts(line.difference, line.known.state, line.can_approve) == (-1, LineState.OPEN, True)


def test_a_late_move_while_approving_never_leaves_an_approval_of_what_is_not_so(
    shop: Shop, review: int, at_once: Callable[..., list[object]]
) -> None:
    a, b, *_ = shop.bins
    results = at_once(
        approving(shop, review, shop.manager),
        lambda: shop.move(shop.tea, a, b, 1, at=now() - timedelta(minutes=30)),
    )
    line = shop.line(review, a, shop.tea)
    assert line.difference == -1
    # Told at once, or approved a moment before: then the line stands as changed and is not posted as it was approved.
    assert isinstance(results[0], DifferenceChanged) or line.is_stale
    shop.approve_all(review)
    assert shop.post(review).seq
    assert shop.on_hand(shop.tea, a) == 8
    assert verify(db.session()) == []


def test_a_late_move_while_posting_is_in_the_difference_or_given_back(
    shop: Shop, review: int, at_once: Callable[..., list[object]]
) -> None:
    a, b, *_ = shop.bins
    shop.approve_all(review)
    results = at_once(
        lambda: shop.post(review),
        lambda: shop.move(shop.tea, a, b, 1, at=now() - timedelta(minutes=30)),
    )
    posting = results[0]
    assert isinstance(posting, approval.PostOutcome)
    if posting.seq is None:
        assert shop.get(review).state is StocktakeState.REVIEW
        shop.approve_all(review)
        assert shop.post(review).seq
    # Whoever came first: two are gone that nobody moved, or one is gone and one was moved; eight lie there.
    assert facts(shop.on_hand(shop.tea, a), shop.on_hand(shop.tea, b)) == (8, 1)
    assert verify(db.session()) == []


def test_two_takeovers_at_once_end_one_lease_once(shop: Shop, at_once: Callable[..., list[object]]) -> None:
    bin_id = shop.bins[0]
    stocktake = shop.plan(bin_id)
    counter = shop.counter(stocktake)
    counter.open(bin_id)

    def taking_over(by: int) -> Act:
        def act() -> None:
            with shop.write() as session:
                free_bin(session, stocktake, bin_id, by, now())

        return act

    at_once(taking_over(shop.owner), taking_over(shop.manager))
    actions = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "stocktake.free_bin")
    assert db.session.scalar(actions) == 1
    assert [each["state"] for each in phone_view(db.session(), stocktake, now(), shop.manager)["bins"]] == ["waiting"]
    assert counter.set(bin_id, TEA, "3")["status"] == "accepted"  # what the hand did stays a fact


def test_finishing_while_the_last_bin_is_closed_loses_no_count(
    shop: Shop, at_once: Callable[..., list[object]]
) -> None:
    bin_id = shop.bins[0]
    shop.stock(shop.tea, bin_id, 10, 30)
    stocktake = shop.plan(bin_id)
    counter = shop.counter(stocktake)
    counter.open(bin_id)
    counter.set(bin_id, TEA, "7")
    at_once(lambda: shop.finish(stocktake), lambda: counter.close(bin_id))
    assert shop.line(stocktake, bin_id, shop.tea).difference == -3
    shop.approve_all(stocktake)
    assert shop.post(stocktake).seq
    assert shop.on_hand(shop.tea, bin_id) == 7


def test_starting_twice_freezes_one_scope(shop: Shop, at_once: Callable[..., list[object]]) -> None:
    bin_id = shop.bins[0]
    shop.stock(shop.tea, bin_id, 10, 30)
    stocktake = shop.draft(bin_id)

    def starting() -> None:
        with shop.write() as session:
            start(session, stocktake, shop.owner, now())

    results = at_once(starting, starting)
    assert sum(isinstance(result, RuleBroken) for result in results) == 1
    assert len(shop.report(stocktake).lines) == 1


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
