"""The pages around scanning: the scan page, lists, the tray, the API told by itself, what makes the site a program."""

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from python_calamine import load_workbook
from werkzeug.test import TestResponse

from app.catalog.service import add_barcode
from app.db import db
from app.identity.access import Permission
from app.identity.rules import roles_with
from app.scanning.queries import list_parked, list_scans
from tests.conftest import SignIn, Write
from tests.handheld.phones import BOTTLE, CARTON, CHEESE, Goods, Phone, Tally

NOBODY = "NOBODY-KNOWS-IT"


def waiting(task_id: int = 1) -> list[str]:
    db.session.remove()
    return [str(row.id) for row in list_parked(db.session(), "tally", task_id)]


def counted() -> list[tuple[int | None, str]]:
    db.session.remove()
    return [(scan.item_id, str(scan.quantity)) for scan in list_scans(db.session(), "tally", 1)]


@pytest.fixture
def manager(sign_in: SignIn) -> Callable[..., TestResponse]:
    """Open a page or send a form as a manager; return the response."""
    client = sign_in("manager")

    def ask(path: str, status: int = 200, **form: object) -> TestResponse:
        response = client.post(path, data=form) if form else client.get(path)
        assert response.status_code == status, response.get_data(as_text=True)[:2000]
        return response

    return ask


# --- lists ------------------------------------------------------------------------------------------------------------


def test_the_lists_show_who_scanned_what_and_what_waits(phone: Phone, sign_in: SignIn) -> None:
    phone.scan()
    phone.scan(NOBODY)
    pages = {
        "/scans/": sign_in("manager"),
        "/scans/mine": phone.client,
        "/scans/waiting": sign_in("buyer"),
    }
    texts = {path: client.get(path).get_data(as_text=True) for path, client in pages.items()}
    assert "冰红茶" in texts["/scans/"]
    assert NOBODY in texts["/scans/"]
    assert "冰红茶" in texts["/scans/mine"]
    assert NOBODY in texts["/scans/waiting"]
    assert "冰红茶" not in texts["/scans/waiting"]


def test_staff_see_their_own_scans_only(phone: Phone, make_phone: Callable[..., Phone]) -> None:
    make_phone("warehouse").scan(NOBODY)
    assert NOBODY not in phone.client.get("/scans/mine").get_data(as_text=True)


def test_the_list_of_all_scans_is_a_workbook_too(phone: Phone, sign_in: SignIn) -> None:
    phone.scan(scanned_at="2026-03-01T16:30:00Z")
    phone.scan(NOBODY, scanned_at="2026-03-01T16:31:00Z")
    response = sign_in("manager").get("/scans/?format=xlsx")
    heading, *rows = load_workbook(io.BytesIO(response.data)).get_sheet_by_index(0).to_python()
    unknown, known = (dict(zip(heading, row, strict=True)) for row in rows)
    assert (known["Scanned"], known["Item"], known["Code"], known["Quantity"]) == (
        datetime(2026, 3, 2, 0, 30),  # noqa: DTZ001  # by the company's clock, as a workbook has it
        "冰红茶",
        BOTTLE,
        1,
    )
    assert (unknown["Item"], unknown["Code"], unknown["Quantity"]) == ("", NOBODY, "")


def test_all_scans_are_found_by_what_became_of_them_by_who_and_when(
    phone: Phone, sign_in: SignIn, manager: Callable[..., TestResponse]
) -> None:
    phone.send(
        phone.event(), phone.event(NOBODY), phone.event("TO-DROP"), phone.event(CARTON, kind="set", quantity="3")
    )
    dropped = {row.raw: row.id for row in list_parked(db.session(), "tally", 1)}["TO-DROP"]
    manager(f"/scans/{dropped}/drop", 303, note="a toy")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    seen = {
        query: {code for code in (BOTTLE, CARTON, NOBODY, "TO-DROP") if f">{code}<" in page}
        for query in (
            "state=taken",
            "state=waits",
            "state=dropped",
            "act=set",
            f"from={yesterday}",
            f"to={yesterday}",
            f"q={phone.user_id}x",
        )
        for page in [sign_in("manager").get(f"/scans/?{query}").get_data(as_text=True)]
    }
    assert seen == {
        "state=taken": {BOTTLE, CARTON},
        "state=waits": {NOBODY},
        "state=dropped": {"TO-DROP"},
        "act=set": {CARTON},
        f"from={yesterday}": {BOTTLE, CARTON, NOBODY, "TO-DROP"},
        f"to={yesterday}": set(),
        f"q={phone.user_id}x": set(),
    }
    tray = sign_in("manager").get("/scans/waiting?why=unknown_code").get_data(as_text=True)
    assert NOBODY in tray
    assert NOBODY not in sign_in("manager").get("/scans/waiting?why=failed").get_data(as_text=True)


# --- the tray ---------------------------------------------------------------------------------------------------------


def test_binding_a_code_lets_every_scan_of_it_flow_in_once(
    phone: Phone, goods: Goods, manager: Callable[..., TestResponse], tally: Tally
) -> None:
    phone.send(phone.event(NOBODY), phone.event("OTHER"), phone.event(NOBODY, task="tally:2"), phone.event(NOBODY))
    first = waiting()[0]
    page = manager(f"/scans/{first}?q=冰红茶").get_data(as_text=True)
    assert f'value="{goods.carton_pack}"' in page
    manager(f"/scans/{first}/bind", 303, pack_id=goods.carton_pack, remember="y")
    assert counted() == [(goods.bottle, "24.000")] * 2
    assert len(waiting()) == 1
    assert waiting(2) == []
    manager(f"/scans/{first}/bind", 409, pack_id=goods.carton_pack, remember="y")
    assert counted() == [(goods.bottle, "24.000")] * 2
    assert phone.scan(NOBODY)["item"]["id"] == goods.bottle
    assert len(tally.seen) == 4


