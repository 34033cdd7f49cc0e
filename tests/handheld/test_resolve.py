"""What codes name: exact first, GS1 second, both shown; lots, expiry, counts and weights out of the code itself."""

from datetime import UTC, date, datetime

import pytest

from app.catalog.models import Lot
from app.catalog.service import add_barcode
from app.db import db
from app.kernel.owncode import OwnKind, make_own_code
from app.scanning.queries import list_scans
from app.scanning.tasks import NewScan
from tests.conftest import Write
from tests.handheld.phones import BOTTLE, CARTON, CHEESE, NUTS, Goods, Phone, Tally

GS = "\x1d"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def scans() -> list[NewScan]:
    db.session.remove()
    return list_scans(db.session(), "tally", 1)


def test_a_gs1_code_brings_its_lot_and_expiry_and_a_new_lot_is_made_once(phone: Phone, goods: Goods) -> None:
    code = f"]C101{CHEESE:0>14}17270331{'10'}L7{GS}"
    first, second = phone.send(phone.event(code), phone.event(f"01{CHEESE:0>14}17270331" + "10L7"))
    assert (first["status"], second["status"]) == ("accepted", "accepted")
    one, two = scans()
    assert (one.item_id, one.lot_code, one.expiry) == (goods.cheese, "L7", date(2027, 3, 31))
    assert one.lot_id == two.lot_id != 0
    [lot] = db.session.query(Lot).filter_by(item_id=goods.cheese)
    assert (lot.code, lot.expiry) == ("L7", date(2027, 3, 31))


def test_a_lot_may_be_typed_beside_a_plain_code(phone: Phone) -> None:
    assert phone.scan(CHEESE, lot="L8", expiry="2027-05-31")["status"] == "accepted"
    assert phone.scan(CHEESE, lot="L8")["status"] == "accepted"  # known by now, and so is its expiry
    assert len({scan.lot_id for scan in scans()}) == 1


@pytest.mark.parametrize(
    ("code", "quantity"),
    [
        (BOTTLE, "1.000"),
        (CARTON, "24.000"),
        (f"02{BOTTLE:0>14}376", "6.000"),  # a pallet label: it holds 6 of these
        (f"02{CARTON}372", "48.000"),
        (f"01{NUTS:0>14}3103001250", "1.250"),  # net weight, and the base unit is the kilogram
        (f"01{BOTTLE:0>14}3103001250", "1.000"),  # net weight of what is counted in pieces says nothing
    ],
)
def test_packs_counts_and_weights_become_base_units(phone: Phone, code: str, quantity: str) -> None:
    assert phone.scan(code)["quantity"] == quantity


def test_a_typed_quantity_counts_packs_of_the_code_it_was_typed_for(phone: Phone) -> None:
    assert phone.scan(CARTON, "set", quantity="3")["quantity"] == "72.000"
    assert phone.scan(NUTS, "set", quantity="0.125")["quantity"] == "0.125"
    assert phone.scan(CARTON, "zero")["quantity"] == "0.000"


def test_a_quantity_may_be_typed_in_the_base_unit_of_a_code_of_cartons(phone: Phone, goods: Goods) -> None:
    pieces = f"pack:{goods.bottle_pack}"
    answer = phone.scan(CARTON, "set", quantity="25", candidate=pieces)
    assert (answer["status"], answer["quantity"], answer["pack"]["unit"]) == ("accepted", "25.000", "瓶")
    assert answer["item"]["base"] == goods.bottle_pack
    assert phone.scan(CARTON, "set", quantity="3", candidate=f"pack:{goods.carton_pack}")["quantity"] == "72.000"
    assert [scan.pack_id for scan in scans()] == [goods.bottle_pack, goods.carton_pack]


def test_a_unit_that_is_none_of_the_codes_item_is_never_guessed(phone: Phone, goods: Goods) -> None:
    answer = phone.scan(CARTON, "set", quantity="25", candidate=f"pack:{goods.cheese_pack}")
    assert (answer["status"], answer["reason"]) == ("parked", "ambiguous")


