"""Count sheets: what is printed, that our own decoder reads it, and what becomes of what was written on them."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageDraw
from pypdf import PdfReader
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from app.catalog.queries import find_base_packs
from app.company.models import Company
from app.db import db
from app.ledger.verify import verify
from app.scanning.decode import decode
from app.scanning.models import Scan
from app.scanning.rules import ScanKind
from app.stock.labels.layout import DOT, Ink
from app.stocktake.causes.rules import Place
from app.stocktake.counting.rules import LineCount
from app.stocktake.models import Stocktake
from app.stocktake.rules import OwnCount
from app.stocktake.service import cancel
from app.stocktake.sheets.layout import HEIGHT, ROWS_A_PAGE, WIDTH, lay_out
from app.stocktake.sheets.models import StocktakeSheet, StocktakeSheetEntry
from app.stocktake.sheets.pdf import _words
from app.stocktake.sheets.queries import Sheet, SheetLine, find_sheet_id, read_sheets
from app.stocktake.sheets.rules import (
    AlreadyEntered,
    Counted,
    Entry,
    InstantWrong,
    NoSheetChosen,
    OwnRecount,
    SheetRefused,
    ensure_instant,
    summed,
)
from app.stocktake.sheets.service import enter, print_sheets
from tests.conftest import SignIn
from tests.stocktake.shop import COLA, TEA, TEA_CARTON, Shop, facts, now


@pytest.fixture
def stocktake(shop: Shop) -> int:
    """A stocktake of one bin with ten tea and five cola that began an hour ago."""
    shop.stock(shop.tea, shop.bins[0], 10, 30)
    shop.stock(shop.cola, shop.bins[0], 5, 20)
    number = shop.plan(shop.bins[0])
    with shop.write() as session:
        began = update(Stocktake).where(Stocktake.id == number).values(started_at=now() - timedelta(hours=1))
        session.execute(began)
    return number


@pytest.fixture
def sheet(shop: Shop, stocktake: int) -> int:
    """The printed sheet of its bin."""
    return printed(shop, stocktake, shop.bins[0])[0]


def printed(shop: Shop, stocktake: int, *bins: int) -> list[int]:
    with shop.write() as session:
        return print_sheets(session, stocktake, bins, shop.manager, now())


def entry(shop: Shop, sheet: int, counter: int, *, closes: bool = True, **counted: int) -> Entry:
    """What somebody counted a quarter of an hour ago."""
    db.session.remove()
    items = {name: getattr(shop, name) for name in counted}
    packs = find_base_packs(db.session(), items.values())
    lines = [Counted(packs[items[name]].pack_id, "", Decimal(number), name) for name, number in counted.items()]
    return Entry(uuid4(), sheet, counter, now() - timedelta(minutes=15), lines, closes)


def enter_it(shop: Shop, what: Entry, by: int | None = None) -> None:
    with shop.write() as session:
        enter(session, what, by or shop.manager, now())


# --- paper ------------------------------------------------------------------------------------------------------------


def paint(ink: Ink) -> bytes:
    """Return a page's rectangles as a photo of it, dot by dot."""
    image = Image.new("L", (round(WIDTH / DOT), round(HEIGHT / DOT)), 255)
    draw = ImageDraw.Draw(image)
    for x, y, width, height in ink.rects:
        left, bottom = round(x / DOT), image.height - round(y / DOT)
        draw.rectangle((left, bottom - round(height / DOT), left + round(width / DOT) - 1, bottom - 1), fill=0)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def read(session_sheet: int, stocktake: int) -> Sheet:
    db.session.remove()
    [found] = read_sheets(db.session(), stocktake, [session_sheet])
    return found


def test_our_own_decoder_reads_the_sheet_and_it_names_itself(
    app: Flask, shop: Shop, stocktake: int, sheet: int
) -> None:
    found = read(sheet, stocktake)
    with app.test_request_context():
        [page] = lay_out(found, _words())
    assert [symbol.text for symbol in decode(paint(page)).symbols] == [found.code]
    assert find_sheet_id(db.session(), found.code.lower()) == sheet
    assert find_sheet_id(db.session(), "ZSS000000100") is None


