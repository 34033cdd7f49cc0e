"""Labels: what they say, how they lie on the paper, and that our own decoder reads them back."""

import io
import os
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import insert

from app.catalog.queries import find_base_packs, list_packs
from app.catalog.service import add_barcode, add_pack
from app.db import db
from app.kernel.owncode import OwnKind, find_own_code, make_own_code
from app.places.models import Location
from app.places.rules import LocationKind
from app.places.service import set_walk
from app.scanning.decode import decode
from app.stock.labels.layout import DOT, lay_out
from app.stock.labels.pdf import make_pdf
from app.stock.labels.queries import bins_to_print, pack_labels, place_labels
from app.stock.labels.rules import (
    MOST_LABELS,
    PAPERS,
    Label,
    NoLabels,
    Paper,
    Symbol,
    TooManyLabels,
    ensure_printable,
    is_printed_as_ean,
)
from tests.conftest import SignIn, Write
from tests.stock.conftest import START, Shop
from tests.stock.labels.paint import as_photo, paint
from tests.stock.test_views import counted

BIN = Label(make_own_code(OwnKind.BIN, 1234567), "A-01-03", "饮料区")
LABELS = {
    "own": BIN,
    "EAN-13": Label("6901234567892", "康师傅冰红茶500ml", "SP000001 瓶", is_ean=True),
    "EAN-8": Label("96385074", "口香糖", is_ean=True),
    "UPC-A": Label("012345678905", "Cola", is_ean=True),
}


def read(image: bytes) -> list[str]:
    return [symbol.text for symbol in decode(image).symbols]


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
@pytest.mark.parametrize("symbol", [Symbol.QR, Symbol.CODE_128])
@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_our_own_decoder_reads_every_label_back(label: Label, symbol: Symbol, paper: Paper) -> None:
    (text,) = read(as_photo(paint(lay_out(label, paper, symbol), paper)))
    assert text in (label.code, "0" + label.code)  # a UPC-A is an EAN-13 that starts with 0


def test_what_is_read_back_names_the_bin() -> None:
    paper = PAPERS["roll-50x30"]
    (text,) = read(as_photo(paint(lay_out(BIN, paper, Symbol.CODE_128), paper)))
    own = find_own_code(text)
    assert own is not None
    assert (own.kind, own.id) == (OwnKind.BIN, 1234567)


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_ink_stays_on_its_label_and_labels_on_their_page(paper: Paper) -> None:
    width, height = paper.label
    for symbol in (Symbol.QR, Symbol.CODE_128):
        for label in LABELS.values():
            ink = lay_out(label, paper, symbol)
            assert all(min(x, y) >= 0 and x + w <= width and y + h <= height for x, y, w, h in ink.rects)
            assert all(line.x >= 0 and 0 < line.y < height and line.x + line.width <= width for line in ink.lines)
    for index in range(paper.a_page):
        left, top = paper.place(index)
        assert left >= 0
        assert top >= 0
        assert left + width <= paper.page[0]
        assert top + height <= paper.page[1]


def test_bars_are_whole_dots_of_a_label_printer() -> None:
    for paper in PAPERS.values():
        widths = {w / DOT for _, _, w, _ in lay_out(BIN, paper, Symbol.CODE_128).rects}
        assert all(abs(width - round(width)) < 1e-6 for width in widths)


def test_a_sheet_holds_what_it_promises_and_a_used_one_is_skipped() -> None:
    labels = [BIN] * 25
    pages = {
        key: len(PdfReader(io.BytesIO(make_pdf(labels, paper, Symbol.QR, "x"))).pages) for key, paper in PAPERS.items()
    }
    assert pages == {"a4-24": 2, "a4-10": 3, "roll-50x30": 25, "roll-70x50": 25}
    skipped = make_pdf([BIN] * 24, PAPERS["a4-24"], Symbol.QR, "x", skip=1)
    assert len(PdfReader(io.BytesIO(skipped)).pages) == 2


def test_a_sheet_prints_names_and_shortens_what_is_too_long() -> None:
    long = Label(BIN.code, "超长的商品名称" * 12, "line " * 40)
    pdf = make_pdf([BIN, long], PAPERS["a4-24"], Symbol.CODE_128, "库位标签")
    text = PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert BIN.code in text
    assert "A-01-03" in text
    assert "line line" in text
    assert len(pdf) < 20_000  # no font inside


@pytest.mark.skipif(
    shutil.which("pdftoppm") is None and not os.environ.get("CI"),
    reason="poppler is not installed; the same ink is read above",
)
@pytest.mark.parametrize("paper", ["a4-24", "roll-50x30"])
def test_the_printed_pdf_is_read_back(paper: str, tmp_path: Path) -> None:
    pdf = tmp_path / "labels.pdf"
    pdf.write_bytes(make_pdf([BIN], PAPERS[paper], Symbol.QR, "x"))
    subprocess.run(
        ["pdftoppm", "-r", "200", "-png", "-singlefile", pdf, tmp_path / "page"], check=True, capture_output=True
    )
    assert read((tmp_path / "page.png").read_bytes()) == [BIN.code]


@pytest.mark.parametrize(
    ("key", "ean"),
    [("06901234567892", True), ("00000096385074", True), ("16901234567899", False), ("A-1", False), ("", False)],
)
def test_cartons_and_own_texts_are_no_ean(key: str, ean: bool) -> None:
    assert is_printed_as_ean(key) is ean


def test_nobody_prints_nothing_or_a_forest() -> None:
    ensure_printable(MOST_LABELS)
    for count, error in ((0, NoLabels), (MOST_LABELS + 1, TooManyLabels)):
        with pytest.raises(error):
            ensure_printable(count)


