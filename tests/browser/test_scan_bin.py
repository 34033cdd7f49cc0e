"""Counting bins on a phone: units that cannot be mistaken, lots, empty bins, mistakes, second phones, the end."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from playwright.sync_api import BrowserContext, StorageState, expect

from app.db import transaction
from app.identity.models import User
from app.stocktake.service import cancel, free_bin
from tests.browser.camera import ean13, qr
from tests.browser.conftest import PHONE, Server, Take, scan_page, sign_in
from tests.browser.handset import Handset
from tests.browser.shop import PASSWORD, Shop, goods, gtin
from tests.browser.test_every_page import look

TEA, TEA_CARTON, MILK = gtin("690000000501"), gtin("1690000000501"), gtin("690000000502")
BIN, OTHER, BARE = "A-01-1", "A-01-2", "A-01-3"


@pytest.fixture(scope="module")
def shop() -> Shop:
    """Tea, also by the carton, and milk by lots; two bins with tea and one with nothing."""
    tea = {TEA: (30, "60.00")}
    items = [goods("冰红茶", "瓶", TEA, TEA_CARTON), goods("鲜牛奶", "盒", MILK, by_lots=True)]
    return Shop(items, {BIN: tea, OTHER: tea, BARE: {}})


@pytest.fixture
def stocktake(shop: Shop, server: Server) -> int:
    """A stocktake of all bins, begun."""
    assert server
    return shop.start_stocktake(BIN, OTHER, BARE)


# --- units ------------------------------------------------------------------------------------------------------------


def test_after_a_carton_the_keypad_counts_bottles_unless_cartons_are_chosen(
    take: Take, shop: Shop, stocktake: int
) -> None:
    hand = take(stocktake)
    hand.choose_bin(BIN)
    hand.wedge(TEA_CARTON)
    hand.sees_line("24", TEA_CARTON)
    hand.tap("line")
    assert (hand.text("keypad-unit"), hand.text("keypad-hint")) == ("瓶", "此处总数（瓶），取代已记的 24 瓶")
    hand.keys("25")
    hand.sees_line("25", TEA_CARTON)
    hand.tap("line")
    hand.tap("unit-1")
    hand.tap("key-3")
    assert (hand.text("keypad-unit"), hand.text("keypad-hint")) == ("箱", "3 箱 × 24 = 72 瓶")
    hand.tap("keypad-ok")
    hand.sees_line("72", TEA_CARTON)
    hand.wedge(TEA_CARTON)
    hand.sees_line("96", TEA_CARTON)
    hand.sees_sent()
    hand.sees_line("96", TEA_CARTON)
    hand.close_bin()
    hand.sees_sent()
    assert shop.counted(stocktake, BIN)[TEA] == Decimal(96)


def test_a_number_that_can_hardly_be_is_asked_for_twice(take: Take, shop: Shop, stocktake: int) -> None:
    hand = take(stocktake)
    hand.choose_bin(BIN)
    hand.wedge(TEA)
    hand.sees_sent()  # by its answer the phone knows the unit
    hand.set_quantity(TEA, "6000")
    hand.sees("keypad-hint", '[data-tone="refused"]')
    assert "6000 瓶" in hand.text("keypad-hint")
    hand.tap("key-back")
    hand.tap("keypad-ok")
    hand.sees_line("600", TEA)
    hand.sees_sent()
    assert len(shop.scans(stocktake, "set")) == 1


# --- lots -------------------------------------------------------------------------------------------------------------


def test_milk_is_counted_lot_by_lot_whether_its_label_says_the_lot_or_not(
    take: Take, shop: Shop, stocktake: int
) -> None:
    hand = take(stocktake)
    hand.choose_bin(BIN)
    hand.wedge(f"]C101{MILK:0>14}17270331" + "10L7")  # a GS1 code brings lot and expiry date
    hand.sees("line", ':has-text("L7")[data-state="sent"]')
    hand.wedge(MILK)
    hand.sees("lot", "[open]")
    hand.tap("lot-row", ':has-text("L7")')  # known by now
    hand.sees_line("2")
    hand.wedge(MILK)
    hand.sees_line("3")  # remembered for the rest of the bin
    hand.tap("line")
    hand.tap("keypad-lot")
    hand.page.fill(hand.part("lot-code"), "L8")
    expect(hand.page.locator(hand.part("lot-ok"))).to_be_disabled()  # a new lot needs its expiry date
    hand.page.fill(hand.part("lot-expiry"), "2027-06-30")
    hand.tap("lot-ok")
    hand.wedge(MILK)
    hand.sees("line", ':has-text("L8")[data-amount="1"]')
    hand.tap("line", ':has-text("L8")')
    hand.keys("5")
    hand.sees_sent()
    assert hand.page.is_hidden(hand.part("parked"))
    hand.close_bin()
    hand.sees_sent()
    assert shop.counted_by_lot(stocktake, BIN) == {("鲜牛奶", "L7"): Decimal(3), ("鲜牛奶", "L8"): Decimal(5)}
    assert shop.expiries() == {"L7": "2027-03-31", "L8": "2027-06-30"}


def test_a_lot_that_cannot_be_read_waits_for_a_person_while_work_goes_on(take: Take, stocktake: int) -> None:
    hand = take(stocktake)
    hand.choose_bin(BIN)
    hand.wedge(MILK)
    hand.sees("lot", "[open]")
    hand.tap("lot-none")
    hand.wedge(MILK)
    hand.wedge(TEA)
    hand.sees("line", f'[data-raw="{TEA}"][data-state="sent"]')
    assert hand.page.is_hidden(hand.part("lot"))
    hand.sees("line", f'[data-raw="{MILK}"][data-state="trouble"][data-amount="2"]')


def test_a_scanner_is_heard_while_the_lot_is_asked_and_presses_and_fills_nothing(take: Take, stocktake: int) -> None:
    hand = take(stocktake)
    hand.choose_bin(BIN)
    hand.wedge(MILK)
    hand.sees("lot", "[open]")
    for number, focus in enumerate(("lot-none", "lot-code", "lot-expiry"), start=1):
        hand.page.focus(hand.part(focus))
        hand.type(TEA)
        hand.sees_line(str(number), TEA)
    assert hand.page.is_visible(hand.part("lot"))
    assert hand.page.input_value(hand.part("lot-code")) == ""
    hand.tap("lot-none")
    hand.sees("line", f'[data-raw="{MILK}"][data-amount="1"]')


def test_without_network_a_code_met_before_has_its_name_its_pack_and_its_question(
    take: Take, shop: Shop, stocktake: int
) -> None:
    hand = take(stocktake)
    hand.choose_bin(BIN)
    hand.wedge(TEA_CARTON)
    hand.wedge(MILK)
    hand.sees("lot", "[open]")
    hand.tap("lot-none")
    hand.sees_sent()
    hand.close_bin()
    hand.sees_sent()
    hand.page.context.set_offline(True)
    hand.choose_bin(OTHER)
    hand.wedge(TEA_CARTON)
    hand.sees("line", '[data-amount="24"]:has-text("冰红茶")')
    assert hand.text("said").startswith("冰红茶")
    hand.wedge(MILK)
    hand.sees("lot", "[open]")
    hand.page.fill(hand.part("lot-code"), "L9")
    hand.page.fill(hand.part("lot-expiry"), "2027-09-30")
    hand.tap("lot-ok")
    hand.page.context.set_offline(False)
    hand.sees_sent()
    hand.close_bin()
    hand.sees_sent()
    assert shop.counted_by_lot(stocktake, OTHER) == {("冰红茶", ""): Decimal(24), ("鲜牛奶", "L9"): Decimal(1)}


# --- bins -------------------------------------------------------------------------------------------------------------


def test_a_bin_that_should_be_empty_is_confirmed_in_one_tap(take: Take, shop: Shop, stocktake: int) -> None:
    hand = take(stocktake)
    hand.wedge(shop.label(BARE))
    hand.sees("confirm-empty")
    hand.tap("confirm-empty")
    hand.sees("bin", f'[data-code="{BARE}"][data-state="closed"]')
    hand.sees_sent()
    hand.tap("undo")  # there was something behind the box
    hand.wedge(TEA)
    hand.sees_line("1", TEA)
    hand.close_bin()
    hand.sees_sent()
    assert shop.counted(stocktake, BARE) == {TEA: Decimal(1)}


def test_on_a_second_phone_of_the_same_person_a_bin_is_not_gone_on_with_unasked(
    take: Take, shop: Shop, server: Server, new_context: Callable[..., BrowserContext], stocktake: int
) -> None:
    hand = take(stocktake)
    hand.wedge(shop.label(BIN))
    hand.wedge(TEA)
    hand.sees_sent()
    context = new_context(**PHONE, locale="zh-CN", storage_state=second_phone(new_context, server))
    page = context.new_page()
    page.goto(scan_page(server, stocktake))
    second = Handset(page)
    second.sees("bin", f'[data-code="{BIN}"][data-state="open"]')
    second.wedge(shop.label(BIN))
    second.sees("question", "[open]")
    assert "另一部手机" in second.text("question-title")
    second.tap("question-cancel")
    second.sees("bins")


def second_phone(new_context: Callable[..., BrowserContext], server: Server) -> StorageState:
    context = new_context(**PHONE)
    sign_in(context.new_page(), server.url, "worker", PASSWORD)
    return context.storage_state()


def test_a_bin_that_a_manager_frees_is_counted_by_another_and_both_phones_know(
    take: Take, shop: Shop, stocktake: int
) -> None:
    first, second = take(stocktake), take(stocktake, login="worker2")
    first.wedge(shop.label(BIN))
    first.wedge(TEA)
    first.sees_sent()
    number = shop.bin(BIN)
    with shop.inside(), transaction() as session:
        manager = session.query(User).filter_by(login="manager").one().id
        free_bin(session, stocktake, number, manager, datetime.now(UTC))
    second.page.reload()
    second.sees("bin", f'[data-code="{BIN}"][data-state="waiting"]')
    second.wedge(shop.label(BIN))
    second.sees_open(BIN)  # unasked
    second.close_bin()
    second.sees_sent()
    first.page.evaluate("window.dispatchEvent(new Event('online'))")  # the next look comes within seconds anyway
    first.sees("notice", '[data-notice="closed_meanwhile"]')
    assert "赵师傅" in first.text("notice-title")
    first.sees_line("1", TEA)


def test_all_counted_leads_back_and_an_ended_stocktake_takes_nothing_more(
    take: Take, shop: Shop, stocktake: int
) -> None:
    hand = take(stocktake)
    for name in (BIN, OTHER, BARE):
        hand.choose_bin(name)
        hand.sees_open(name)
        hand.close_bin()
    hand.sees("notice", '[data-notice="all_counted"]')
    hand.sees_sent()
    assert hand.page.get_attribute(hand.part("notice-back"), "href") == f"/stocktakes/{stocktake}"
    with shop.inside(), transaction() as session:
        cancel(session, stocktake, 1, datetime.now(UTC))
    hand.choose_bin(BIN)  # on a phone that has not heard of it
    hand.tap("question-ok")
    hand.wedge(TEA)
    hand.sees("notice", '[data-notice="over_cancelled"]')
    assert hand.page.is_hidden(hand.part("view"))
    hand.wedge(TEA)
    hand.sees("said", '[data-tone="refused"]')
    hand.sees("line", '[data-amount="1"][data-state="trouble"]')
    assert hand.page.get_attribute("#parked-text", "data-count") == "2"  # the opening, too, came too late


# --- the newcomer -----------------------------------------------------------------------------------------------------


def test_a_newcomer_scans_after_three_taps_and_undoes_every_mistake_in_one(
    take: Take, shop: Shop, server: Server, stocktake: int
) -> None:
    hand = take(stocktake)
    hand.page.goto(server.url)
    hand.page.tap(f"main a[href='/stocktakes/{stocktake}/scan']")
    hand.start_camera()
    hand.show(qr(shop.label(OTHER)), lambda: hand.sees_open(OTHER))  # two taps, and counting
    hand.tap("undo")  # the wrong bin
    hand.sees("bin", f'[data-code="{OTHER}"][data-state="waiting"]')
    hand.choose_bin(BIN)
    hand.show(ean13(TEA), lambda: hand.sees_line("1", TEA))
    hand.wedge(TEA_CARTON)
    hand.sees_line("25")
    hand.tap("undo")  # the wrong article
    hand.sees_line("1")
    hand.set_quantity(TEA, "99")
    hand.sees_line("99")
    hand.tap("undo")  # the wrong quantity
    hand.sees_line("1")
    hand.wedge("NOBODY-KNOWS-IT")
    hand.sees("line", '[data-state="trouble"]')
    hand.tap("undo")  # something that is no article
    hand.sees_line("1")
    hand.close_bin()
    hand.tap("undo")  # too early
    hand.sees_open(BIN)
    hand.sees_line("1")
    hand.wedge(TEA)
    hand.sees_line("2")
    hand.close_bin()
    hand.sees_sent()
    assert hand.page.is_hidden(hand.part("parked"))
    hand.sees("bin", f'[data-code="{OTHER}"][data-state="waiting"]')
    assert shop.counted(stocktake, BIN) == {TEA: Decimal(2)}


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_what_comes_up_over_the_page_holds_in_every_size_and_light(
    take: Take, shop: Shop, stocktake: int, locale: str
) -> None:
    hand = take(stocktake, locale=locale)
    hand.page.emulate_media(reduced_motion="reduce")
    hand.wedge(shop.label(BARE))
    hand.sees("confirm-empty")
    found = look(hand.page, "empty")
    hand.wedge(TEA_CARTON)
    hand.sees_line("24", TEA_CARTON)
    hand.tap("line")
    hand.tap("unit-1")
    hand.tap("key-9")
    found += look(hand.page, "keypad")
    hand.tap("keypad-cancel")
    hand.wedge(f"]C101{MILK:0>14}17270331" + "10L7")
    hand.wedge(MILK)
    hand.sees("lot-row")
    found += look(hand.page, "lot")
    assert found == []