def test_a_long_sheet_goes_on_on_more_pages_and_each_says_which_it_is(app: Flask) -> None:
    line = SheetLine(1, 0, "SP1", "冰红茶" * 30, "500ml", "瓶", "L1", None, Decimal(7))
    sheet = Sheet(7, 1, "ST1", False, "W1", 1, "A-1", "", 2, "王师傅", [line] * (2 * ROWS_A_PAGE))
    with app.test_request_context():
        pages = lay_out(sheet, _words())
    said = [[text.text for text in page.lines] for page in pages]
    assert [any(f"{number} / 3" in text for text in texts) for number, texts in enumerate(said, 1)] == [True] * 3
    assert str(2 * ROWS_A_PAGE + 1) in said[2]  # the first blank line
    inside = [
        text.x >= 0 and text.x + text.width <= WIDTH and 5 <= text.y <= HEIGHT - 5 for p in pages for text in p.lines
    ]
    assert all(inside)


@pytest.mark.parametrize(("locale", "word"), [("zh", "盘点单"), ("en", "Count sheet")])
def test_the_pdf_speaks_the_language_of_whoever_prints_it_and_a_blind_one_says_no_quantity(
    shop: Shop, sign_in: SignIn, locale: str, word: str
) -> None:
    shop.stock(shop.tea, shop.bins[0], 8642, 30)
    client = sign_in("warehouse", locale=locale)
    for blind in (True, False):
        number = shop.plan(shop.bins[0], blind=blind)
        answer = client.post(f"/stocktakes/{number}/sheets", data={"bin": [shop.bins[0]]})
        assert answer.status_code == 303
        pdf = client.get(answer.location)
        assert pdf.mimetype == "application/pdf"
        [page] = PdfReader(io.BytesIO(pdf.data)).pages
        said = page.extract_text()
        assert word in said
        assert "冰红茶" in said
        assert ("8642" in said) is not blind


def test_a_sheet_printed_again_is_the_same_sheet_and_a_recounts_is_another(shop: Shop, stocktake: int) -> None:
    bin_id = shop.bins[0]
    [first] = printed(shop, stocktake, bin_id)
    assert printed(shop, stocktake, bin_id) == [first]
    shop.counter(stocktake).count(bin_id, [(TEA, 8), (COLA, 5)])
    shop.recount(stocktake, shop.line(stocktake, bin_id, shop.tea).place)
    [again] = printed(shop, stocktake, bin_id)
    assert again != first
    assert [line.item for line in read(again, stocktake).lines] == [shop.tea]  # what the recount asks for, no more
    with pytest.raises(NoSheetChosen):
        printed(shop, stocktake, shop.bins[3])


# --- entered ----------------------------------------------------------------------------------------------------------


def test_an_entered_sheet_is_the_count_of_whoever_counted_at_the_instant_they_wrote(
    shop: Shop, stocktake: int, sheet: int
) -> None:
    bin_id, counter = shop.bins[0], shop.counter(stocktake)
    what = entry(shop, sheet, counter.id, tea=8, cola=0)
    enter_it(shop, what)
    tea, cola = shop.line(stocktake, bin_id, shop.tea), shop.line(stocktake, bin_id, shop.cola)
    assert facts(tea.counted, tea.difference, cola.status) == (8, -2, LineCount.ZERO)
    assert tea.deciding is not None
    assert (tea.deciding.key.counter, tea.deciding.closed_at) == (counter.id, what.counted_at)
    kinds = db.session.execute(select(Scan.kind, Scan.symbology).order_by(Scan.sequence)).all()
    assert [kind for kind, _ in kinds] == [ScanKind.OPEN_BIN, ScanKind.SET, ScanKind.ZERO, ScanKind.CLOSE_BIN]
    assert {source for _, source in kinds} == {"sheet"}
    shop.finish(stocktake)
    with pytest.raises(OwnCount):  # who typed answers for the count as who counted does
        shop.approve_all(stocktake, by=shop.manager)
    shop.approve_all(stocktake, by=shop.owner)
    shop.post(stocktake, by=shop.owner)
    assert facts(shop.on_hand(shop.tea, bin_id), shop.on_hand(shop.cola, bin_id)) == (8, 0)
    assert verify(db.session()) == []


def test_the_same_form_twice_is_entered_once_and_with_other_content_not_at_all(
    shop: Shop, stocktake: int, sheet: int
) -> None:
    counter = shop.counter(stocktake)
    what = entry(shop, sheet, counter.id, tea=8, cola=5)
    enter_it(shop, what)
    enter_it(shop, what)
    assert len(db.session.scalars(select(Scan)).all()) == 4
    other = Entry(what.id, sheet, counter.id, what.counted_at, what.counted[:1], closes=True)
    with pytest.raises(AlreadyEntered):
        enter_it(shop, other)


