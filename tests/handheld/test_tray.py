"""The tray of unknown codes: what they are like, and several people who say at once what they are."""

import io
import re
import threading
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.catalog.models import Barcode
from app.catalog.service import add_barcode
from app.db import db
from app.scanning.models import ScanResolution
from app.scanning.queries import list_parked, list_scans
from tests.conftest import SignIn, Write
from tests.handheld.conftest import NOW
from tests.handheld.phones import BOTTLE, CARTON, Goods, Phone
from tests.scanning.drawing import as_bytes, draw, page

NOBODY = "NOBODY-KNOWS-IT"


def waiting() -> list[str]:
    db.session.remove()
    return [str(row.id) for row in list_parked(db.session(), "tally", 1)]


@pytest.fixture
def bind_at_once(app: Flask, sign_in: SignIn) -> Callable[..., list[int]]:
    """Let a manager each bind a scan to a pack, all at the same moment; return the status that each was answered."""

    def run(*choices: tuple[str, int]) -> list[int]:
        managers = [sign_in("manager") for _ in choices]
        gate = threading.Barrier(len(choices))
        answered = [0] * len(choices)

        def bind(number: int) -> None:
            scan, pack = choices[number]
            gate.wait(10)
            with app.app_context():
                form = {"pack_id": pack, "remember": "y"}
                answered[number] = managers[number].post(f"/scans/{scan}/bind", data=form).status_code

        db.session.remove()
        threads = [threading.Thread(target=bind, args=(number,)) for number in range(len(choices))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return answered

    return run


def counted() -> list[tuple[int | None, str]]:
    db.session.remove()
    return [(scan.item_id, str(scan.quantity)) for scan in list_scans(db.session(), "tally", 1)]


def test_two_who_bind_one_scan_differently_leave_one_word_and_one_barcode(
    phone: Phone, goods: Goods, bind_at_once: Callable[..., list[int]]
) -> None:
    phone.scan(NOBODY)
    [scan] = waiting()
    answered = bind_at_once((scan, goods.bottle_pack), (scan, goods.carton_pack))
    assert sorted(answered) == [303, 409]
    [owner] = db.session.scalars(select(Barcode.pack_id).where(Barcode.code == NOBODY))
    assert owner == (goods.bottle_pack, goods.carton_pack)[answered.index(303)]
    assert counted() == [(goods.bottle, "1.000" if owner == goods.bottle_pack else "24.000")]


def test_two_who_bind_two_scans_of_one_code_let_each_flow_in_once(
    phone: Phone, goods: Goods, bind_at_once: Callable[..., list[int]]
) -> None:
    phone.send(*(phone.event(NOBODY) for _ in range(4)))
    first, *_, last = waiting()
    answered = bind_at_once((first, goods.bottle_pack), (last, goods.bottle_pack))
    assert 303 in answered
    assert set(answered) <= {303, 409}  # whoever was later may hear that nothing waits any more
    assert waiting() == []
    assert counted() == [(goods.bottle, "1.000")] * 4
    assert db.session.scalar(select(func.count()).select_from(ScanResolution)) == 4


def test_who_binds_two_codes_at_once_binds_both(
    phone: Phone, goods: Goods, bind_at_once: Callable[..., list[int]]
) -> None:
    phone.send(phone.event(NOBODY), phone.event("OTHER"), phone.event(NOBODY), phone.event("OTHER"))
    one, other, *_ = waiting()
    assert bind_at_once((one, goods.bottle_pack), (other, goods.carton_pack)) == [303, 303]
    assert waiting() == []
    assert sorted(counted()) == sorted([(goods.bottle, "1.000"), (goods.bottle, "24.000")] * 2)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("6901243567892", "two digits changed places"),
        ("6901234567890", "one digit is another"),
        ("6901234567885", "one digit is another"),
        ("26901234567896", "the same article, packed otherwise"),
    ],
)
def test_a_code_that_is_like_another_says_so_where_it_is_bound(
    phone: Phone, sign_in: SignIn, code: str, said: str
) -> None:
    phone.scan(code)
    [scan] = waiting()
    page = sign_in("manager").get(f"/scans/{scan}").get_data(as_text=True)
    assert said in page
    assert BOTTLE in page


def test_a_slip_is_explained_for_this_one_scan_and_not_remembered(phone: Phone, goods: Goods, sign_in: SignIn) -> None:
    phone.scan("6901234567890")
    [scan] = waiting()
    manager = sign_in("manager")
    assert manager.post(f"/scans/{scan}/bind", data={"pack_id": goods.bottle_pack}).status_code == 303
    assert counted() == [(goods.bottle, "1.000")]
    assert phone.scan("6901234567890")["reason"] == "damaged_code"


def test_an_unlike_code_is_not_guessed_at(phone: Phone, sign_in: SignIn) -> None:
    phone.scan(NOBODY)
    [scan] = waiting()
    assert "Look at the goods" not in sign_in("manager").get(f"/scans/{scan}").get_data(as_text=True)


