"""A count sheet is entered with the keyboard alone, on a phone and at a desk, and the live view follows it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect
from sqlalchemy import select

from app.db import transaction
from app.identity.models import User
from app.kernel.clock import utc_now
from app.kernel.owncode import OwnKind, make_own_code
from app.places.models import Location
from app.stocktake.sheets.service import print_sheets
from tests.browser.conftest import DESK, PHONE, served, sign_in
from tests.browser.shop import PASSWORD, Shop, goods, gtin

BIN = "A-01-1"
TEA, COLA, SOAP = gtin("690000000201"), gtin("690000000202"), gtin("690000000203")
CARTON = gtin("1690000000203")


@contextmanager
def open_shop(instance: Path) -> Iterator[tuple[Shop, str]]:
    items = [goods("冰红茶", "瓶", TEA), goods("可乐", "听", COLA), goods("香皂", "块", SOAP, CARTON)]
    shop = Shop(items, {BIN: {TEA: (10, "30"), COLA: (5, "10")}, "A-01-2": {SOAP: (3, "6")}})
    with served(instance, shop.fill) as server:
        yield shop, server.url


def print_one(shop: Shop, stocktake: int) -> str:
    """Print the sheet of the bin; return the code that stands on it."""
    with shop.inside(), transaction() as session:
        owner = session.scalars(select(User.id).where(User.login == "owner")).one()
        bin_id = session.scalars(select(Location.id).where(Location.code == BIN)).one()
        [sheet] = print_sheets(session, stocktake, [bin_id], owner, utc_now())
        return make_own_code(OwnKind.SHEET, sheet)


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
def test_a_sheet_is_entered_by_keyboard_alone(
    new_context: Callable[..., BrowserContext], tmp_path: Path, device: dict[str, object]
) -> None:
    with open_shop(tmp_path) as (shop, url):
        stocktake = shop.start_stocktake(BIN)
        code = print_one(shop, stocktake)
        context = new_context(**device)
        desk = context.new_page()
        sign_in(desk, url, "manager", PASSWORD)
        desk.goto(f"{url}/stocktakes/{stocktake}")
        expect(desk.locator("#live")).to_contain_text("0 / 1")

        page = context.new_page()
        page.goto(f"{url}/stocktakes/{stocktake}/sheets")
        keys = page.keyboard
        expect(page.locator("#code")).to_be_focused()
        keys.type(code)
        keys.press("Enter")
        page.wait_for_url("**/stocktakes/sheets/*")
        expect(page.locator("#counter")).to_be_focused()
        for _ in range(3):  # the third of the counters by name
            keys.press("ArrowDown")
        keys.press("Enter")
        expect(page.locator("#counted_at")).to_be_focused()
        keys.press("Enter")
        expect(page.locator("#line-0")).to_be_focused()
        keys.type("8")
        keys.press("Enter")
        keys.press("Enter")  # the second line stays empty
        expect(page.locator("#code-0")).to_be_focused()
        keys.type(CARTON)
        keys.press("Enter")
        keys.press("Enter")  # no lot
        keys.type("1")
        keys.press("Enter")
        expect(page.locator("#code-1")).to_be_focused()
        keys.press("Enter")  # nothing else was found
        expect(page.locator(".sheet-form .btn-primary")).to_be_focused()
        keys.press("Enter")
        expect(page.locator("#empty-lines input").first).to_be_focused()
        keys.press("Space")
        keys.press("Enter")
        keys.press("Enter")
        expect(page.locator(".sheet-form .btn-primary")).to_be_focused()
        keys.press("Enter")
        page.wait_for_url(f"**/stocktakes/{stocktake}/sheets")
        expect(page.locator(".notice")).to_be_visible()

        counted = shop.counted(stocktake, BIN)
        assert {counted[TEA], counted[COLA]} == {0, 8}
        assert counted[SOAP] == 24
        expect(desk.locator("#live")).to_contain_text("1 / 1")  # the manager's page heard of it by itself