def test_a_sheet_entered_anew_replaces_what_was_entered_before(shop: Shop, stocktake: int, sheet: int) -> None:
    counter = shop.counter(stocktake)
    enter_it(shop, entry(shop, sheet, counter.id, tea=80, cola=5))
    enter_it(shop, entry(shop, sheet, counter.id, tea=8, cola=5))
    line = shop.line(stocktake, shop.bins[0], shop.tea)
    assert facts(line.counted, line.has_second_word) == (8, False)


def test_whoever_counted_does_not_write_the_recount_down_for_somebody_else(shop: Shop, stocktake: int) -> None:
    bin_id, one, other = shop.bins[0], shop.counter(stocktake), shop.counter(stocktake)
    one.count(bin_id, [(TEA, 8), (COLA, 5)])
    shop.recount(stocktake, Place(bin_id, shop.tea, 0))
    [again] = printed(shop, stocktake, bin_id)
    with pytest.raises(OwnRecount):
        enter_it(shop, entry(shop, again, other.id, tea=8), by=one.id)
    enter_it(shop, entry(shop, again, other.id, tea=8), by=shop.manager)
    assert shop.line(stocktake, bin_id, shop.tea).has_second_word
    with shop.write() as session:
        session.execute(update(Company).values(one_person=True))
    enter_it(shop, entry(shop, again, other.id, tea=8), by=one.id)


def test_a_sheet_that_is_not_complete_leaves_its_bin_open(shop: Shop, stocktake: int, sheet: int) -> None:
    counter = shop.counter(stocktake)
    enter_it(shop, entry(shop, sheet, counter.id, closes=False, tea=8))
    assert shop.line(stocktake, shop.bins[0], shop.tea).status is LineCount.NOT_COUNTED
    enter_it(shop, entry(shop, sheet, counter.id, tea=8, cola=4))
    assert facts(shop.line(stocktake, shop.bins[0], shop.cola).counted) == (4,)


def test_a_move_within_the_doubt_of_a_written_instant_disturbs_the_line(shop: Shop, stocktake: int, sheet: int) -> None:
    what = entry(shop, sheet, shop.counter(stocktake).id, tea=8, cola=5)
    shop.move(shop.tea, shop.bins[0], shop.bins[1], 1, what.counted_at + timedelta(minutes=5))
    enter_it(shop, what)
    assert shop.line(stocktake, shop.bins[0], shop.tea).is_disturbed
    assert not shop.line(stocktake, shop.bins[0], shop.cola).is_disturbed


def test_what_cannot_count_refuses_the_whole_sheet(shop: Shop, stocktake: int, sheet: int) -> None:
    bin_id, counter = shop.bins[0], shop.counter(stocktake)
    counter.count(bin_id, [(TEA, 8), (COLA, 5)])
    shop.recount(stocktake, shop.line(stocktake, bin_id, shop.tea).place)
    [again] = printed(shop, stocktake, bin_id)
    with pytest.raises(SheetRefused):  # a recount is for somebody else
        enter_it(shop, entry(shop, again, counter.id, tea=8))
    db.session.remove()
    assert db.session.scalars(select(StocktakeSheetEntry)).all() == []
    assert len(db.session.scalars(select(Scan)).all()) == 4


def test_an_instant_outside_the_stocktake_is_refused() -> None:
    noon = datetime(2026, 11, 25, 12, tzinfo=UTC)
    ensure_instant(noon, noon, noon)
    for at, start in ((noon - timedelta(hours=1), noon), (noon + timedelta(hours=1), noon), (noon, None)):
        with pytest.raises(InstantWrong):
            ensure_instant(at, start, noon)


def test_goods_written_on_two_lines_are_added_up() -> None:
    lines = [Counted(1, "", Decimal(2), "a"), Counted(2, "L", Decimal(1)), Counted(1, "", Decimal(3), "a")]
    assert summed(lines) == [Counted(1, "", Decimal(5), "a"), Counted(2, "L", Decimal(1))]


def test_the_database_keeps_one_sheet_a_round_and_changes_none(shop: Shop, stocktake: int, sheet: int) -> None:
    kept = db.session.get_one(StocktakeSheet, sheet)
    row = {"stocktake_id": stocktake, "bin_id": kept.bin_id, "round": 1, "lines": [], "printed_at": now()}
    with pytest.raises(IntegrityError), shop.write() as session:
        session.add(StocktakeSheet(**row, printed_by=shop.owner))
    for table in ("stocktake_sheet", "stocktake_sheet_entry"):
        enter_it(shop, entry(shop, sheet, shop.counter(stocktake).id, tea=1, cola=1))
        with pytest.raises(IntegrityError), shop.write() as session:
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608  # our own tables


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(sign_in: SignIn) -> FlaskClient:
    return sign_in("finance")


