"""The report's filters, groups and files: what narrows it, what every number opens to, what leaves the house."""

import csv
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from python_calamine import load_workbook

from app.catalog.categories import add_category
from app.catalog.models import Item
from app.db import db
from app.stocktake.approval.rules import Choice, fingerprint
from app.stocktake.causes.rules import Place
from app.stocktake.models import Stocktake, StocktakeApproval
from app.stocktake.rules import Tolerance
from app.web.printing import PrintColumn, page_sizes, print_table
from tests.conftest import SignIn
from tests.stocktake.shop import COLA, NUTS, TEA, Shop, facts, now


@pytest.fixture
def counted(shop: Shop) -> int:
    """In review: tea −2 (−6.00) and cola −1 (−4.00) in the zone's first bin, tea +3 (+9.00) in a bin outside it."""
    inside, outside = shop.bins[0], shop.bins[2]
    shop.stock(shop.tea, inside, 10, 30)
    shop.stock(shop.cola, inside, 5, 20)
    shop.stock(shop.tea, outside, 4, 12)
    stocktake = shop.plan(inside, outside, tolerance=Tolerance(quantity=Decimal(2)))
    shop.counter(stocktake).count(inside, [(TEA, 8), (COLA, 4)])
    shop.counter(stocktake).count(outside, [(TEA, 7)])
    shop.finish(stocktake)
    return stocktake


def shown(client: FlaskClient, stocktake: int, **query: object) -> list[str]:
    """The keys of the lines that a report shows."""
    answer = client.get(f"/stocktakes/{stocktake}/report", query_string={"show": "all"} | query)
    assert answer.status_code == 200
    return re.findall(r'name="line" value="([\d-]+)=', answer.get_data(as_text=True))


def keys(shop: Shop) -> tuple[str, str, str]:
    inside, outside = shop.bins[0], shop.bins[2]
    return f"{inside}-{shop.tea}-0", f"{inside}-{shop.cola}-0", f"{outside}-{shop.tea}-0"


def test_every_filter_narrows_the_report(shop: Shop, counted: int, sign_in: SignIn) -> None:
    client, (tea, cola, far) = sign_in("manager"), keys(shop)
    counters = {place.bin: line.deciding for line in shop.report(counted).lines if (place := line.place)}
    first = counters[shop.bins[0]]
    assert first is not None
    assert shown(client, counted, zone=shop.zone) == [tea, cola]
    assert shown(client, counted, zone=shop.warehouse) == [far]
    assert shown(client, counted, bin=shop.bins[2]) == [far]
    assert shown(client, counted, counter=first.key.counter) == [tea, cola]
    assert shown(client, counted, beyond=1) == [far]
    assert shown(client, counted, least="6") == [tea, far]
    assert shown(client, counted, cause="misplaced") == [tea, far]
    assert shown(client, counted, category=0, q="可乐") == [cola]
    assert shown(client, counted, sort="-size") == [far, tea, cola]
    assert shown(client, counted, zone="nowhere", cause="nothing", least="much", page="x", size="7") == [tea, cola, far]


def test_no_order_tells_what_is_worth_more_to_who_may_not_see_values(shop: Shop, counted: int, sign_in: SignIn) -> None:
    with shop.write() as session:
        session.get_one(Stocktake, counted).blind = False

    def lines(role: str, sort: str) -> list[str]:
        asked = {"show": "all", "format": "csv", "sort": sort}
        answer = sign_in(role).get(f"/stocktakes/{counted}/report", query_string=asked)
        return [f"{row[0]} {row[2]}" for row in csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))]

    walked = lines("viewer", "")
    for sort in ("size", "-size", "-value"):
        assert lines("viewer", sort) == walked
        assert lines("manager", sort) != walked


def test_groups_stand_by_what_their_reader_may_see(shop: Shop, sign_in: SignIn) -> None:
    dear, cheap = shop.bins[0], shop.bins[2]
    shop.stock(shop.cola, dear, 5, 500)
    shop.stock(shop.tea, cheap, 10, 10)
    shop.stock(shop.nuts, cheap, 4, 4)
    stocktake = shop.plan(dear, cheap, blind=False)
    first, second = shop.counter(stocktake), shop.counter(stocktake)
    first.count(dear, [(COLA, 4)])
    second.count(cheap, [(TEA, 9), (NUTS, 3)])
    for role, order in (("manager", [first.id, second.id]), ("viewer", [second.id, first.id])):
        page = sign_in(role).get(f"/stocktakes/{stocktake}/report?by=counter").text
        assert list(dict.fromkeys(re.findall(r"counter=(\d+)", page))) == [str(each) for each in order]