def test_who_makes_the_item_of_an_unknown_code_types_the_code_no_more_and_it_flows_in(
    phone: Phone, sign_in: SignIn
) -> None:
    phone.scan("6901234567885")
    [scan] = waiting()
    manager = sign_in("manager")
    page = manager.get(f"/scans/{scan}").get_data(as_text=True)
    assert 'href="/items/new?barcode=6901234567885"' in page
    assert 'value="6901234567885"' in manager.get("/items/new?barcode=6901234567885").get_data(as_text=True)
    facts = {"name": "绿茶", "unit": "瓶", "tax_rate": "1300", "barcode-code": "6901234567885"}
    answer = manager.post("/items/new", data=facts)
    assert "1 scan was taken." in manager.get(answer.location).get_data(as_text=True)
    assert waiting() == []
    assert [quantity for _, quantity in counted()] == ["1.000"]


def test_a_barcode_given_on_the_items_page_lets_its_scans_in(phone: Phone, goods: Goods, sign_in: SignIn) -> None:
    phone.scan(NOBODY)
    sign_in("manager").post(f"/items/packs/{goods.bottle_pack}/barcodes", data={"code": NOBODY})
    assert waiting() == []
    assert counted() == [(goods.bottle, "1.000")]


def test_what_lies_around_an_unknown_code_is_shown(phone: Phone, goods: Goods, sign_in: SignIn) -> None:
    phone.send(phone.event(CARTON, location=goods.bins[0]), phone.event(NOBODY, location=goods.bins[0]))
    [scan] = waiting()
    page = sign_in("manager").get(f"/scans/{scan}").get_data(as_text=True)
    assert "冰红茶" in page
    assert "A-1" in page


def test_scans_of_two_phones_and_two_tasks_flow_in_when_one_is_bound(
    phone: Phone, make_phone: Callable[..., Phone], goods: Goods, write: Write, owner: int, sign_in: SignIn
) -> None:
    other = make_phone("warehouse")
    other.task = "tally:2"
    phone.scan(f"01{BOTTLE:0>14}10L1")  # known by its GTIN: nothing waits for it
    phone.scan(NOBODY)
    other.scan(NOBODY)
    with write() as session:
        add_barcode(session, goods.bottle_pack, "SOMETHING-ELSE", owner, NOW)
    [scan] = waiting()
    form = {"pack_id": goods.carton_pack, "remember": "y"}
    assert sign_in("manager").post(f"/scans/{scan}/bind", data=form).status_code == 303
    db.session.remove()
    assert [str(one.quantity) for one in list_scans(db.session(), "tally", 2)] == ["24.000"]
    assert waiting() == []


def photograph(client: FlaskClient, scan: str, content: bytes, status: int = 303) -> str:
    form = {"photo": (io.BytesIO(content), "photo.jpg")}
    response = client.post(f"/scans/{scan}/photo", data=form)
    assert response.status_code == status, response.get_data(as_text=True)[:2000]
    return response.get_data(as_text=True)


def test_whoever_scanned_lays_a_photo_beside_the_unknown_code(phone: Phone, sign_in: SignIn) -> None:
    phone.scan(NOBODY)
    [scan] = waiting()
    picture = as_bytes(page(draw(BOTTLE, "EAN13")), "JPEG")
    photograph(phone.client, scan, picture)
    photograph(phone.client, scan, picture)  # an impatient hand: the same photo is kept once
    manager = sign_in("manager")
    addresses = re.findall(r"/files/\d+/thumb.jpg", manager.get(f"/scans/{scan}").get_data(as_text=True))
    assert len(addresses) == 1
    assert manager.get(addresses[0]).data[:2] == b"\xff\xd8"


def test_a_photo_that_cannot_be_one_or_comes_too_late_is_refused_with_a_sentence(phone: Phone, sign_in: SignIn) -> None:
    phone.scan(NOBODY)
    [scan] = waiting()
    assert "no picture" in photograph(phone.client, scan, b"%PDF", 400)
    assert "no picture" in photograph(phone.client, scan, b"", 400)
    empty = phone.client.post(f"/scans/{scan}/photo", data={})
    assert empty.status_code == 400
    assert "Take a photo first" in empty.get_data(as_text=True)
    for shade in range(4):
        photograph(phone.client, scan, as_bytes(Image.new("L", (40, 40), shade * 60)))
    assert "photos already" in photograph(phone.client, scan, as_bytes(Image.new("L", (40, 40), 255)), 409)
    assert sign_in("manager").post(f"/scans/{scan}/drop", data={"note": "a toy"}).status_code == 303
    photograph(phone.client, scan, as_bytes(Image.new("L", (50, 40), 255)), 409)


def test_photos_of_scans_cannot_be_changed(phone: Phone, write: Write) -> None:
    phone.scan(NOBODY)
    [scan] = waiting()
    photograph(phone.client, scan, as_bytes(Image.new("L", (40, 40), 255)))
    with pytest.raises(DBAPIError, match="append-only"), write() as session:
        session.execute(text("DELETE FROM scan_photo"))
