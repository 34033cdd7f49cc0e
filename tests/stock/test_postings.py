"""The page of one posting: its lines are a list, its totals are of all of them, and its money stands whole."""

from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from app.catalog.models import Item, Unit
from app.ledger.facts import CountFact, EntryFact, MoveFact
from app.ledger.service import post
from app.places.rules import End
from tests.conftest import SignIn
from tests.stock.conftest import START, TODAY, Shop
from tests.stock.test_views import counted, sheet

MANY = 3_000


@pytest.fixture
def buyer(sign_in: SignIn) -> FlaskClient:
    """A client who sees cost."""
    return sign_in("buyer")


def receive(shop: Shop, lines: int, key: str = "many") -> int:
    """Post so many lines at once, each of an item of its own worth 2; return the posting."""
    with shop.write() as session:
        unit = session.scalars(select(Unit)).first()
        assert unit is not None
        rows = [
            {"code": f"{key}{n:05}", "name": f"货{key}{n:05}", "unit_id": unit.id, "own_fields": {}}
            for n in range(lines)
        ]
        ids = list(session.scalars(insert(Item).returning(Item.id, sort_by_parameter_order=True), rows))
        moves = [
            MoveFact(item, Decimal(n % 7 + 1), End.OPENING, shop.places["A-1"], START, value=Decimal(2))
            for n, item in enumerate(ids)
        ]
        now = START + timedelta(hours=12)
        return post(session, "opening", key, moves, by=shop.by, effective_on=TODAY, now=now).seq


def count(shop: Shop) -> int:
    """Count 17 of the 20 tea in A-1 and all flour; return the posting."""
    hour = START + timedelta(hours=1)
    facts = [
        CountFact(shop.tea, shop.places["A-1"], Decimal(17), hour, "line:1"),
        CountFact(shop.flour, shop.places["A-1"], Decimal(3), hour, "line:2", lot=shop.old),
    ]
    with shop.write() as session:
        now = START + timedelta(hours=12)
        return post(session, "stocktake", "count", counts=facts, by=shop.by, effective_on=TODAY, now=now).seq


def test_thousands_of_lines_are_paged_searched_sorted_and_taken_along(buyer: FlaskClient, shop: Shop) -> None:
    address = f"/stock/postings/{receive(shop, MANY)}"
    first = buyer.get(address).text
    assert f"1–50 of {MANY}" in first
    assert first.count('data-label="Item"') == 50
    assert "货many00000" in first
    assert "货many00050" not in first
    assert "货many02999" in buyer.get(f"{address}?page=60").text
    assert "1–1 of 1" in buyer.get(f"{address}?q=MANY01234").text
    assert "货many02999" in buyer.get(f"{address}?sort=-item").text
    rows = sheet(buyer, f"{address}?")
    assert len(rows) == MANY + 1
    assert rows[1][0] == "货many00000"
    assert "Nothing found" in buyer.get(f"{address}?q=nothing-of-the-kind").text
    assert f"1–200 of {MANY}" in buyer.get(f"{address}?size=200", headers={"HX-Request": "true"}).text


def test_totals_are_of_all_lines_and_the_money_stands_whole(buyer: FlaskClient, shop: Shop) -> None:
    address = f"/stock/postings/{receive(shop, 120)}"
    for asked in ("", "?page=3", "?q=many00007"):
        page = buyer.get(address + asked).text
        assert "<dt>Lines</dt><dd>120</dd>" in page
        assert "<dt>Value received</dt><dd>240.00</dd>" in page
        assert "<dt>Value issued</dt><dd>0.00</dd>" in page
        assert "1405" in page
        assert "3104" in page
        assert "many" in page  # the key


def test_pages_out_of_range_are_the_nearest_one(buyer: FlaskClient, shop: Shop) -> None:
    address = f"/stock/postings/{receive(shop, 60)}"
    for asked, shown in (("999", "51–60 of 60"), ("0", "1–50 of 60"), ("-4", "1–50 of 60"), ("x", "1–50 of 60")):
        answer = buyer.get(f"{address}?page={asked}")
        assert answer.status_code == 200
        assert shown in answer.text


def test_many_lines_take_as_many_statements_as_few(buyer: FlaskClient, shop: Shop) -> None:
    def statements(seq: int) -> int:
        with counted() as found:
            assert buyer.get(f"/stock/postings/{seq}?size=200").status_code == 200
        return len(found)

    few, many = receive(shop, 2, "few"), receive(shop, 1_000)
    statements(few)
    assert statements(few) == statements(many)


def test_a_posting_of_counts_alone_lists_them(sign_in: SignIn, shop: Shop) -> None:
    hour = START + timedelta(hours=1)
    matching = [CountFact(shop.tea, shop.places["A-1"], Decimal(20), hour, "line:1")]
    with shop.write() as session:
        now = START + timedelta(hours=12)
        seq = post(session, "stocktake", "match", counts=matching, by=shop.by, effective_on=TODAY, now=now).seq
    page = sign_in("owner").get(f"/stock/postings/{seq}").text
    assert "Counts</h2>" in page
    assert "Goods" not in page.split("<main", 1)[1]
    assert "<dt>other than the books</dt><dd>0</dd>" in page


def test_a_posting_of_money_alone_draws_no_list(sign_in: SignIn, shop: Shop) -> None:
    amount = Decimal(5)
    money = [EntryFact("1001", debit=amount), EntryFact("3104", credit=amount)]
    with shop.write() as session:
        seq = post(session, "opening", "cash", entries=money, by=shop.by, effective_on=TODAY, now=START).seq
    page = sign_in("owner").get(f"/stock/postings/{seq}").text
    assert "Money</h2>" in page
    assert "list-body" not in page
    assert "Goods</h2>" not in page


def test_goods_and_counts_of_one_posting_are_two_lists(sign_in: SignIn, shop: Shop) -> None:
    owner, address = sign_in("owner"), f"/stock/postings/{count(shop)}"
    goods = owner.get(address).text
    assert "Goods</h2>" in goods
    assert "count difference" in goods
    assert f'href="{address}?lines=counts"' in goods
    counts = owner.get(f"{address}?lines=counts").text
    assert "<dt>Lines</dt><dd>2</dd>" in counts
    assert "<dt>other than the books</dt><dd>1</dd>" in counts
    assert '<input type="hidden" name="lines" value="counts">' in counts
    assert "1–1 of 1" in owner.get(f"{address}?lines=counts&result=differ").text
    rows = sheet(owner, f"{address}?lines=counts&")
    assert [row[rows[0].index("Counted qty")] for row in rows[1:]] == [17, 3]


def test_who_may_not_see_cost_sees_no_value_in_list_totals_or_workbook(sign_in: SignIn, shop: Shop) -> None:
    address = f"/stock/postings/{receive(shop, 3)}"
    viewer = sign_in("viewer")
    for asked in ("", "?sort=value", "?sort=-value"):
        page = viewer.get(address + asked).text
        assert "Value" not in page
        assert "Money" not in page
        assert page.index("货many00000") < page.index("货many00001")
    assert "Value" not in sheet(viewer, f"{address}?")[0]
