"""Each likely cause on a line's page: its evidence, and one action that works, for who may take it."""

import re
from collections.abc import Sequence

import pytest
from flask.testing import FlaskClient

from app.imports.service import add_import
from app.places.models import Location
from app.places.rules import LocationKind
from tests.conftest import SignIn
from tests.stocktake.shop import COLA, NUTS, TEA, TEA_CARTON, Shop, now


def review(shop: Shop, counted: Sequence[tuple[str, int | str]], *, strange: str | None = None) -> int:
    """A stocktake of the first bin in review: 12 tea and 6 cola in the books."""
    bin_id = shop.bins[0]
    shop.stock(shop.tea, bin_id, 12, 36)
    shop.stock(shop.cola, bin_id, 6, 24)
    stocktake = shop.plan(bin_id)
    counter = shop.counter(stocktake)
    counter.open(bin_id)
    if strange:
        counter.scan(bin_id, strange)
    for code, quantity in counted:
        counter.set(bin_id, code, str(quantity))
    counter.close(bin_id)
    shop.finish(stocktake)
    return stocktake


def page(client: FlaskClient, shop: Shop, stocktake: int, item: int) -> str:
    answer = client.get(f"/stocktakes/{stocktake}/lines/{shop.bins[0]}-{item}-0")
    assert answer.status_code == 200
    found = re.search(r'aria-labelledby="causes-title".*?</section>', answer.get_data(as_text=True), re.DOTALL)
    return found.group() if found else ""


def test_a_digit_slip_is_recounted_with_one_press(shop: Shop, sign_in: SignIn) -> None:
    stocktake = review(shop, [(TEA, 21), (COLA, 6)])
    client = sign_in("manager")
    causes = page(client, shop, stocktake, shop.tea)
    assert causes.count("<button") == 1
    [line] = re.findall(r'name="line" value="([\d-]+)"', causes)
    assert client.post(f"/stocktakes/{stocktake}/recount", data={"line": line}).status_code == 303
    assert shop.line(stocktake, shop.bins[0], shop.tea).awaits_recount
    assert "<button" not in page(client, shop, stocktake, shop.tea)


def test_goods_still_on_the_dock_open_their_moves(shop: Shop, sign_in: SignIn) -> None:
    with shop.write() as session:
        dock = Location(kind=LocationKind.DOCK, code="W1-IN", parent_id=shop.warehouse, warehouse_id=shop.warehouse)
        session.add(dock)
        session.flush()
        dock_id = dock.id
    shop.stock(shop.tea, dock_id, 5, 15)
    stocktake = review(shop, [(TEA, 17), (COLA, 6)])
    client = sign_in("manager")
    causes = page(client, shop, stocktake, shop.tea)
    assert "5 of it in W1-IN" in causes
    address = re.findall(r'href="(/stock/moves[^"]*)"', causes)[0].replace("&amp;", "&")
    assert "W1-IN" in client.get(address).get_data(as_text=True)


def test_a_code_on_the_wrong_pack_opens_the_packs(shop: Shop, sign_in: SignIn) -> None:
    bin_id = shop.bins[0]
    shop.stock(shop.tea, bin_id, 1, 3)
    stocktake = shop.plan(bin_id)
    counter = shop.counter(stocktake)
    counter.open(bin_id)
    counter.scan(bin_id, TEA_CARTON)
    counter.close(bin_id)
    shop.finish(stocktake)
    causes = page(sign_in("manager"), shop, stocktake, shop.tea)
    assert TEA_CARTON in causes
    assert f'href="/items/{shop.tea}#packs"' in causes


def test_scans_that_wait_are_opened_by_who_may_decide_about_them(shop: Shop, sign_in: SignIn) -> None:
    stocktake = review(shop, [(TEA, 9), (COLA, 6)], strange="NOBODY-KNOWS-IT")
    client = sign_in("manager")
    address = re.findall(r'href="(/scans/[^"]*)"', page(client, shop, stocktake, shop.tea))[0]
    assert "NOBODY-KNOWS-IT" in client.get(address).get_data(as_text=True)
    assert "/scans/" not in page(sign_in("finance"), shop, stocktake, shop.tea)


def test_an_unfinished_import_is_opened(shop: Shop, sign_in: SignIn) -> None:
    with shop.write() as session:
        number = add_import(session, "opening-stock", "期初.xlsx", shop.owner, now()).id
    stocktake = review(shop, [(TEA, 12), (COLA, 6), (NUTS, 2)])
    assert f'href="/imports/{number}"' in page(sign_in("manager"), shop, stocktake, shop.nuts)


@pytest.mark.parametrize("role", ["finance", "manager"])
def test_whole_packs_show_the_packs_beside_the_recount(shop: Shop, sign_in: SignIn, role: str) -> None:
    stocktake = review(shop, [(TEA, 36), (COLA, 6)])
    causes = page(sign_in(role), shop, stocktake, shop.tea)
    assert "1 pack of 24" in causes
    assert f'href="/items/{shop.tea}#packs"' in causes
    assert "Have it recounted" in causes
