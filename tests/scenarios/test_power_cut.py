"""The server dies at random moments under load: what a phone was told is there once, the rest is on the phone."""

import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from app import create_app
from app.catalog.models import Barcode
from app.db import db, transaction
from app.demo.load import PASSWORD, load_demo
from app.identity.grants import issue_grant
from app.identity.models import Device, User
from app.identity.queries import find_principal
from app.kernel.ids import uuid7
from app.ledger.verify import verify
from app.places.models import Location
from app.scanning.models import Scan
from app.stocktake.models import Stocktake
from tests.browser.conftest import Server, free_port, start_server
from tests.scenarios.people import signed_in_cookie
from tests.scenarios.storm import Storm

FULL = os.environ.get("ZHANGSHI_FULL") == "1"
ROUNDS = {"sqlite": 200 if FULL else 20, "postgresql": 200 if FULL else 8}
PHONES = 3


@pytest.fixture
def installation(empty_database_url: str, tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    """A filled installation on a database of each kind."""
    app = create_app(tmp_path, SQLALCHEMY_DATABASE_URI=empty_database_url)
    with app.app_context():
        db.create_all()
        load_demo()
        db.session.remove()
        db.engine.dispose()
    yield app, empty_database_url
    with app.app_context():
        db.engine.dispose()


def _orders(app: Flask, url: str) -> dict[str, object]:
    """Return what the phones need: who they are, what they scan, where."""
    with app.app_context():
        number = db.session.scalars(select(Stocktake.id).where(Stocktake.state == "counting")).one()
        user_id = db.session.scalars(select(User.id).where(User.login == "warehouse")).one()
        principal = find_principal(db.session(), user_id, 0, None)
        assert principal
        senders = []
        with transaction() as session:
            for _ in range(PHONES):
                device, now = uuid7(), datetime.now(UTC)
                session.add(Device(id=device, name="storm", first_seen_at=now, last_seen_at=now, last_user_id=user_id))
                grant = issue_grant(principal, device, now)
                senders.append({"device": str(device), "grant": grant, "task": f"stocktake:{number}"})
        place = db.session.scalars(select(Location.id).where(Location.code == "C-04-3")).one()
        raw = db.session.scalars(select(Barcode.code).order_by(Barcode.id)).first()
        db.session.remove()
        db.engine.dispose()
    cookie = signed_in_cookie(url, "warehouse", PASSWORD)
    return {"senders": senders, "cookie": cookie, "raw": raw, "location": place, "pause_ms": 10}


def _stored(database_url: str) -> dict[str, int]:
    engine = create_engine(database_url)
    with Session(engine) as session:
        rows = session.execute(select(Scan.id, func.count()).where(Scan.kind == "scan").group_by(Scan.id)).all()
    engine.dispose()
    return {str(number): times for number, times in rows}


def test_a_scan_told_accepted_survives_every_power_cut_and_no_scan_is_lost_or_doubled(
    installation: tuple[Flask, str], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    app, database_url = installation
    chance = random.Random(7)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = Server(url, tmp_path, app, start_server(tmp_path, port, workers=2, database_url=database_url))
    storm = Storm(tmp_path, _orders(app, url))
    try:
        for _ in range(ROUNDS[database_url.split("+")[0].split(":")[0]]):
            before = len(storm.tell().accepted)
            storm.go(url)
            while len(storm.tell().accepted) == before:
                time.sleep(0.02)
            time.sleep(chance.uniform(0.0, 0.5))
            server.kill()
            storm.rest()
            stored, heard = _stored(database_url), storm.tell()
            assert {one: stored.get(one) for one in heard.accepted} == dict.fromkeys(heard.accepted, 1)
            assert heard.made - heard.accepted <= heard.held
            server.process = start_server(tmp_path, port, workers=2, database_url=database_url)
        deadline = time.monotonic() + 60
        while (heard := storm.tell()).held and time.monotonic() < deadline:
            time.sleep(0.1)
        assert heard.held == set()
        assert heard.made == heard.accepted
        stored = _stored(database_url)
        assert {one: stored.get(one) for one in heard.made} == dict.fromkeys(heard.made, 1)
        record_property("scans", len(heard.made))
        with app.app_context():
            assert verify(db.session()) == []
    finally:
        storm.end()
        server.kill()