def test_a_category_and_a_reason_narrow_the_report(shop: Shop, counted: int, sign_in: SignIn) -> None:
    client, (tea, cola, far) = sign_in("manager"), keys(shop)
    with shop.write() as session:
        item = session.get(Item, shop.cola)
        assert item is not None
        item.category_id = category = add_category(session, "饮料", None, shop.owner, now()).id
    shop.approve_line(counted, shop.bins[0], shop.tea, -2, reason="damaged")
    shop.approve_line(counted, shop.bins[0], shop.cola, -1)
    assert shown(client, counted, category=category) == [cola]
    assert shown(client, counted, category=0) == [tea, far]
    assert shown(client, counted, reason="damaged") == [tea]
    assert shown(client, counted, reason="none") == [cola]


@pytest.mark.parametrize("by", ["bin", "category", "counter", "reason"])
def test_each_group_opens_to_its_lines(shop: Shop, counted: int, sign_in: SignIn, by: str) -> None:
    client = sign_in("manager")
    shop.approve_line(counted, shop.bins[0], shop.tea, -2, reason="lost")
    page = client.get(f"/stocktakes/{counted}/report?by={by}").get_data(as_text=True)
    table = page[page.index("<tbody>") :]
    links = re.findall(r'href="([^"]*show=differences[^"]*)">(\d+)</a>', table)
    assert links
    for address, number in links:
        body = client.get(address.replace("&amp;", "&")).get_data(as_text=True)
        assert len(re.findall(r'name="line" value=', body)) == int(number), address


def test_a_count_that_somebody_else_set_right_is_told_of_its_counter(shop: Shop, counted: int, sign_in: SignIn) -> None:
    shop.recount(counted, Place(shop.bins[0], shop.tea, 0))
    shop.counter(counted).count(shop.bins[0], [(TEA, 10)], round=2)
    page = sign_in("manager").get(f"/stocktakes/{counted}/report?by=counter").get_data(as_text=True)
    [address] = re.findall(r'href="([^"]*corrected=\d+[^"]*)">1</a>', page)
    assert shown(sign_in("manager"), counted, corrected=re.findall(r"corrected=(\d+)", address)[0]) == [keys(shop)[0]]


def test_only_the_lines_shown_are_approved_and_only_as_they_were_seen(
    shop: Shop, counted: int, sign_in: SignIn
) -> None:
    client, address = sign_in("manager"), f"/stocktakes/{counted}"
    page = client.get(f"{address}/report?q=可乐").get_data(as_text=True)
    assert "Approve the 1 line shown" in page
    seen = re.findall(r'name="all" value="(\w+)"', page)[0]
    assert client.post(f"{address}/approve?show=to_approve", data={"all": seen}).status_code == 409
    done = client.post(f"{address}/approve?q=可乐", data={"all": seen, "reason": "lost", "note": "丢了"})
    assert (done.status_code, "%E5%8F%AF%E4%B9%90" in done.location) == (303, True)
    approvals = db.session.query(StocktakeApproval).all()
    assert [facts(each.difference, each.reason, each.note) for each in approvals] == [(-1, "lost", "丢了")]
    assert client.post(f"{address}/approve?q=可乐", data={"all": seen}).status_code == 409


def test_an_approval_among_lines_counts_none_beside_them(shop: Shop, counted: int) -> None:
    lines = shop.report(counted).lines
    tea = next(line for line in lines if line.place.item == shop.tea and line.can_approve)
    assert shop.approve(counted, Choice(seen_all=fingerprint([tea]), among={tea.place})) == 1
    assert shop.line(counted, shop.bins[0], shop.cola).can_approve


