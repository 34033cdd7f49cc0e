"""The scan page on a phone: every way to scan, every way to lose the network, and nothing lost or doubled."""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, BrowserType, Route, StorageState

from tests.browser.camera import code_128, ean13, film, itf, qr
from tests.browser.conftest import CHROMIUM, CHROMIUM_ARGS, PHONE, Server, Take, scan_page, sign_in, start_server
from tests.browser.handset import Handset
from tests.browser.shop import PASSWORD, Shop, goods, gtin
from tests.scanning.drawing import as_bytes

TEA, TEA_CARTON, COLA = gtin("690000000101"), gtin("1690000000101"), gtin("690000000102")
UNKNOWN = gtin("690000000999")
BINS = tuple(f"A-01-{number}" for number in range(1, 5))
SHELVES = {name: {TEA: (30, "60.00"), COLA: (12, "30.00")} for name in BINS}
COUNT = {TEA: Decimal(26), COLA: Decimal(1)}


@pytest.fixture(scope="module")
def shop() -> Shop:
    """Tea, also by the carton, and cola, in four bins."""
    return Shop([goods("冰红茶", "瓶", TEA, TEA_CARTON), goods("可乐", "瓶", COLA)], SHELVES)


@pytest.fixture
def stocktake(shop: Shop, server: Server) -> int:
    """A stocktake of all bins, begun."""
    assert server
    return shop.start_stocktake(*BINS)


# --- the ladder of inputs ---------------------------------------------------------------------------------------------


def test_the_camera_counts_bottles_and_a_carton(take: Take, shop: Shop, stocktake: int) -> None:
    hand = take(stocktake)
    hand.start_camera()
    hand.show(code_128(shop.label("A-01-1")), lambda: hand.sees_open("A-01-1"))
    hand.show(ean13(TEA), lambda: hand.sees_line("1", TEA))
    hand.show(ean13(TEA), lambda: hand.sees_line("2", TEA))
    hand.show(itf(TEA_CARTON), lambda: hand.sees_line("26", TEA_CARTON))
    hand.show(ean13(COLA), lambda: hand.sees_line("1", COLA))
    hand.close_bin()
    hand.sees_sent()
    assert shop.counted(stocktake, "A-01-1") == COUNT
    assert shop.scans(stocktake) == [TEA, TEA, TEA_CARTON, COLA]


def test_a_scanner_counts_the_same_wherever_the_focus_is(take: Take, shop: Shop, stocktake: int) -> None:
    hand = take(stocktake)
    hand.wedge(shop.label("A-01-2"))
    hand.sees_open("A-01-2")
    for focus, code in (("undo", TEA), ("back", TEA), ("sync", TEA_CARTON), ("close-bin", COLA)):
        hand.page.focus(hand.part(focus))
        hand.type(code)
    hand.sees_line("26", TEA_CARTON)
    hand.close_bin()
    hand.sees_sent()
    assert shop.counted(stocktake, "A-01-2") == COUNT
    assert shop.scans(stocktake) == [TEA, TEA, TEA_CARTON, COLA]


def test_the_keypad_alone_counts_the_same(take: Take, shop: Shop, stocktake: int) -> None:
    hand = take(stocktake)
    hand.choose_bin("A-01-3")
    hand.sees_open("A-01-3")
    hand.key_in_code(TEA)
    hand.sees_line("1", TEA)
    hand.set_quantity(TEA, "2")
    hand.sees_line("2", TEA)
    hand.key_in_code(TEA_CARTON)
    hand.sees_line("26", TEA_CARTON)
    hand.key_in_code(COLA)
    hand.close_bin()
    hand.sees_sent()
    assert shop.counted(stocktake, "A-01-3") == COUNT


def test_a_code_that_stays_before_the_camera_counts_once_and_again_after_it_left(
    take: Take, shop: Shop, stocktake: int
) -> None:
    hand = take(stocktake)
    hand.start_camera()
    hand.show(qr(shop.label("A-01-1")), lambda: hand.sees_open("A-01-1"))
    hand.show(ean13(TEA), lambda: hand.page.wait_for_timeout(2_500))
    hand.sees_line("1", TEA)
    hand.show(ean13(TEA), lambda: hand.sees_line("2", TEA))
    hand.sees_sent()
    assert shop.scans(stocktake) == [TEA, TEA]


def test_a_mistyped_number_is_doubted_before_it_counts(take: Take, shop: Shop, stocktake: int) -> None:
    hand = take(stocktake)
    hand.choose_bin("A-01-3")
    hand.key_in_code(TEA[:-1] + str((int(TEA[-1]) + 1) % 10))
    hand.sees("keypad-hint", '[data-tone="refused"]')
    hand.tap("keypad-cancel")
    hand.sees_sent()
    assert shop.scans(stocktake) == []


