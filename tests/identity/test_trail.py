"""The audit trail as an auditor reads it: what it speaks of is called by its name and can be found by it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import load_workbook

from app.identity.audit import audit
from app.identity.models import Device
from app.places.rules import LocationKind
from app.places.service import add_place, add_warehouse, edit_place
from tests.conftest import SignIn, Write

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def page(client: FlaskClient, query: str = "") -> str:
    return client.get(f"/audit{query}").get_data(as_text=True)


def test_the_subject_is_called_by_its_name_and_found_by_it(
    app: Flask, write: Write, make_user: Callable[..., int], sign_in: SignIn
) -> None:
    person, phone = make_user("warehouse", name="王师傅"), uuid4()
    with write() as session:
        session.add(Device(id=phone, name="一号手机", first_seen_at=NOW, last_seen_at=NOW))
        session.flush()
        audit(session, person, "user.sign_out_everywhere", f"user:{person}", {}, NOW)
        audit(session, person, "device.revoke", f"device:{phone}", {"name": "一号手机"}, NOW)
        audit(session, person, "scan.settle", "scan:*", {"taken": 3}, NOW)
    shown = page(sign_in("manager"))
    assert "User 王师傅" in shown
    assert "Device 一号手机" in shown
    assert ">Scan<" in shown.replace(" ", "").replace("\n", "")
    found = page(sign_in("manager"), "?q=一号手机&sort=subject")
    assert "Device revoked" in found.split("<tbody>")[1]
    assert "Signed out everywhere" not in found.split("<tbody>")[1]


@ON_SQLITE
def test_places_are_told_by_codes_and_not_by_numbers(app: Flask, write: Write, sign_in: SignIn) -> None:
    with write() as session:
        warehouse = add_warehouse(session, "CK9", "", 1, NOW)
        zones = [add_place(session, LocationKind.ZONE, warehouse.id, code, "", 1, NOW) for code in ("冷库", "常温")]
        shelf = add_place(session, LocationKind.BIN, zones[0].id, "K-1", "", 1, NOW)
        edit_place(session, shelf.id, "K-1", "", zones[1].id, 1, NOW)
    shown = page(sign_in("manager", locale="zh"), "?action=place.edit")
    assert "所属：冷库 → 常温" in shown
    assert "地点 K-1" in shown
    assert "lies_in" not in shown


@ON_SQLITE
def test_the_roles_of_a_user_are_called_as_they_are_on_the_users_page(sign_in: SignIn) -> None:
    owner = sign_in("owner", locale="zh")
    owner.post("/users/new", data={"login": "li", "name": "李", "password": "shelves-x", "roles": ["warehouse"]})
    assert "角色：仓库人员" in page(owner, "?action=user.create")


@ON_SQLITE
def test_a_sign_in_names_the_device(app: Flask, sign_in: SignIn) -> None:
    sign_in("owner").post("/users/new", data={"login": "li", "name": "李", "password": "shelves-x", "roles": ["owner"]})
    agent = {"User-Agent": "Mozilla/5.0 (Linux; Android 14; K) Chrome/130 Mobile"}
    app.test_client().post("/sign-in", data={"login": "li", "password": "shelves-x"}, headers=agent)
    assert "Device: Android" in page(sign_in("manager"), "?action=user.sign_in")


def test_the_trail_is_narrowed_to_days_of_the_company(app: Flask, write: Write, sign_in: SignIn) -> None:
    midnight = datetime(2026, 11, 22, 16, tzinfo=UTC)  # where the company is
    with write() as session:
        for name, at in (("user.create", midnight - timedelta(microseconds=1)), ("user.edit", midnight)):
            audit(session, None, name, "user:1", {}, at)
    client, words = sign_in("manager"), {"evening": "User created", "morning": "User changed"}
    seen = {
        query: {day for day, word in words.items() if word in page(client, f"?{query}").partition("<tbody>")[2]}
        for query in (
            *("from=2026-11-23", "to=2026-11-22", "from=2026-11-22&to=2026-11-23", "from=2026-11-24&to=2026-11-25"),
            *("from=yesterday", "from=2026-02-30&to=", "to=0001-01-01", "to=9999-12-31"),
        )
    }
    both = {"evening", "morning"}
    assert seen == {
        "from=2026-11-23": {"morning"},
        "to=2026-11-22": {"evening"},
        "from=2026-11-22&to=2026-11-23": both,
        "from=2026-11-24&to=2026-11-25": set(),
        # What is no day narrows nothing.
        "from=yesterday": both,
        "from=2026-02-30&to=": both,
        "to=0001-01-01": both,
        "to=9999-12-31": both,
    }
    assert "Nothing found" in page(client, "?from=2026-11-24&to=2026-11-25")
    exported = client.get("/audit?format=xlsx&from=2026-11-22&to=2026-11-22")
    _heading, *rows = load_workbook(BytesIO(exported.data)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows] == ["User created"]
