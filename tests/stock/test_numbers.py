"""Every number on a stock page opens to the rows it comes from, for those who may see them."""

import re
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from app.catalog.rules import ItemDraft
from app.catalog.service import add_item
from app.company.rules import AccountRole
from app.db import db
from app.ledger.facts import CountFact, MoveFact, RevaluationFact
from app.ledger.queries import costs
from app.ledger.service import post
from app.places.rules import End
from tests.conftest import SignIn
from tests.stock.conftest import START, TODAY, Shop
from tests.stock.test_views import counted, sheet

# Sums of the rows below them on the same page, and the entries of a posting, which are the rows.
IS_ROW = {"Balance after", "On hand after", "Value after", "Average cost after", "Debit", "Credit"}
NUMBERS = ("cell-quantity", "cell-money", "cell-price", "cell-signed")


class Numbers(HTMLParser):
    """The cells of numbers on a page, and the figures on its panels: what each is called, says and opens."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str | None]] = []
        self._name, self._text = "", ""
        self._link: str | None = None
        self._inside, self._in_figures, self._in_name = "", False, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a cell, a figure or its link."""
        given = {name: value or "" for name, value in attrs}
        is_number = tag == "td" and any(each in given.get("class", "").split() for each in NUMBERS)
        if tag == "dl":
            self._in_figures = "figures" in given.get("class", "")
        if tag == "dt":
            self._name, self._in_name = "", True
        if is_number or (tag == "dd" and self._in_figures):
            self._inside, self._text, self._link = tag, "", None
            self._name = given.get("data-label", self._name)
        if tag == "a" and self._inside:
            self._link = given.get("href")

    def handle_endtag(self, tag: str) -> None:
        """Keep what ended."""
        if tag == "dt":
            self._in_name = False
        if tag == self._inside and tag:
            self.found.append((self._name, self._text.strip(), self._link))
            self._inside = ""

    def handle_data(self, data: str) -> None:
        """Hear what a cell says, or what the next figure is called."""
        if self._in_name:
            self._name += data
        if self._inside:
            self._text += data


