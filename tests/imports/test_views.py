"""Pages of imports: from the upload to the shelves, by a process of its own; files that cannot be read say why."""

import io
import re
import time
from collections.abc import Callable

import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.imports.kinds import KINDS, PAGES
from tests.conftest import SignIn

LONGEST_WAIT = 60


@pytest.fixture
def owner(sign_in: SignIn) -> FlaskClient:
    """A client who may import everything."""
    return sign_in("owner")


def _upload(client: FlaskClient, content: bytes, name: str, kind: str = "items") -> str:
    answer = client.post("/imports/new", data={"kind": kind, "file": (io.BytesIO(content), name)})
    assert answer.status_code == 303
    return str(answer.location)


def _wait(client: FlaskClient, address: str, state: str) -> str:
    deadline = time.monotonic() + LONGEST_WAIT
    while state not in (page := client.get(address).text):
        assert time.monotonic() < deadline, page
        time.sleep(0.2)
    return page


def _book(fill: Callable[[xlsxwriter.workbook.Worksheet], object]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        fill(book.add_worksheet())
    return buffer.getvalue()


def test_a_file_goes_from_the_upload_to_the_list_of_items(owner: FlaskClient) -> None:
    def fill(sheet: xlsxwriter.workbook.Worksheet) -> None:
        sheet.merge_range(2, 0, 2, 3, "Goods of 2026")
        for number, row in {4: ("name", "barcode", "mine"), 7: ("Cola", "6901234567892"), 9: ("Tea", "6901")}.items():
            sheet.write_row(number, 0, row)

    address = _upload(owner, _book(fill), "goods.xlsx")
    page = owner.get(address).text
    chosen = {"column_name": "0", "column_barcode": "1"}
    assert all(re.search(rf'name="{name}".*?selected[^>]*value="{n}"', page, re.DOTALL) for name, n in chosen.items())
    assert "Goods of 2026" not in page
    every = dict.fromkeys(re.findall(r'name="(column_\w+)"', page), "-1") | chosen
    assert owner.post(f"{address}/columns", data=every | {"heading": "x"}).status_code == 400
    assert owner.post(f"{address}/columns", data=every | {"heading": "4"}).status_code == 303
    assert "Take over 2 rows" in _wait(owner, address, ">checked<")
    assert owner.post(f"{address}/apply").status_code == 303
    assert '<a href="/items/">2</a>' in _wait(owner, address, ">taken over<")
    assert all(name in owner.get("/items/").text for name in ("Cola", "Tea"))


def test_a_file_that_cannot_be_read_says_why_and_can_be_discarded(owner: FlaskClient) -> None:
    corner = _book(lambda sheet: (sheet.write(0, 0, "name"), sheet.write(1_048_575, 16_383, "x")))
    for content, name, reason in (
        (corner, "a.xlsx", "too large"),
        (b"", "a.csv", "nothing"),
        (b"%PDF", "a.pdf", "XLSX"),
    ):
        address = _upload(owner, content, name)
        assert reason in owner.get(address).text
        assert owner.post(f"{address}/discard").status_code == 303
        assert "discarded" in owner.get(address).text


def test_an_empty_cell_is_named_in_the_readers_language(owner: FlaskClient) -> None:
    address = _upload(owner, b"name,barcode\nCola,6901234567892\n,6902083881405\n", "goods.csv")
    every = dict.fromkeys(re.findall(r'name="(column_\w+)"', owner.get(address).text), "-1")
    owner.post(f"{address}/columns", data=every | {"column_name": "0", "column_barcode": "1", "heading": "0"})
    assert "“Item name” is empty." in _wait(owner, address, ">checked<")
    owner.post("/language", data={"locale": "zh"})
    assert "“商品名称”为空。" in owner.get(address).text


def test_a_required_column_that_is_missing_is_asked_for_where_the_others_were_chosen(owner: FlaskClient) -> None:
    address = _upload(owner, b"name,barcode,cost\nCola,6901234567892,3\n", "goods.csv")
    every = dict.fromkeys(re.findall(r'name="(column_\w+)"', owner.get(address).text), "-1")
    owner.post("/language", data={"locale": "zh"})
    answer = owner.post(f"{address}/columns", data=every | {"column_purchase_price": "2", "heading": "0"})
    assert answer.status_code == 400
    assert "文件缺少列：商品名称。" in answer.text
    chosen = r'name="column_purchase_price".*?<option selected value="2">'
    assert re.search(chosen, answer.text, re.DOTALL)


@pytest.mark.parametrize(
    ("kind", "content", "place"),
    [
        ("suppliers", "name\nTea & Co\n", "/partners/?role=supplier"),
        ("customers", "name\nCorner Shop\n", "/partners/?role=customer"),
        ("opening-cash", "account,amount\ncash,100\n", "/stock/postings/1"),
    ],
)
def test_what_was_taken_over_opens_to_what_it_became(owner: FlaskClient, kind: str, content: str, place: str) -> None:
    address = _upload(owner, content.encode(), f"{kind}.csv", kind)
    matched = dict(
        re.findall(
            r'<select[^>]*name="(column_\w+)".*?selected[^>]*value="(-?\d+)"', owner.get(address).text, re.DOTALL
        )
    )
    assert owner.post(f"{address}/columns", data=matched | {"heading": "0"}).status_code == 303
    _wait(owner, address, ">checked<")
    assert owner.post(f"{address}/apply").status_code == 303
    page = _wait(owner, address, ">taken over<")
    assert f'<a href="{place}">1</a>' in page
    assert owner.get(place).status_code == 200


def test_every_kind_names_the_page_of_what_it_brings(app: Flask, owner: FlaskClient) -> None:
    assert set(PAGES) == set(KINDS)
    with app.test_request_context():
        places = {PAGES[kind](db.session(), "") for kind in ("items", "partners", "suppliers", "customers", "bins")}
    assert {owner.get(place).status_code for place in places} == {200}


@pytest.mark.parametrize("kind", ["items", "partners", "suppliers", "customers", "bins", "opening-stock"])
def test_every_kind_has_an_empty_sheet_with_its_headings(owner: FlaskClient, kind: str) -> None:
    assert owner.get(f"/imports/template/{kind}.xlsx").status_code == 200
