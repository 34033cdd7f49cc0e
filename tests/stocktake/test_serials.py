"""Things with serial numbers: one thing is one, however often and wherever it is scanned."""

import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.scanning.drafts import serial_of
from app.scanning.parse import parse
from app.scanning.rules import ScanKind
from app.stocktake.counting.rules import Goods, fold
from app.stocktake.counting.serials import Twice
from tests.stocktake.shop import TEA as TEA_CODE
from tests.stocktake.shop import TEA_CARTON, Shop, facts
from tests.stocktake.test_counting_rules import TEA, only, scan

DAY = datetime(2026, 11, 25, tzinfo=UTC).date()
GTIN = f"0{TEA_CODE}"
TEAS = Goods(TEA, 0)


def label(serial: str) -> str:
    """A GS1 code of one bottle of tea with its serial number, as a scanner sends it."""
    return f"]d201{GTIN}21{serial}"


@pytest.mark.parametrize(
    ("raw", "serial"),
    [
        (label("S1"), f"{GTIN} S1"),
        (f"(01){GTIN}(10)L1(21)S1", f"{GTIN} S1"),
        (f"https://id.gs1.org/01/{GTIN}/21/S1", f"{GTIN} S1"),
        ("]C100069012341000000013", "069012341000000013"),
        (f"]d201{GTIN}10L1", None),
        (TEA_CODE, None),
        ("PLAIN-21", None),
    ],
)
def test_a_code_says_which_single_thing_bears_it(raw: str, serial: str | None) -> None:
    assert serial_of(parse(raw, today=DAY)) == serial


def test_a_thing_scanned_again_counts_once_and_others_count_beside_it() -> None:
    seen = [scan(1, serial="a"), scan(2, serial="b"), scan(3, serial="a"), scan(4), scan(5)]
    assert only(seen) == {TEAS: 4}


def test_a_thing_whose_scan_was_taken_back_counts_by_its_other_scan() -> None:
    events = [scan(1, serial="a"), scan(2, serial="a")]
    for number in (1, 2):
        undo = scan(3, ScanKind.UNDO, undoes=events[number - 1].id)
        assert only([*events, undo]) == {TEAS: 1}


def test_a_typed_quantity_holds_what_was_seen_and_none_there_forgets_it() -> None:
    typed = [scan(1, serial="a"), scan(2, ScanKind.SET, quantity=Decimal(5)), scan(3, serial="a"), scan(4, serial="b")]
    assert only(typed) == {TEAS: 6}
    assert only([scan(1, serial="a"), scan(2, ScanKind.ZERO), scan(3, serial="a")]) == {TEAS: 1}
    emptied = scan(2, ScanKind.ZERO, item_id=None)
    assert only([scan(1, serial="a"), emptied, scan(3, serial="a")]) == {TEAS: 1}


def test_a_bin_opened_again_sees_its_things_anew() -> None:
    events = [scan(1, serial="a"), scan(2, ScanKind.CLOSE_BIN), scan(3, ScanKind.OPEN_BIN), scan(4, serial="a")]
    assert [count.counted for count in fold(events).values()] == [{TEAS: 1}, {TEAS: 1}]


def test_the_order_in_which_scans_come_in_changes_nothing() -> None:
    seeds = random.Random(7)
    events = [scan(number, serial=f"s{number % 37}") for number in range(1, 500)]
    expected = only(events)
    assert expected == {TEAS: 37}
    for _ in range(5):
        seeds.shuffle(events)
        assert only(events) == expected


def test_the_phone_hears_that_the_second_scan_added_nothing(shop: Shop) -> None:
    bin_id = shop.bins[0]
    counter = shop.counter(shop.plan(bin_id))
    counter.open(bin_id)
    told = [counter.scan(bin_id, label(serial))["counted"] for serial in ("S1", "S2", "S1")]
    assert told == ["1.000", "2.000", "2.000"]
    # In one request as well, and beside goods without a number.
    events = [counter.phone.event(raw, location=bin_id) for raw in (label("S2"), TEA_CODE, label("S3"))]
    assert counter.phone.send(*events)[-1]["counted"] == "4.000"


def test_a_thing_seen_in_two_bins_counts_where_it_was_seen_first_and_both_lines_say_so(shop: Shop) -> None:
    first, second = shop.bins[:2]
    shop.stock(shop.tea, first, 1, 3)
    stocktake = shop.plan(first, second)
    one, other = shop.counter(stocktake), shop.counter(stocktake)
    one.open(first)
    one.scan(first, label("S1"))
    one.close(first)
    other.open(second)
    other.scan(second, label("S1"))
    other.scan(second, label("S9"))
    other.close(second)
    here, there = shop.line(stocktake, first, shop.tea), shop.line(stocktake, second, shop.tea)
    assert facts(here.counted, here.difference, there.counted) == (1, 0, 1)
    assert here.twice == (Twice(f"{GTIN} S1", second, Decimal(0)),)
    assert there.twice == (Twice(f"{GTIN} S1", first, Decimal(1)),)
    shop.finish(stocktake)
    shop.approve_all(stocktake)
    shop.post(stocktake)
    assert facts(shop.on_hand(shop.tea, first), shop.on_hand(shop.tea, second)) == (1, 1)


def test_a_recount_that_does_not_find_the_thing_leaves_it_to_the_other_bin(shop: Shop) -> None:
    first, second = shop.bins[:2]
    shop.stock(shop.tea, first, 1, 3)
    stocktake = shop.plan(first, second)
    one, other = shop.counter(stocktake), shop.counter(stocktake)
    for counter, bin_id in ((one, first), (other, second)):
        counter.open(bin_id)
        counter.scan(bin_id, label("S1"))
        counter.close(bin_id)
    shop.recount(stocktake, shop.line(stocktake, first, shop.tea).place)
    other.open(first, round=2)
    other.close(first, round=2)
    here, there = shop.line(stocktake, first, shop.tea), shop.line(stocktake, second, shop.tea)
    assert facts(here.counted, here.twice, there.counted, there.twice) == (0, (), 1, ())


def test_cartons_with_a_serial_number_count_their_pieces_once(shop: Shop) -> None:
    bin_id = shop.bins[0]
    counter = shop.counter(shop.plan(bin_id))
    counter.open(bin_id)
    carton = f"]d201{TEA_CARTON}21C1"
    assert [counter.scan(bin_id, carton)["counted"] for _ in range(2)] == ["24.000", "24.000"]