def test_what_was_typed_and_ticked_stays_when_an_approval_is_refused(shop: Shop, counted: int, sign_in: SignIn) -> None:
    client, (tea, cola, _) = sign_in("manager"), keys(shop)
    typed = {"line": [f"{tea}=-1", f"{cola}=-1"], "reason": "stolen", "note": "夜里"}
    answer = client.post(f"/stocktakes/{counted}/approve?show=differences&sort=item", data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert page.count(" checked") == 2
    assert 'value="夜里"' in page
    assert re.search(r'<option selected value="stolen"', page)
    assert "/report?show=differences&amp;sort=" in page  # its links lead to the report again
    assert "/approve?show=differences&amp;sort=item" in page
    for wrong in ({"note": "x" * 201}, {"reason": "no such reason"}):
        answer = client.post(f"/stocktakes/{counted}/approve", data=typed | wrong)
        assert answer.status_code == 400
        assert answer.get_data(as_text=True).count(" checked") == 2


# --- files ------------------------------------------------------------------------------------------------------------


def sheet(client: FlaskClient, stocktake: int, **query: str) -> list[list[Any]]:
    answer = client.get(
        f"/stocktakes/{stocktake}/report", query_string={"show": "all", "format": "xlsx", "sort": "item"} | query
    )
    return load_workbook(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()


def test_the_files_hold_decisions_causes_reasons_and_notes(shop: Shop, counted: int, sign_in: SignIn) -> None:
    shop.approve_line(counted, shop.bins[0], shop.tea, -2, reason="damaged", note="压坏")
    client = sign_in("manager")
    line = f"/stocktakes/{counted}/lines/{keys(shop)[0]}/notes"
    assert client.post(line, data={"text": "箱子破了"}).status_code == 303
    heading, *rows = sheet(client, counted, q="A-1 冰红茶")
    [tea] = [dict(zip(heading, row, strict=True)) for row in rows]
    assert (tea["Decision"], tea["Reason"], tea["Zone"]) == ("approved", "Damaged or spoiled", "Z1")
    assert "压坏" in tea["Notes"]
    assert "箱子破了" in tea["Notes"]
    assert "A-3" in tea["Likely cause"]
    assert tea["Approved by"]
    assert tea["Own count"] == "No"


def test_the_csv_opens_in_a_spreadsheet_with_plain_numbers_and_no_live_formula(
    shop: Shop, counted: int, sign_in: SignIn
) -> None:
    with shop.write() as session:
        item = session.get(Item, shop.cola)
        assert item is not None
        item.name = '=HYPERLINK("http://bad")'
    answer = sign_in("manager").get(f"/stocktakes/{counted}/report?show=all&format=csv&sort=item")
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    heading, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    lines = [dict(zip(heading, row, strict=True)) for row in rows]
    assert [(row["Difference"], row["Value"]) for row in lines] == [("-1", "-4"), ("-2", "-6"), ("3", "9")]
    assert lines[0]["Item"].startswith("'=")


def words_of(pdf: bytes) -> list[str]:
    """The words on all pages of a PDF, a cell each."""
    return [word for page in PdfReader(io.BytesIO(pdf)).pages for word in page.extract_text().splitlines()]


def test_the_pdf_has_lines_to_sign_and_hides_values_from_who_may_not_see_cost(
    shop: Shop, counted: int, sign_in: SignIn
) -> None:
    def pdf(client: FlaskClient) -> list[str]:
        answer = client.get(f"/stocktakes/{counted}/report?show=all&format=pdf")
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        return words_of(answer.data)

    words = pdf(sign_in("manager"))
    for word in ("Approved by", "Counted by", "Date", "Page 1 of 1", "-6.00", "A-3", "冰红茶"):
        assert word in words
    shop.approve_all(counted)
    shop.recount(counted, Place(shop.bins[2], shop.tea, 0))
    shop.counter(counted).count(shop.bins[2], [(TEA, 7)], round=2)
    shop.finish(counted)
    shop.approve_all(counted)
    shop.post(counted)
    assert "-6.00" not in pdf(sign_in("viewer"))
    assert "第 1 页，共 1 页" in pdf(sign_in("manager", locale="zh"))


@pytest.mark.parametrize("count", [0, 1, 27, 28, 29, 34, 60, 3000])
def test_every_row_has_a_place_on_some_page_and_the_last_page_room_to_sign(count: int) -> None:
    sizes = page_sizes(count)
    assert sum(sizes) == count
    assert max(sizes) <= 36
    assert sizes[-1] <= 29


def test_a_long_report_is_printed_with_every_page_numbered() -> None:
    columns = [PrintColumn("Item", 3), PrintColumn("Difference", 1, is_right=True)]
    rows = [(f"冰红茶 {number}", "-2") for number in range(200)]
    pdf = print_table(
        title="Differences",
        facts=["State: In review"],
        columns=columns,
        rows=rows,
        count=len(rows),
        signatures=["Counted by"],
        page_of=lambda page, pages: f"Page {page} of {pages}",
    )
    pages = len(page_sizes(200))
    words = words_of(pdf)
    assert [f"Page {number} of {pages}" for number in range(1, pages + 1)] == [w for w in words if w[:5] == "Page "]
    assert [word for word in words if word.startswith("冰红茶")] == [name for name, _ in rows]
    assert words.count("Counted by") == 1