def test_a_quantity_typed_in_a_unit_is_that_quantity_whatever_weight_the_label_says(phone: Phone) -> None:
    code = f"01{NUTS:0>14}3103001250"
    unit = phone.scan(code)["item"]["base"]
    assert phone.scan(code, "set", quantity="2", candidate=f"pack:{unit}")["quantity"] == "2.000"


def test_answers_name_the_lot_also_when_they_are_given_again(phone: Phone) -> None:
    event = phone.event(CHEESE, lot="L8", expiry="2027-05-31")
    for _ in range(2):
        [answer] = phone.send(event)
        assert (answer["lot"], answer["item"]["lots"], answer["item"]["expiry"]) == ("L8", True, True)
    assert phone.scan(f"01{BOTTLE:0>14}10PROMO")["lot"] is None  # bottles are not kept by lots
    missing = phone.scan(CHEESE)
    assert (missing["reason"], missing["lot"]) == ("lot_missing", None)


def test_the_lots_of_an_item_can_be_asked_for(phone: Phone, goods: Goods) -> None:
    for lot, expiry in (("L8", "2027-05-31"), ("L7", "2027-03-31")):
        phone.scan(CHEESE, lot=lot, expiry=expiry)
    heard = phone.client.get(f"/api/v1/items/{goods.cheese}/lots").get_json()
    assert heard == {"lots": [{"code": "L7", "expiry": "2027-03-31"}, {"code": "L8", "expiry": "2027-05-31"}]}
    assert phone.client.get("/api/v1/items/99999/lots").status_code == 404


def test_our_own_labels_name_packs_and_bins(phone: Phone, goods: Goods, tally: Tally) -> None:
    carton = make_own_code(OwnKind.PACK, goods.carton_pack)
    assert phone.scan(carton)["quantity"] == "24.000"
    assert phone.scan(carton.lower())["quantity"] == "24.000"
    bin_label = make_own_code(OwnKind.BIN, goods.bins[2])
    assert phone.scan(bin_label, "open_bin")["bin"]["id"] == goods.bins[2]
    assert phone.scan(bin_label)["reason"] == "wrong_kind"
    damaged = carton[:-1] + ("0" if carton[-1] != "0" else "1")
    assert phone.scan(damaged)["reason"] == "damaged_code"


def test_two_meanings_are_shown_and_only_a_person_chooses(phone: Phone, goods: Goods, write: Write, owner: int) -> None:
    code = f"01{BOTTLE:0>14}10PROMO"
    with write() as session:  # somebody bound the whole text to the carton
        add_barcode(session, goods.carton_pack, code, owner, NOW, any_check_digit=True)
    answer = phone.scan(code)
    assert (answer["status"], answer["reason"]) == ("parked", "ambiguous")
    choices = [choice["candidate"] for choice in answer["choices"]]
    assert choices == [f"pack:{goods.carton_pack}", f"pack:{goods.bottle_pack}"]
    assert phone.scan(code, candidate=choices[1])["quantity"] == "1.000"
    assert phone.scan(code, candidate="pack:999999")["reason"] == "ambiguous"


def test_the_same_thing_by_both_ways_is_one_meaning(phone: Phone, goods: Goods, write: Write, owner: int) -> None:
    code = f"01{BOTTLE:0>14}10PROMO"
    with write() as session:
        add_barcode(session, goods.bottle_pack, code, owner, NOW, any_check_digit=True)
    assert phone.scan(code)["status"] == "accepted"


@pytest.mark.parametrize("part", [BOTTLE[:-1], BOTTLE[1:], f"{BOTTLE}0", f"x{BOTTLE}"])
def test_a_part_of_a_code_is_never_enough(phone: Phone, part: str) -> None:
    assert phone.scan(part)["status"] == "parked"


@pytest.mark.parametrize("form", [f"0{BOTTLE}", f"]E0{BOTTLE}", f" {BOTTLE}\r\n"])
def test_the_same_number_in_other_forms_is_the_same_article(phone: Phone, goods: Goods, form: str) -> None:
    assert phone.scan(form)["item"]["id"] == goods.bottle