def typed(counter_id: int, **fields: str) -> dict[str, str]:
    """A form as it is sent; the instant a quarter of an hour ago on the company's clock."""
    at = (now() - timedelta(minutes=15)).astimezone(ZoneInfo("Asia/Shanghai"))
    known = {"token": str(uuid4()), "counter": str(counter_id), "counted_at": f"{at:%Y-%m-%dT%H:%M}"}
    return known | {name.replace("_", "-") if name != "counted_at" else name: value for name, value in fields.items()}


def test_the_page_asks_what_empty_lines_mean_and_keeps_what_was_typed(
    shop: Shop, stocktake: int, sheet: int, client: FlaskClient
) -> None:
    counter, address = shop.counter(stocktake), f"/stocktakes/sheets/{sheet}"
    form = typed(counter.id, line_1="8")  # by item code: tea was made first, so it may be either
    answer = client.post(address, data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Some lines are empty" in page
    assert 'name="line-1" value="8"' in page
    assert client.post(address, data=form | {"empty": "zero"}).status_code == 303
    assert {line.status for line in shop.report(stocktake).lines} == {LineCount.COUNTED, LineCount.ZERO}


def test_finds_are_named_by_barcode_or_item_code_and_a_carton_counts_its_pieces(
    shop: Shop, stocktake: int, sheet: int, client: FlaskClient
) -> None:
    counter = shop.counter(stocktake)
    form = typed(counter.id, line_0="1", line_1="1", code_0=TEA_CARTON, quantity_0="2")
    assert client.post(f"/stocktakes/sheets/{sheet}", data=form).status_code == 303
    assert facts(shop.line(stocktake, shop.bins[0], shop.tea).counted) == (49,)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"line_0": "many"}, "is not a number"),
        ({"line_0": "-1"}, "Not below 0"),
        ({"code_0": "NOBODY-KNOWS-IT", "quantity_0": "1"}, "No item has this code"),
        ({"code_0": TEA}, "How many are there?"),
        ({"quantity_3": "4"}, "No item has this code"),
        ({"counted_at": ""}, "Enter when it was counted"),
        ({"counter": ""}, "Choose who counted"),
        ({"counted_at": "2020-01-01T08:00"}, "It cannot have been counted then"),
        ({"line_0": "1.5"}, "the unit is counted whole"),
    ],
)
def test_a_mistake_stands_by_its_line_and_nothing_is_entered(
    shop: Shop, stocktake: int, sheet: int, client: FlaskClient, fields: dict[str, str], sentence: str
) -> None:
    form = typed(shop.counter(stocktake).id, **({"line_0": "3", "line_1": "4"} | fields))
    answer = client.post(f"/stocktakes/sheets/{sheet}", data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code in {400, 409, 422}
    assert sentence in page
    assert 'name="line-1" value="4"' in page
    assert db.session.scalars(select(Scan)).all() == []


def test_the_code_on_the_sheet_opens_it_and_search_offers_items(
    shop: Shop, stocktake: int, sheet: int, client: FlaskClient
) -> None:
    code = read(sheet, stocktake).code
    answer = client.get(f"/stocktakes/{stocktake}/sheets?code={code}")
    assert (answer.status_code, answer.location) == (303, f"/stocktakes/sheets/{sheet}")
    assert client.get(f"/stocktakes/{stocktake}/sheets?code=ZSS1").status_code == 404
    assert "冰红茶" in client.get("/stocktakes/sheets/items?code-0=红茶").get_data(as_text=True)
    assert client.get("/stocktakes/sheets/999").status_code == 404
    assert "printed" in client.get(f"/stocktakes/{stocktake}/sheets").get_data(as_text=True)
    assert "A-1" in client.get(f"/stocktakes/{stocktake}/sheets?state=printed").get_data(as_text=True)
    assert "Nothing found" in client.get(f"/stocktakes/{stocktake}/sheets?state=entered").get_data(as_text=True)
    assert client.get(f"/stocktakes/{stocktake}/sheets?format=xlsx").data[:2] == b"PK"
    assert client.post(f"/stocktakes/{stocktake}/sheets").status_code == 303  # none chosen: all of them


def test_a_sheet_of_a_stocktake_that_is_over_is_refused(
    shop: Shop, stocktake: int, sheet: int, client: FlaskClient
) -> None:
    with shop.write() as session:
        cancel(session, stocktake, shop.owner, now())
    form = typed(shop.counter(stocktake).id, line_0="1", line_1="1")
    assert client.post(f"/stocktakes/sheets/{sheet}", data=form).status_code == 409