def test_chromiums_own_camera_reads_a_film(
    browser_type: BrowserType, server: Server, shop: Shop, stocktake: int, tmp_path: Path
) -> None:
    film_path = film(tmp_path / "camera.mjpeg", [qr(shop.label("A-01-1")), ean13(COLA)])
    arguments = [*CHROMIUM_ARGS, f"--use-file-for-fake-video-capture={film_path}"]
    with browser_type.launch(executable_path=CHROMIUM, args=arguments) as browser:
        page = browser.new_context(**PHONE, locale="zh-CN").new_page()
        sign_in(page, server.url, "worker", PASSWORD)
        page.goto(scan_page(server, stocktake))
        hand = Handset(page)
        hand.start_camera()
        hand.sees_open("A-01-1")
        hand.sees_line("1", COLA)
        hand.sees("question", "[open]")  # the film began again with the label of the open bin
        hand.tap("question-ok")
        hand.sees_sent()
    assert shop.scans(stocktake) == [COLA]


@pytest.mark.parametrize(("refusal", "trouble"), [("NotAllowedError", "denied"), ("NotFoundError", "none")])
def test_a_camera_that_cannot_be_had_says_why_and_offers_the_next_rung(
    take: Take, shop: Shop, stocktake: int, refusal: str, trouble: str
) -> None:
    hand = take(stocktake, refusal=refusal)
    hand.tap("start-camera")
    hand.sees("trouble", f'[data-trouble="{trouble}"]')
    with hand.page.expect_file_chooser():
        hand.tap("trouble-photo")
    hand.wedge(shop.label("A-01-1"))
    hand.sees_open("A-01-1")
    assert hand.camera
    hand.camera.refuse(hand.page, None)
    hand.tap("trouble-retry")
    hand.show(ean13(TEA), lambda: hand.sees_line("1", TEA))


# --- mistakes and questions -------------------------------------------------------------------------------------------


def test_one_tap_takes_the_last_scan_back(take: Take, shop: Shop, stocktake: int) -> None:
    hand = take(stocktake)
    hand.choose_bin("A-01-1")
    for code in (TEA, TEA, TEA_CARTON):
        hand.wedge(code)
    hand.sees_line("26")
    hand.tap("undo")
    hand.sees_line("2")
    hand.tap("undo")
    hand.sees_line("1")
    hand.sees_sent()
    hand.sees_line("1")
    assert len(shop.scans(stocktake, "undo")) == 2


def test_an_unknown_code_is_shown_to_a_person_while_work_goes_on(take: Take, stocktake: int) -> None:
    hand = take(stocktake)
    hand.choose_bin("A-01-1")
    hand.wedge(UNKNOWN)
    hand.sees("line", f'[data-raw="{UNKNOWN}"][data-state="trouble"]')
    hand.wedge(TEA)
    hand.sees("line", f'[data-raw="{TEA}"][data-state="sent"]')
    hand.sees_sent()
    assert hand.page.get_attribute("#parked-text", "data-count") == "1"
    hand.tap("sync")
    hand.sees("parked-row")
    hand.tap("outbox-close")
    hand.tap("line", f'[data-raw="{UNKNOWN}"]')
    with hand.page.expect_file_chooser() as choosing:
        hand.tap("keypad-photo")
    choosing.value.set_files({"name": "it.png", "mimeType": "image/png", "buffer": as_bytes(ean13(UNKNOWN))})
    hand.sees("said", '[data-tone="ok"]:has-text("照片")')


def test_a_bin_that_somebody_counts_is_not_opened_unasked(take: Take, shop: Shop, stocktake: int) -> None:
    first, second = take(stocktake), take(stocktake, login="worker2")
    first.wedge(shop.label("A-01-4"))
    first.sees_open("A-01-4")
    first.sees_sent()
    second.page.reload()
    second.sees("bin", '[data-code="A-01-4"][data-state="open"]')
    second.wedge(shop.label("A-01-4"))
    second.sees("question", "[open]")
    assert "王师傅" in second.text("question-title")
    second.tap("question-cancel")
    second.sees("bins")


