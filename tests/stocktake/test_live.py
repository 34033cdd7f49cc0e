"""The live view: what it says, to whom, and that it costs the same whatever the size of the stocktake."""

from datetime import UTC, datetime, timedelta

import pytest

from app.db import db
from app.stocktake.live.queries import read_live
from app.stocktake.live.rules import Activity, BinNow, BinRow, bins_now, counters_now, expected_end, per_minute
from app.stocktake.rules import BinState
from tests.conftest import SignIn
from tests.stocktake.shop import COLA, TEA, Shop
from tests.stocktake.test_scale import fill, statements

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    return NOON - timedelta(minutes=minutes)


def bin_now(number: int, lines: int, closed: float | None = None) -> BinNow:
    state = BinState.WAITING if closed is None else BinState.CLOSED
    return BinNow(number, state, lines, None if closed is None else ago(closed), ())


def test_the_end_is_expected_at_the_pace_of_the_last_hour() -> None:
    bins = [bin_now(1, 9, 25), bin_now(2, 9, 5), bin_now(3, 29), bin_now(4, 9)]
    # Two bins of ten in half an hour; forty are left.
    assert expected_end(bins, ago(30), NOON) == NOON + timedelta(hours=1)
    # What was done before the last hour says nothing of the pace now.
    assert expected_end(bins, ago(300), NOON) == NOON + timedelta(hours=2)


@pytest.mark.parametrize("closed", [(), (5,), (90, 100)])
def test_without_two_closings_there_is_no_pace(closed: tuple[int, ...]) -> None:
    bins = [bin_now(number, 1, minutes) for number, minutes in enumerate(closed)]
    assert expected_end([*bins, bin_now(9, 1)], ago(200), NOON) is None
    assert expected_end([bin_now(1, 1, 5), bin_now(2, 1, 5)], ago(200), NOON) is None  # nothing is left


def test_a_recount_opens_a_bin_again_and_counters_are_where_they_are() -> None:
    closed = BinRow(1, 1, BinState.CLOSED, 7, ago(20), ago(10))
    recount = BinRow(1, 2, BinState.OPEN, 8, ago(2), None)
    waiting = BinRow(2, 1, BinState.WAITING, None, None, None)
    one, two = bins_now([closed, recount, waiting], {1: 5})
    assert (one.state, one.lines, one.counters, two.state) == (BinState.OPEN, 5, (8,), BinState.WAITING)
    activity = [Activity(8, 1, ago(1), 30), Activity(7, 1, ago(10), 15), Activity(8, 2, ago(5), 10)]
    first, second = counters_now([closed, recount, waiting], activity, NOON)
    assert (first.counter, first.open_bins, first.closed, first.last_at, first.per_minute) == (8, (1,), 0, ago(1), 4)
    assert (second.counter, second.open_bins, second.closed, second.per_minute) == (7, (), 1, 2)
    assert per_minute(activity) == 6


def test_the_manager_sees_who_counts_where_and_how_it_goes(shop: Shop, sign_in: SignIn) -> None:
    shop.stock(shop.tea, shop.bins[0], 10, 30)
    shop.stock(shop.cola, shop.bins[0], 10, 30)
    shop.stock(shop.tea, shop.bins[1], 10, 30)
    stocktake = shop.plan(*shop.bins[:3])
    one, other = shop.counter(stocktake), shop.counter(stocktake)
    one.count(shop.bins[0], [(TEA, 10), (COLA, 9)])
    other.open(shop.bins[1])
    other.scan(shop.bins[1], "NOBODY-KNOWS-IT")
    db.session.remove()
    row = shop.get(stocktake)
    live = read_live(db.session(), row, datetime.now(UTC), with_accuracy=True)
    assert (live.count("closed"), live.count("open"), live.count("waiting")) == (1, 1, 1)
    assert (live.lines_done, live.lines, live.parked) == (2, 3, 1)
    assert {each.counter: each.open_bins for each in live.counters} == {one.id: (), other.id: (shop.bins[1],)}
    assert live.accuracy is not None
    assert (live.accuracy.matching, live.accuracy.differing) == (1, 1)
    page = sign_in("manager").get(f"/stocktakes/{stocktake}/live").get_data(as_text=True)
    assert "data-polls" in page
    assert "50 %" in page
    assert "A-2" in page


def test_a_blind_count_hides_its_accuracy_from_counters(shop: Shop, sign_in: SignIn) -> None:
    shop.stock(shop.tea, shop.bins[0], 10, 30)
    stocktake = shop.plan(shop.bins[0], shop.bins[1])
    shop.counter(stocktake).count(shop.bins[0], [(TEA, 9)])
    for role, sees in (("warehouse", False), ("viewer", False), ("manager", True), ("finance", True)):
        page = sign_in(role).get(f"/stocktakes/{stocktake}/live").get_data(as_text=True)
        assert ("Accuracy" in page) is sees, role


def test_what_is_over_asks_no_more(shop: Shop, sign_in: SignIn) -> None:
    stocktake = shop.plan(shop.bins[0])
    shop.finish(stocktake)
    assert "data-polls" not in sign_in("manager").get(f"/stocktakes/{stocktake}/live").get_data(as_text=True)


def test_it_takes_the_same_few_statements_whatever_the_size(shop: Shop, sign_in: SignIn) -> None:
    shop.stock(shop.tea, shop.bins[0], 10, 30)
    client = sign_in("manager")

    def count(stocktake: int) -> int:
        shop.counter(stocktake).count(shop.bins[0], [(TEA, 8)])
        db.session.remove()
        with statements() as sent:
            assert client.get(f"/stocktakes/{stocktake}/live").status_code == 200
        return len(sent)

    small = count(shop.plan(*shop.bins[:2]))
    large = count(shop.plan(*shop.bins[:2], *fill(shop, bins=40, per_bin=10)))
    assert large == small <= 26
