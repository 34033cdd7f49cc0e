"""Pages of items: who may, what a refused form keeps, what is hidden, how many statements a list takes."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from PIL import Image
from python_calamine import CalamineWorkbook
from sqlalchemy import event, select

from app.catalog.models import Barcode, Item, Pack
from app.catalog.queries import find_base_packs, list_categories
from app.catalog.rules import ItemDraft, ItemRow
from app.catalog.service import add_barcode, add_items
from app.company.models import OwnField
from app.db import db
from app.kernel.owncode import OwnKind, make_own_code
from tests.catalog.conftest import NOW, MakeItem
from tests.conftest import SignIn, Write

EAN = "6901234567892"
FACTS = {"name": "冰红茶", "unit": "瓶", "tax_rate": "1300"}


@pytest.fixture
def buyer(sign_in: SignIn) -> FlaskClient:
    """A client who may edit items and see cost."""
    return sign_in("buyer")


def test_the_workbook_of_items_has_what_the_page_has_no_room_for(
    buyer: FlaskClient, make_item: MakeItem, write: Write, by: int
) -> None:
    item_id = make_item(safety=Decimal(7), tax_rate=900)
    with write() as session:
        pack = find_base_packs(session, [item_id])[item_id].pack_id
        for code in (EAN, "A-1"):
            add_barcode(session, pack, code, by, NOW)
    answer = buyer.get("/items/?format=xlsx")
    heading, row = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    cells = dict(zip(heading, row, strict=True))
    assert (cells["Safety stock"], cells["VAT rate"]) == (7, 0.09)
    assert set(str(cells["Barcodes"]).split(", ")) == {EAN, "A-1"}
    assert "Barcodes" not in buyer.get("/items/").text


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


def only_item() -> Item:
    return db.session.scalars(select(Item)).one()


def test_an_item_is_added_with_its_barcode_and_shown(buyer: FlaskClient) -> None:
    answer = buyer.post("/items/new", data=FACTS | {"code": "T1", "sale_price": "３．５", "category": "饮料/茶"})
    assert (answer.status_code, answer.location) == (303, f"/items/{only_item().id}")
    with_code = buyer.post("/items/new", data=FACTS | {"name": "绿茶", "code": "", "barcode-code": ""})
    assert with_code.status_code == 303
    page = buyer.get(answer.location).text
    assert "冰红茶" in page
    assert "饮料 / 茶" in page
    assert "3.50" in page


def test_the_barcode_of_a_new_item_is_not_its_item_code(buyer: FlaskClient) -> None:
    for typed in ({"barcode-code": EAN}, {"code": "T2", "barcode-code": "B-2"}):
        assert buyer.post("/items/new", data=FACTS | {"name": f"冰红茶 {typed}"} | typed).status_code == 303
    kept = db.session.execute(
        select(Item.code, Barcode.code).join(Pack, Pack.item_id == Item.id).join(Barcode).order_by(Item.id)
    )
    assert [tuple(row) for row in kept] == [("SP000001", f"0{EAN}"), ("T2", "B-2")]


def test_no_two_fields_of_a_new_item_share_a_name(buyer: FlaskClient) -> None:
    names = re.findall(r'<(?:input|select)[^>]* id="([^"]+)"', buyer.get("/items/new").text)
    assert len(names) == len(set(names))


def test_a_refused_form_keeps_what_was_typed(buyer: FlaskClient) -> None:
    answer = buyer.post(
        "/items/new", data=FACTS | {"name": "", "spec": "500ml", "sale_price": "三块五", "minimum": "-1"}
    )
    assert answer.status_code == 400
    for typed in ('value="500ml"', 'value="三块五"', 'value="-1"'):
        assert typed in answer.text
    assert "“三块五” is not a number." in answer.text
    assert "Not below 0." in answer.text
    assert db.session.scalar(select(Item.id)) is None


def test_a_taken_code_is_said_beside_what_was_typed(buyer: FlaskClient, make_item: MakeItem) -> None:
    make_item("乌龙茶", code="T1")
    answer = buyer.post("/items/new", data=FACTS | {"code": "T1", "spec": "1L"})
    assert answer.status_code == 409
    assert "The code T1 belongs to 乌龙茶 already." in answer.text
    assert 'value="1L"' in answer.text


def test_an_item_is_edited_without_losing_what_the_form_does_not_show(
    buyer: FlaskClient, make_item: MakeItem, write: Write
) -> None:
    with write() as session:
        session.add_all(
            [
                OwnField(subject="item", name="品牌", kind="text", position=1),
                OwnField(subject="item", name="储存", kind="choice", choices="常温\n冷藏", position=2),
                OwnField(subject="item", name="旧", kind="text", active=False),
            ]
        )
    item_id = make_item(code="T1", own_fields={"3": "留着"}, purchase_price=Decimal("2.2"))
    form = buyer.get(f"/items/{item_id}/edit").text
    assert "品牌" in form
    assert 'value="2.2"' in form
    changed = FACTS | {"name": "冰红茶 1L", "own_1": "康师傅", "own_2": "冷藏", "purchase_price": "2.345678"}
    assert buyer.post(f"/items/{item_id}/edit", data=changed).status_code == 303
    item = only_item()
    assert (item.name, item.code, item.purchase_price) == ("冰红茶 1L", "T1", Decimal("2.345678"))
    assert item.own_fields == {"1": "康师傅", "2": "冷藏", "3": "留着"}
    wrong = buyer.post(f"/items/{item_id}/edit", data=changed | {"own_2": "室温"})
    assert wrong.status_code == 400
    assert "“室温” does not fit the field “储存”." in wrong.text


def test_barcodes_and_packs_are_kept_on_the_items_page(buyer: FlaskClient, make_item: MakeItem) -> None:
    mine, other = make_item(), make_item("绿茶")
    pack = find_base_packs(db.session(), [mine])[mine].pack_id
    far = find_base_packs(db.session(), [other])[other].pack_id
    assert buyer.post(f"/items/packs/{pack}/barcodes", data={"code": EAN}).status_code == 303
    taken = buyer.post(f"/items/packs/{far}/barcodes", data={"code": EAN})
    assert taken.status_code == 409
    assert f"The barcode {EAN} belongs to 冰红茶 (瓶) already." in taken.text
    assert f'value="{EAN}"' in taken.text
    slip = buyer.post(f"/items/packs/{far}/barcodes", data={"code": "6901234567890"})
    assert slip.status_code == 400
    assert 'name="any_check_digit"' in slip.text
    meant = {"code": "6901234567890", "any_check_digit": "y"}
    assert buyer.post(f"/items/packs/{far}/barcodes", data=meant).status_code == 303
    assert buyer.post(f"/items/{mine}/packs", data={"unit": "箱", "factor": "24"}).status_code == 303
    assert "= 24 瓶" in buyer.get(f"/items/{mine}").text
    assert buyer.post(f"/items/{mine}/packs", data={"unit": "箱", "factor": "0"}).status_code == 400
    assert buyer.post(f"/items/packs/{pack}/remove").status_code == 409
    db.session.remove()
    barcode_id = db.session.scalar(select(Barcode.id).where(Barcode.code == "0" + EAN))
    assert buyer.post(f"/items/{mine}/barcodes/{barcode_id}/remove").status_code == 303
    assert EAN not in buyer.get(f"/items/{mine}").text


def test_a_picture_is_checked_kept_and_shown(buyer: FlaskClient, make_item: MakeItem) -> None:
    item_id, content = make_item(), io.BytesIO()
    Image.new("RGB", (900, 600), "red").save(content, "PNG")
    content.seek(0)
    answer = buyer.post(f"/items/{item_id}/picture", data={"picture": (content, "红.png")})
    assert answer.status_code == 303
    picture_id = only_item().picture_id
    assert f"/files/{picture_id}/thumb.jpg" in buyer.get(f"/items/{item_id}").text
    assert buyer.get(f"/files/{picture_id}/full.jpg").mimetype == "image/jpeg"
    wrong = buyer.post(f"/items/{item_id}/picture", data={"picture": (io.BytesIO(b"MZ"), "a.png")})
    assert wrong.status_code == 400
    assert "no picture" in wrong.text
    assert buyer.post(f"/items/{item_id}/picture").status_code == 400
    buyer.post(f"/items/{item_id}/picture/remove")
    db.session.remove()
    assert only_item().picture_id is None


@pytest.mark.parametrize(
    "words",
    [
        "冰红",
        "bhc",
        "BHC",
        "T-77",
        "012345678905",
        "0012345678905",
        "00012345678905",
        "12345678905",
        "冰红 500",
    ],
)
def test_an_item_is_found_by_name_initials_code_and_any_form_of_its_barcode(
    buyer: FlaskClient, make_item: MakeItem, write: Write, by: int, words: str
) -> None:
    item_id = make_item("冰红茶", code="T-77", spec="500ml")
    make_item("矿泉水", code="X-1")
    with write() as session:
        add_barcode(session, find_base_packs(session, [item_id])[item_id].pack_id, "012345678905", by, NOW)
    page = buyer.get("/items/", query_string={"q": words}).text
    assert "冰红茶" in page
    assert "矿泉水" not in page


def test_an_item_is_found_by_a_label_of_ours(buyer: FlaskClient, make_item: MakeItem) -> None:
    item_id = make_item("冰红茶")
    make_item("矿泉水")
    label = make_own_code(OwnKind.PACK, find_base_packs(db.session(), [item_id])[item_id].pack_id)
    page = buyer.get("/items/", query_string={"q": label}).text
    assert ("冰红茶" in page, "矿泉水" in page) == (True, False)


def test_what_things_cost_is_for_those_who_may_see_it(sign_in: SignIn, make_item: MakeItem) -> None:
    item_id = make_item(purchase_price=Decimal("2.3719"), sale_price=Decimal("3.7513"))
    for role, sees in (("buyer", True), ("finance", True), ("warehouse", False), ("seller", False), ("viewer", False)):
        client = sign_in(role)
        for address in ("/items/", f"/items/{item_id}"):
            page = client.get(address).text
            assert ("2.3719" in page, "3.7513" in page) == (sees, True), (role, address)
        book = CalamineWorkbook.from_filelike(io.BytesIO(client.get("/items/?format=xlsx").data))
        rows = book.get_sheet_by_index(0).to_python()
        assert ("Purchase price" in rows[0]) is sees
        assert (2.3719 in rows[1]) is sees


def test_who_may_not_edit_sees_no_forms_and_is_refused(sign_in: SignIn, make_item: MakeItem) -> None:
    item_id = make_item()
    client = sign_in("seller")
    page = client.get(f"/items/{item_id}")
    assert page.status_code == 200
    assert "/items/packs/" not in page.text
    for address in ("/items/new", f"/items/{item_id}/edit", "/items/categories/"):
        assert client.get(address).status_code == 403
    for address in ("/items/new", f"/items/{item_id}/edit", f"/items/{item_id}/deactivate", f"/items/{item_id}/packs"):
        assert client.post(address).status_code == 403


def test_an_item_is_switched_off_and_on_again(buyer: FlaskClient, make_item: MakeItem) -> None:
    item_id = make_item()
    buyer.post(f"/items/{item_id}/deactivate")
    assert "switched off" in buyer.get(f"/items/{item_id}").text
    assert "冰红茶" not in buyer.get("/items/?state=on").text
    buyer.post(f"/items/{item_id}/activate")
    assert "冰红茶" in buyer.get("/items/?state=on").text
    assert buyer.get("/items/999").status_code == 404


def test_a_list_takes_as_many_statements_for_two_hundred_items_as_for_two(buyer: FlaskClient, write: Write) -> None:
    def rows(first: int, last: int) -> list[ItemRow]:
        drafts = [
            ItemDraft(name=f"茶{number}", unit="瓶", category=f"饮料/{number % 3}") for number in range(first, last)
        ]
        return [ItemRow(draft, (f"C{number}",)) for number, draft in enumerate(drafts, start=first)]

    with write() as session:
        add_items(session, rows(0, 2))
    buyer.get("/items/?size=200")
    with counted() as few:
        buyer.get("/items/?size=200")
    with write() as session:
        add_items(session, rows(2, 200))
    with counted() as many:
        assert "茶199" in buyer.get("/items/?size=200").text
    assert len(many) == len(few)


def test_the_empty_list_says_what_to_do(buyer: FlaskClient) -> None:
    assert "Add the first item, or import your list from a spreadsheet." in buyer.get("/items/").text
    assert "No categories yet" in buyer.get("/items/categories/").text


def test_categories_are_added_moved_and_removed_on_their_pages(buyer: FlaskClient, make_item: MakeItem) -> None:
    make_item(category="饮料/茶")
    drinks, tea = (node.id for node in list_categories(db.session()))
    assert buyer.post("/items/categories/", data={"name": "水", "parent_id": drinks}).status_code == 303
    assert buyer.post("/items/categories/", data={"name": "水", "parent_id": drinks}).status_code == 409
    assert buyer.post(f"/items/categories/{tea}", data={"name": "茶饮料", "parent_id": 0}).status_code == 303
    # Its own parts are not offered as places to lie in.
    assert buyer.post(f"/items/categories/{drinks}", data={"name": "饮料", "parent_id": drinks}).status_code == 400
    buyer.post(f"/items/categories/{drinks}/remove")
    assert "饮料 is in use" in buyer.get(f"/items/categories/{drinks}").text
    db.session.remove()
    assert [node.path for node in list_categories(db.session())] == ["茶饮料", "饮料", "饮料 / 水"]
    assert "冰红茶" in buyer.get(f"/items/?category={tea}").text
    assert "冰红茶" not in buyer.get(f"/items/?category={drinks}").text
