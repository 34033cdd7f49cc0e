"""A spot count from the start page: two taps and a label, and the bin is open; closed, it posts itself."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import PHONE, served, sign_in
from tests.browser.handset import Handset
from tests.browser.shop import PASSWORD, Shop, goods, gtin

BIN = "A-01-1"
TEA = gtin("690000000201")


def test_a_worker_counts_a_bin_at_once_and_it_posts_itself(
    new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    shop = Shop([goods("冰红茶", "瓶", TEA)], {BIN: {TEA: (2, "6")}})
    with served(tmp_path, shop.fill) as server:
        page = new_context(**PHONE).new_page()
        phone = Handset(page)
        sign_in(page, server.url, "worker", PASSWORD)
        page.tap('a[href="/spot"]')
        expect(page.locator("#code")).to_be_focused()
        phone.type(shop.label(BIN))
        page.wait_for_url("**/scan")
        phone.sees_open(BIN)
        for amount in ("1", "2"):
            phone.wedge(TEA)
            phone.sees_line(amount, TEA)
        phone.close_bin()
        phone.sees_sent()
        page.goto(f"{server.url}/stocktakes/1")
        expect(page.locator("h1")).to_contain_text("Posted")
        assert shop.breaches() == []