def test_a_code_may_be_explained_without_being_remembered(
    phone: Phone, goods: Goods, manager: Callable[..., TestResponse]
) -> None:
    phone.send(phone.event(NOBODY), phone.event(NOBODY))
    manager(f"/scans/{waiting()[0]}/bind", 303, pack_id=goods.bottle_pack)
    assert counted() == [(goods.bottle, "1.000")]
    assert len(waiting()) == 1


def test_a_barcode_entered_elsewhere_lets_waiting_scans_flow_in(
    phone: Phone, goods: Goods, manager: Callable[..., TestResponse], write: Write, owner: int
) -> None:
    phone.scan(NOBODY)
    with write() as session:
        add_barcode(session, goods.bottle_pack, NOBODY, owner, datetime.now(UTC))
    manager("/scans/waiting/again", 303, go="1")
    assert counted() == [(goods.bottle, "1.000")]


def test_a_dropped_scan_counts_for_nothing_and_says_why(phone: Phone, manager: Callable[..., TestResponse]) -> None:
    phone.scan(NOBODY)
    [scan] = waiting()
    manager(f"/scans/{scan}/drop", 400, note="")
    manager(f"/scans/{scan}/drop", 303, note="promotional gift")
    assert (waiting(), counted()) == ([], [])
    assert "promotional gift" in manager(f"/scans/{scan}").get_data(as_text=True)


def test_a_parked_scan_is_taken_as_it_is_where_its_task_takes_it(
    phone: Phone, goods: Goods, manager: Callable[..., TestResponse], tally: Tally
) -> None:
    tally.parks = "failed"
    phone.scan(BOTTLE)
    [scan] = waiting()
    manager(f"/scans/{scan}/take", 409, go="1")
    assert waiting() == [scan]
    tally.parks = None
    manager(f"/scans/{scan}/take", 303, go="1")
    assert counted() == [(goods.bottle, "1.000")]


def test_a_scan_without_a_known_user_counts_for_whoever_answers_for_it(
    phone: Phone, make_phone: Callable[..., Phone]
) -> None:
    phone.scan(BOTTLE, grant="forged")
    [scan] = waiting()
    chief = make_phone("manager")
    assert chief.client.post(f"/scans/{scan}/take").status_code == 303
    db.session.remove()
    assert [one.user_id for one in list_scans(db.session(), "tally", 1)] == [chief.user_id]


def test_an_item_by_lots_still_needs_its_lot(phone: Phone, goods: Goods, manager: Callable[..., TestResponse]) -> None:
    phone.scan(NOBODY)
    [scan] = waiting()
    manager(f"/scans/{scan}/bind", 409, pack_id=goods.cheese_pack)
    assert waiting() == [scan]
    assert phone.scan(CHEESE, lot="L1", expiry="2027-01-31")["status"] == "accepted"


@pytest.mark.parametrize("role", ["warehouse", "viewer", "buyer"])
def test_only_who_may_decide_decides(phone: Phone, sign_in: SignIn, role: str) -> None:
    phone.scan(NOBODY)
    [scan] = waiting()
    assert sign_in(role).post(f"/scans/{scan}/drop", data={"note": "x"}).status_code == 403
    assert waiting() == [scan]


def test_a_scan_that_does_not_exist_is_not_found(sign_in: SignIn, goods: Goods) -> None:
    assert sign_in("manager").get(f"/scans/{uuid4()}").status_code == 404


# --- the API's description --------------------------------------------------------------------------------------------


def test_the_api_describes_itself_from_its_code(app: Flask, sign_in: SignIn) -> None:
    client = sign_in("viewer")
    told = client.get("/api/v1/openapi.json").get_json()
    paths = {"/api/v1/scans", "/api/v1/clock", "/api/v1/photos"}
    paths |= {"/api/v1/scans/{scan_id}/photos", "/api/v1/stocktakes/{stocktake_id}", "/api/v1/items/{item_id}/lots"}
    assert paths == set(told["paths"])
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(told)))
    assert references <= set(told["components"]["schemas"])
    page = client.get("/api/v1/docs").get_data(as_text=True)
    assert all(name in page for name in told["components"]["schemas"])
    assert "Read the codes in a photo." in page
    assert "识别照片中的条码。" in sign_in("viewer", locale="zh").get("/api/v1/docs").text


# --- a program on the phone -------------------------------------------------------------------------------------------


def test_the_manifest_the_worker_and_the_offline_page_need_nobody(app: Flask) -> None:
    client = app.test_client()
    manifest = client.get("/manifest.webmanifest")
    assert manifest.mimetype == "application/manifest+json"
    assert manifest.get_json(force=True)["display"] == "standalone"
    offline = client.get("/offline")
    assert offline.status_code == 200
    assert "Set-Cookie" not in offline.headers
    assert "csrf" not in offline.get_data(as_text=True)


def test_the_worker_may_look_after_the_whole_site(app: Flask) -> None:
    is_built = Path(app.static_folder or "", "sw.js").exists()
    with app.test_client().get("/sw.js") as response:
        assert response.status_code == (200 if is_built else 404)
        if is_built:
            assert response.headers["Service-Worker-Allowed"] == "/"
            assert response.headers["Cache-Control"] == "no-cache"
            assert response.mimetype == "text/javascript"


def test_everybody_who_may_scan_may_see_their_scans() -> None:
    assert {role.value for role in roles_with(Permission.SCAN)} == {"owner", "manager", "warehouse"}
