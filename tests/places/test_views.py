"""Pages of places."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.db import db
from app.kernel.owncode import OwnKind, make_own_code
from app.places.models import Location
from app.places.queries import find_places_by_codes, list_bins
from tests.conftest import SignIn


@pytest.fixture
def buyer(sign_in: SignIn) -> FlaskClient:
    """A client who may edit places."""
    return sign_in("buyer")


@pytest.fixture
def zone(buyer: FlaskClient) -> int:
    """Id of the zone A of a new warehouse W1, with the bins A-01-01 … A-02-02."""
    warehouse = buyer.post("/places/new", data={"code": "W1", "name": "主仓库"}).location
    buyer.post(f"{warehouse}/new", data={"kind": "zone", "code": "A", "name": "饮料"})
    zone = place("A")
    buyer.post(f"/places/{zone}/range", data={"first": "A-01-01", "last": "A-02-02"})
    return zone


def place(code: str) -> int:
    """Return the id of the place with this code."""
    db.session.remove()
    return find_places_by_codes(db.session(), [code])[code].id


def test_a_warehouse_is_laid_out_on_its_pages(buyer: FlaskClient, zone: int) -> None:
    tree = buyer.get("/places/").text
    for shown in ("W1", "W1-IN", "W1-QC", "主仓库", "饮料", "4 bins"):
        assert shown in tree
    page = buyer.get(f"/places/{zone}").text
    assert [f"A-0{rack}-0{level}" in page for rack in (1, 2) for level in (1, 2)] == [True] * 4
    assert "A-02-01" in buyer.get("/places/bins?q=a-02").text
    assert "A-01-01" not in buyer.get("/places/bins?q=a-02").text


def test_a_bin_shows_the_code_of_its_label(buyer: FlaskClient, zone: int) -> None:
    label = make_own_code(OwnKind.BIN, place("A-01-01"))
    assert label in buyer.get(f"/places/{place('A-01-01')}").text
    found = buyer.get(f"/places/bins?q={label}").text
    assert ("A-01-01" in found, "A-01-02" in found) == (True, False)


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        ({"first": "A-05", "last": "A-01"}, 400, "The range runs backwards"),
        ({"first": "A-1", "last": "B-1-1"}, 400, "are not built alike"),
        ({"first": "A-0001", "last": "A-9999"}, 400, "has 9999 bins; at most 5000"),
        ({"first": "A-01-02", "last": "A-01-03"}, 409, "There is a place A-01-02 already."),
        ({"first": "", "last": "A-1"}, 400, "This field is required"),
    ],
)
def test_a_refused_range_keeps_what_was_typed(
    buyer: FlaskClient, zone: int, typed: dict[str, str], status: int, sentence: str
) -> None:
    answer = buyer.post(f"/places/{zone}/range", data=typed)
    assert answer.status_code == status
    assert sentence in answer.text.replace("“", "").replace("”", "")
    assert f'value="{typed["last"]}"' in answer.text


def test_a_place_is_renamed_moved_and_switched_off(buyer: FlaskClient, zone: int) -> None:
    bin_id = place("A-01-01")
    warehouse = place("W1")
    moved = {"code": "B-01", "name": "", "parent_id": warehouse}
    assert buyer.post(f"/places/{bin_id}/edit", data=moved).status_code == 303
    db.session.remove()
    assert db.session.get_one(Location, bin_id).parent_id == warehouse
    taken = buyer.post(f"/places/{bin_id}/edit", data=moved | {"code": "A-01-02"})
    assert taken.status_code == 409
    assert 'value="A-01-02"' in taken.text
    buyer.post(f"/places/{zone}/deactivate")
    db.session.remove()
    assert list(db.session.scalars(select(Location.code).where(Location.parent_id == zone, Location.active))) == []
    assert "switched off" in buyer.get(f"/places/{zone}").text
    assert buyer.post(f"/places/{place('W1')}/edit", data={"code": "W9"}).status_code == 303


def test_the_order_of_walking_is_typed_as_a_list(buyer: FlaskClient, zone: int) -> None:
    page = buyer.get(f"/places/{zone}/walk").text
    assert "A-01-01\nA-01-02\nA-02-01\nA-02-02" in page.replace("\r", "")
    codes = "A-02-02\r\nA-02-01\r\nA-01-01\r\nA-01-02\r\n"
    assert buyer.post(f"/places/{zone}/walk", data={"codes": codes}).status_code == 303
    db.session.remove()
    assert [row.code for row in list_bins(db.session(), zone_id=zone)] == codes.split()
    wrong = buyer.post(f"/places/{zone}/walk", data={"codes": "A-99"})
    assert wrong.status_code == 404
    assert "A-99" in wrong.text


def test_who_may_not_edit_places_is_refused(sign_in: SignIn, zone: int) -> None:
    client = sign_in("warehouse")
    assert client.get("/places/").status_code == 200
    assert client.get(f"/places/{zone}").status_code == 200
    assert f"/places/{zone}/edit" not in client.get(f"/places/{zone}").text
    for address in ("/places/new", f"/places/{zone}/range", f"/places/{zone}/edit", f"/places/{zone}/walk"):
        assert client.get(address).status_code == 403
        assert client.post(address).status_code == 403


def test_the_virtual_ends_have_no_pages(buyer: FlaskClient) -> None:
    assert buyer.get("/places/3").status_code == 404
    assert "No warehouse yet" in buyer.get("/places/").text
    assert buyer.post("/places/3/deactivate").status_code == 303
    assert db.session.get_one(Location, 3).active