def test_bins_are_printed_in_the_order_of_walking(shop: Shop, write: Write) -> None:
    first = shop.places["W1"]
    with write() as session:
        set_walk(session, first, ["A-3", "A-1", "A-2"], shop.by, START)
    session = db.session()
    labels = place_labels(session, bins_to_print(session, (), first))
    bins = [label.heading for label in labels if label.heading.startswith("A")]
    assert bins == ["A-3", "A-1", "A-2"]
    chosen = place_labels(session, bins_to_print(session, [shop.places["A-2"], shop.places["B-1"]]))
    assert [(label.heading, label.code) for label in chosen] == [
        ("A-2", make_own_code(OwnKind.BIN, shop.places["A-2"])),
        ("B-1", make_own_code(OwnKind.BIN, shop.places["B-1"])),
    ]


def test_a_pack_gets_its_ean_else_our_own_code(shop: Shop, write: Write) -> None:
    base = find_base_packs(db.session(), [shop.tea])[shop.tea].pack_id
    db.session.remove()
    with write() as session:
        carton = add_pack(session, shop.tea, "箱", Decimal(24), shop.by, START).id
        add_barcode(session, base, "6901234567892", shop.by, START)
        add_barcode(session, carton, "16901234567899", shop.by, START)
    piece, box = pack_labels(db.session(), [base, carton])
    assert (piece.code, piece.is_ean) == ("6901234567892", True)
    assert (box.code, box.is_ean, box.line.endswith("箱 × 24")) == (make_own_code(OwnKind.PACK, carton), False, True)


@pytest.fixture
def viewer(sign_in: SignIn) -> FlaskClient:
    """A client who may read."""
    return sign_in("viewer")


def test_labels_are_chosen_and_come_as_a_file(viewer: FlaskClient, shop: Shop) -> None:
    page = viewer.get(f"/labels/places?within={shop.places['W1']}&id={shop.places['A-2']}").text
    assert "A-1" in page
    assert "B-1" not in page
    assert f'value="{shop.places["A-2"]}" aria-label="A-2" checked' in page
    answer = viewer.get(f"/labels/places.pdf?id={shop.places['A-2']}&id={shop.places['A-3']}&copies=3&paper=roll-50x30")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert len(PdfReader(io.BytesIO(answer.data)).pages) == 6
    whole = viewer.get(f"/labels/places.pdf?within={shop.places['W1']}&paper=roll-50x30&symbol=code128")
    assert len(PdfReader(io.BytesIO(whole.data)).pages) == 7  # three bins and what every warehouse has
    pack = list_packs(db.session(), shop.tea)[0].pack_id
    assert "冰红茶" in viewer.get("/labels/items?q=bhc").text
    assert viewer.get(f"/labels/items.pdf?id={pack}").mimetype == "application/pdf"


def test_nothing_chosen_is_said_and_not_printed(viewer: FlaskClient, shop: Shop) -> None:
    answer = viewer.get("/labels/items.pdf", follow_redirects=True)
    assert answer.status_code == 200
    assert "Nothing was chosen to print." in answer.text
    assert "Nothing found" in viewer.get("/labels/items?q=xyz").text


def add_bins(shop: Shop, bins: int) -> None:
    """Add so many bins to the first warehouse."""
    here = {"kind": LocationKind.BIN, "parent_id": shop.places["W1"], "warehouse_id": shop.places["W1"]}
    with shop.write() as session:
        session.execute(insert(Location), [here | {"code": f"M-{n:04}"} for n in range(bins)])


def test_thousands_of_bins_are_paged_and_searched_in_a_fixed_number_of_statements(
    viewer: FlaskClient, shop: Shop
) -> None:
    address = f"/labels/places?within={shop.places['W1']}"
    viewer.get(address)
    with counted() as few:
        viewer.get(address)
    add_bins(shop, 3_000)
    with counted() as many:
        page = viewer.get(address).text
    assert len(few) == len(many)
    assert "1–200 of 3007" in page  # with three bins and what every warehouse has
    assert page.count('name="id"') == 200
    assert "1–1 of 1" in viewer.get(f"{address}&q=M-2999").text
    assert "3001–3007 of 3007" in viewer.get(f"{address}&page=999").text
    assert "1–200 of 3007" in viewer.get(f"{address}&page=-1").text
    last = shop.places["A-3"]
    chosen = viewer.get(f"/labels/places?sort=&id={last}").text
    assert chosen.index(f'value="{last}" aria-label="A-3" checked') < chosen.index('aria-label="A-1"')


def test_with_none_ticked_what_was_searched_for_is_printed(viewer: FlaskClient, shop: Shop) -> None:
    add_bins(shop, 30)
    page = viewer.get("/labels/places?q=M-001").text
    assert '<input type="hidden" name="q" value="M-001">' in page
    assert "hx-get" not in page.split("<main", 1)[1]  # a list that changed alone would belie the form beside it
    answer = viewer.get("/labels/places.pdf?q=M-001&paper=roll-50x30")
    assert len(PdfReader(io.BytesIO(answer.data)).pages) == 10


def test_more_labels_than_a_file_bears_are_refused_unread(viewer: FlaskClient, shop: Shop) -> None:
    add_bins(shop, 1_200)
    with counted() as statements:
        answer = viewer.get("/labels/places.pdf?q=M-")
    assert answer.status_code == 303
    assert answer.location == "/labels/places?q=M-"
    assert not any("ORDER BY warehouse" in each for each in statements)
    said = "1200 labels are too many for one file; print at most 1000 at a time."
    assert said in viewer.get(answer.location).text
    copies = viewer.get("/labels/places.pdf?q=M-00&copies=100", follow_redirects=True).text
    assert "10000 labels are too many" in copies
