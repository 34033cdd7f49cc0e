"""Pages of stock: numbers open what is behind them, values are for those who may see cost."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import event

from app.db import db
from app.ledger.facts import CountFact
from app.ledger.service import post
from app.places.rules import End
from tests.conftest import SignIn
from tests.stock.conftest import START, TODAY, Shop


@pytest.fixture
def buyer(sign_in: SignIn) -> FlaskClient:
    """A client who sees cost and edits items."""
    return sign_in("buyer")


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements that run inside."""
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def sheet(client: FlaskClient, address: str) -> list[list[object]]:
    """Return the rows of an address's workbook."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"{address}format=xlsx").data))
    return [list(row) for row in book.get_sheet_by_index(0).to_python()]


def test_stock_is_listed_and_each_number_opens_its_moves(buyer: FlaskClient, shop: Shop) -> None:
    tea, a_1 = shop.tea, shop.places["A-1"]
    page = buyer.get("/stock/").text
    assert f"/stock/moves?item={tea}" in page
    assert "58.00" in page  # 29 of tea at 2
    assert "冰红茶" not in buyer.get("/stock/?stock=below").text
    assert "面粉" not in buyer.get(f"/stock/?q=bhc&warehouse={shop.places['W2']}").text
    bins = buyer.get("/stock/bins?q=A-1").text
    assert f"/stock/moves?item={tea}&amp;place={a_1}" in bins
    assert "40.00" in bins
    lots = buyer.get("/stock/lots").text
    assert "expired" in lots
    assert "旧" not in buyer.get("/stock/lots?q=新").text
    assert "新" not in buyer.get("/stock/lots?expiry=past").text


def test_values_are_hidden_from_who_may_not_see_cost(sign_in: SignIn, shop: Shop) -> None:
    seq = shop.move("6", shop.tea, "1", shop.places["A-1"], End.CUSTOMER)
    addresses = ("/stock/?", "/stock/bins?", "/stock/lots?", f"/stock/moves?item={shop.flour}&")
    for role, sees in (("finance", True), ("warehouse", False), ("viewer", False)):
        client = sign_in(role)
        for address in addresses:
            assert ("Value" in client.get(address).text) is sees, address
            assert ("Value" in sheet(client, address)[0]) is sees, address
        posting = client.get(f"/stock/postings/{seq}").text
        assert ("Value" in posting, "Money" in posting) == (sees, sees)


def test_what_a_count_difference_is_worth_is_for_who_may_see_it(sign_in: SignIn, shop: Shop) -> None:
    with shop.write() as session:
        fact = CountFact(shop.tea, shop.places["A-1"], Decimal(17), START + timedelta(hours=1), "line:1")
        now = START + timedelta(hours=12)
        seq = post(session, "stocktake", "count", counts=[fact], by=shop.by, effective_on=TODAY, now=now).seq
    for role, sees in (("owner", True), ("finance", True), ("buyer", False)):
        client = sign_in(role)
        assert ("6.00" in client.get(f"/stock/postings/{seq}").text) is sees
        rows = sheet(client, f"/stock/moves?item={shop.tea}&")
        worth = [row[rows[0].index("Value")] for row in rows[1:]]
        assert worth == [6 if sees else "", 8, 10, 40]


def test_moves_tell_document_way_change_and_balance(buyer: FlaskClient, shop: Shop) -> None:
    a_1 = shop.places["A-1"]
    seq = shop.move("6", shop.tea, "3", a_1, End.CUSTOMER)
    page = buyer.get(f"/stock/moves?item={shop.tea}&place={a_1}").text
    for shown in ("Moves of 冰红茶 in A-1", "A-1 → Customer", "−3", f"/stock/postings/{seq}", "17"):
        assert shown in page
    rows = sheet(buyer, f"/stock/moves?item={shop.tea}&place={a_1}&")
    assert [row[rows[0].index("Balance after")] for row in rows[1:]] == [17, 20]
    assert f'name="place" value="{a_1}"' in page  # a search stays with the place
    narrowed = sheet(buyer, f"/stock/moves?item={shop.tea}&q=Opening&")
    assert narrowed[0] == rows[0]
    assert "Balance after" not in buyer.get(f"/stock/moves?place={a_1}").text
    assert buyer.get("/stock/moves?item=999").status_code == 404
    assert buyer.get("/stock/moves").status_code == 200


def test_a_posting_is_shown_whole(buyer: FlaskClient, shop: Shop) -> None:
    seq = shop.move("6", shop.tea, "30", shop.places["A-1"], End.CUSTOMER)
    page = buyer.get(f"/stock/postings/{seq}").text
    for shown in ("beyond book", "老板", "1405", "A-1", "Customer"):
        assert shown in page
    assert buyer.get("/stock/postings/999").status_code == 404


def test_goods_beyond_book_are_for_who_approves(sign_in: SignIn, buyer: FlaskClient, shop: Shop) -> None:
    manager = sign_in("manager")
    assert "Everything is explained" in manager.get("/stock/beyond-book").text
    shop.move("6", shop.tea, "30", shop.places["A-1"], End.CUSTOMER)
    page = manager.get("/stock/beyond-book").text
    assert "10 瓶" in page
    assert "A-1" in page
    assert buyer.get("/stock/beyond-book").status_code == 403


def test_the_item_and_the_bin_show_what_lies_where(buyer: FlaskClient, shop: Shop) -> None:
    item = buyer.get(f"/items/{shop.tea}").text
    for shown in ("A-1", "A-2", "B-1", f"/stock/moves?item={shop.tea}&amp;place={shop.places['B-1']}"):
        assert shown in item
    place = buyer.get(f"/places/{shop.places['A-1']}").text
    for shown in ("冰红茶", "面粉", "旧", "7.5 kg"):
        assert shown in place
    assert "The books say that nothing lies here." in buyer.get(f"/places/{shop.places['A-3']}").text


def test_limits_of_a_warehouse_are_kept_and_shown(buyer: FlaskClient, sign_in: SignIn, shop: Shop) -> None:
    address, second = f"/stock/items/{shop.tea}/limits", shop.places["W2"]
    wrong = buyer.post(address, data={f"minimum_{second}": "viel"})
    assert wrong.status_code == 400
    assert 'value="viel"' in wrong.text
    assert buyer.post(address, data={f"minimum_{second}": "6"}).status_code == 303
    assert 'value="6"' in buyer.get(address).text
    assert "minimum 6, safety stock 0, on hand 4" in buyer.get(f"/items/{shop.tea}").text
    assert "at or below minimum" in buyer.get(f"/stock/?warehouse={second}").text
    assert sign_in("viewer").get(address).status_code == 403


def test_lists_take_as_many_statements_for_many_rows_as_for_few(buyer: FlaskClient, shop: Shop) -> None:
    addresses = ("/stock/?size=200", "/stock/bins?size=200", f"/stock/moves?item={shop.tea}", f"/items/{shop.tea}")

    def statements(address: str) -> int:
        with counted() as found:
            assert buyer.get(address).status_code == 200
        return len(found)

    before = [statements(address) for address in addresses]
    for number in range(6, 26):
        shop.move(str(number), shop.tea, "1", End.OPENING, shop.places[f"A-{number % 3 + 1}"], value="2")
    assert [statements(address) for address in addresses] == before


def test_empty_lists_say_what_to_do(buyer: FlaskClient) -> None:
    assert "Enter opening stock or receive the first goods." in buyer.get("/stock/").text
    assert "Nothing lies anywhere yet" in buyer.get("/stock/bins").text
    assert "No goods are kept by lot yet" in buyer.get("/stock/lots").text
    assert "Nothing was ever moved here." in buyer.get("/stock/moves").text


def test_the_start_page_tells_what_ran_low_and_what_moved_beyond_book(sign_in: SignIn, shop: Shop) -> None:
    manager, viewer = sign_in("manager"), sign_in("viewer")
    assert "Running low" not in manager.get("/").text
    shop.move("6", shop.tea, "30", shop.places["A-1"], End.CUSTOMER)
    page = manager.get("/").text
    assert "1 item is at or below its minimum" in page
    assert "Moved beyond book" in page
    assert "Running low" in viewer.get("/").text
    assert "Moved beyond book" not in viewer.get("/").text