def test_a_phone_that_lost_its_memory_goes_on_with_its_count_unasked(
    take: Take,
    new_context: Callable[..., BrowserContext],
    cookies_of: Callable[[str], StorageState],
    shop: Shop,
    server: Server,
    stocktake: int,
) -> None:
    hand = take(stocktake)
    hand.wedge(shop.label("A-01-4"))
    hand.wedge(TEA)
    hand.sees_line("1", TEA)
    hand.sees_sent()
    page = new_context(**PHONE, storage_state=cookies_of("worker")).new_page()
    page.goto(scan_page(server, stocktake))
    again = Handset(page)
    again.sees("bin", '[data-code="A-01-4"][data-state="open"]')
    again.wedge(shop.label("A-01-4"))
    again.sees_open("A-01-4")
    again.wedge(TEA)
    again.sees_line("2", TEA)


@pytest.mark.parametrize(("locale", "start"), [("zh-CN", "打开摄像头"), ("en-GB", "Start camera")])
def test_the_page_speaks_the_language_of_the_phone(take: Take, stocktake: int, locale: str, start: str) -> None:
    hand = take(stocktake, locale=locale)
    assert hand.text("start-camera") == start
    before = hand.page.inner_text("main")
    hand.choose_bin("A-01-2")
    hand.wedge(TEA)
    hand.sees("line", '[data-state="sent"]')
    assert "冰红茶" in hand.text("said")
    is_chinese = not re.search("[A-Za-z]{3,}", before + hand.page.inner_text("main"))
    assert is_chinese == (locale == "zh-CN")


# --- without network, without server ----------------------------------------------------------------------------------


def test_scans_made_without_network_are_delivered_once_when_it_is_back(take: Take, shop: Shop, stocktake: int) -> None:
    hand = take(stocktake)
    hand.page.context.set_offline(True)
    hand.wedge(shop.label("A-01-1"))
    for code in (TEA, COLA, TEA):
        hand.wedge(code)
    hand.sees_line("2", TEA)
    hand.sees_unsent(4)
    assert shop.scans(stocktake) == []
    hand.page.context.set_offline(False)
    hand.sees_sent()
    assert shop.scans(stocktake) == [TEA, COLA, TEA]


def test_an_answer_that_gets_lost_doubles_nothing(take: Take, shop: Shop, stocktake: int) -> None:
    hand = take(stocktake)
    lost: list[int] = []

    def lose_first(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort()

    hand.page.route("**/api/v1/scans", lose_first)
    hand.choose_bin("A-01-1")
    hand.wedge(TEA)
    hand.sees_line("1", TEA)
    hand.sees_sent()
    assert lost == [200]
    assert shop.scans(stocktake) == [TEA]


def test_a_server_killed_while_somebody_scans_loses_and_doubles_nothing(
    take: Take, shop: Shop, server: Server, stocktake: int
) -> None:
    hand = take(stocktake)
    hand.choose_bin("A-01-2")
    made = [TEA, COLA] * 6
    for number, code in enumerate(made):
        if number == 5:
            server.kill()
        hand.wedge(code)
    hand.sees_line("6", TEA)
    server.process = start_server(server.instance, int(server.url.rsplit(":", 1)[1]))
    hand.wedge(TEA)
    hand.sees_line("7", TEA)
    hand.sees_sent()
    assert shop.scans(stocktake) == [*made, TEA]


def test_a_phone_that_restarts_goes_on_where_it_was(take: Take, shop: Shop, server: Server, stocktake: int) -> None:
    hand = take(stocktake)
    hand.page.route("**/api/v1/scans", lambda route: route.abort())
    hand.choose_bin("A-01-3")
    hand.wedge(TEA)
    hand.wedge(TEA_CARTON)
    hand.sees_unsent(3)
    hand.page.close()
    page = hand.page.context.new_page()
    page.goto(scan_page(server, stocktake))
    again = Handset(page)
    again.sees_open("A-01-3")
    again.sees_line("25", TEA_CARTON)
    again.sees_sent()
    assert shop.scans(stocktake) == [TEA, TEA_CARTON]


def test_whoever_was_signed_out_keeps_every_scan_until_signed_in_again(
    take: Take, shop: Shop, server: Server, stocktake: int
) -> None:
    hand = take(stocktake)
    hand.choose_bin("A-01-1")
    hand.sees_open("A-01-1")
    hand.sees_sent()
    hand.page.context.clear_cookies(name=re.compile("zhangshi$"))
    hand.wedge(TEA)
    hand.sees("signed-out")
    hand.sees_unsent(1)
    hand.page.tap(hand.part("signed-out", " a"))
    hand.page.fill("input[name=login]", "worker")
    hand.page.fill("input[name=password]", PASSWORD)
    hand.page.click("form .btn-primary")
    hand.page.wait_for_url(scan_page(server, stocktake))
    hand.sees_sent()
    hand.sees_line("1", TEA)
    assert shop.scans(stocktake) == [TEA]