def numbers(client: FlaskClient, address: str) -> list[tuple[str, str, str | None]]:
    """Return the numbers on a page: name, text, address."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    reader = Numbers()
    reader.feed(answer.text.split("<main", 1)[1])
    return [each for each in reader.found if re.search(r"\d", each[1])]


def change(shop: Shop, key: str, *, amount: str) -> None:
    """Change what tea is worth without moving any."""
    with shop.write() as session:
        fact = RevaluationFact(shop.tea, Decimal(amount), account=AccountRole.COST_OF_SALES)
        post(session, "test", key, revaluations=[fact], by=shop.by, effective_on=TODAY, now=START + timedelta(hours=12))


def take_to_quarantine(shop: Shop, quantity: str) -> None:
    """Move tea from A-1 to where nothing is available."""
    fact = MoveFact(shop.tea, Decimal(quantity), shop.places["A-1"], shop.places["W1-QC"], START + timedelta(hours=2))
    with shop.write() as session:
        now = START + timedelta(hours=12)
        post(session, "test", "quarantine", [fact], by=shop.by, effective_on=TODAY, now=now)


@pytest.mark.parametrize("role", ["owner", "buyer", "viewer"])
def test_every_number_of_stock_opens_something_that_its_reader_may_see(sign_in: SignIn, shop: Shop, role: str) -> None:
    client = sign_in(role)
    seq = shop.move("6", shop.tea, "30", shop.places["A-1"], End.CUSTOMER)  # beyond book too
    addresses = [
        "/stock/",
        f"/stock/?warehouse={shop.places['W1']}",
        "/stock/bins",
        f"/stock/bins?item={shop.tea}",
        "/stock/lots",
        f"/stock/moves?item={shop.tea}",
        f"/stock/postings/{seq}",
        *([f"/stock/items/{shop.tea}/value"] if role != "viewer" else []),
        *(["/stock/beyond-book"] if role == "owner" else []),
    ]
    opened: set[str] = set()
    for address in addresses:
        found = numbers(client, address)
        assert found, address
        for name, text, link in found:
            assert link or name in IS_ROW, f"{address}: {name} {text} opens nothing"
            if link and link != "#list-body":
                opened.add(link)
    panel = client.get(f"/items/{shop.flour}").text.partition('aria-labelledby="stock-title"')[2]
    reader = Numbers()
    reader.feed(panel.partition("</section>")[0])
    assert {name for name, _, _ in reader.found} >= {"On hand", "Available"}
    assert all(link for _, text, link in reader.found if text != "–")
    opened |= {link for _, _, link in reader.found if link}
    for link in opened:
        assert client.get(link).status_code == 200, link


def test_available_opens_to_the_bins_that_make_it(sign_in: SignIn, shop: Shop) -> None:
    take_to_quarantine(shop, "3")
    viewer = sign_in("viewer")
    for warehouse in ("", f"?warehouse={shop.places['W1']}"):
        [(_, shown, link)] = [
            each
            for each in numbers(viewer, f"/stock/{warehouse}")
            if each[0] == "Available" and f"item={shop.tea}" in str(each[2])
        ]
        assert link is not None
        rows = sheet(viewer, f"{link}&")
        here = rows[0].index("On hand")
        assert sum(row[here] for row in rows[1:]) == int(shown)  # type: ignore[misc]  # numbers
        assert "W1-QC" not in [row[0] for row in rows]
    assert "W1-QC" in viewer.get(f"/stock/bins?item={shop.tea}").text
    assert "面粉" not in viewer.get(f"/stock/bins?item={shop.tea}").text
    assert viewer.get("/stock/bins?item=999").status_code == 404


def test_the_value_is_the_sum_of_the_rows_it_opens_to(sign_in: SignIn, shop: Shop) -> None:
    take_to_quarantine(shop, "3")
    shop.move("6", shop.tea, "4", shop.places["A-2"], End.CUSTOMER)
    change(shop, "dearer", amount="7.50")
    owner = sign_in("owner")
    rows = sheet(owner, f"/stock/items/{shop.tea}/value?")
    value, quantity = rows[0].index("Value"), rows[0].index("Quantity")
    cost = costs(db.session(), [shop.tea])[shop.tea]
    assert Decimal(str(sum(row[value] for row in rows[1:]))) == cost.value == Decimal("57.50")  # type: ignore[misc]  # a workbook's cells have no types
    assert sum(row[quantity] for row in rows[1:]) == cost.quantity == 25  # type: ignore[misc]  # a workbook's cells have no types
    assert len(rows) == 1 + 5  # within our own places nothing is worth more or less
    latest = rows[1]
    assert latest[rows[0].index("Reason")] == "revalued"
    assert [latest[rows[0].index(name)] for name in ("On hand after", "Value after", "Average cost after")] == [
        25,
        57.5,
        2.3,
    ]
    page = owner.get(f"/stock/items/{shop.tea}/value").text
    assert "57.50" in page
    assert "2.30" in page
    assert f"/stock/items/{shop.tea}/value" in owner.get(f"/items/{shop.tea}").text


def test_values_open_for_those_alone_who_may_see_cost(sign_in: SignIn, shop: Shop) -> None:
    address = f"/stock/items/{shop.tea}/value"
    for role in ("warehouse", "seller", "viewer"):
        client = sign_in(role)
        assert client.get(address).status_code == 403
        for page in ("/stock/", "/stock/bins", "/stock/lots", f"/items/{shop.tea}"):
            assert "/value" not in client.get(page).text
    assert sign_in("buyer").get("/stock/items/999/value").status_code == 404


def test_no_sum_tells_what_a_count_difference_was_worth(sign_in: SignIn, shop: Shop) -> None:
    fact = CountFact(shop.tea, shop.places["A-1"], Decimal(17), START + timedelta(hours=1), "line:1")
    with shop.write() as session:
        now = START + timedelta(hours=12)
        post(session, "stocktake", "count", counts=[fact], by=shop.by, effective_on=TODAY, now=now)
    address = f"/stock/items/{shop.tea}/value?"
    seen, hidden = sheet(sign_in("finance"), address), sheet(sign_in("buyer"), address)
    assert [row[seen[0].index("Value")] for row in seen[1:]] == [-6, 8, 10, 40]
    assert [row[hidden[0].index("Value")] for row in hidden[1:]] == ["", 8, 10, 40]
    assert {"Value after", "Average cost after"} <= set(seen[0])
    assert not {"Value after", "Average cost after"} & set(hidden[0])


def test_an_item_that_never_came_has_no_steps(sign_in: SignIn, shop: Shop) -> None:
    with shop.write() as session:
        salt = add_item(session, ItemDraft("盐", "袋"), shop.by, START).id
    page = sign_in("owner").get(f"/stock/items/{salt}/value").text
    assert "No goods of this item ever came or went." in page


def test_many_steps_take_as_many_statements_as_few(sign_in: SignIn, shop: Shop) -> None:
    owner, address = sign_in("owner"), f"/stock/items/{shop.flour}/value"
    owner.get(address)
    with counted() as few:
        owner.get(address)
    for number in range(7, 27):
        shop.move(str(number), shop.flour, "1", End.OPENING, shop.places["A-1"], lot=shop.fresh, value="3")
    with counted() as many:
        owner.get(address)
    assert len(few) == len(many)
