"""A shop under stocktake, eight counters with phones, and the events they send: what the intake bench runs on."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.bulk import refresh_statistics
from app.catalog.models import Barcode, Item, Pack, Unit
from app.company.models import Company
from app.company.rules import Chart, TaxStatus
from app.db import db, transaction
from app.identity.grants import issue_grant
from app.identity.models import Device, User
from app.identity.queries import principal_of
from app.identity.rules import Role
from app.kernel.gtin import check_digit
from app.kernel.ids import uuid7
from app.places.models import Location
from app.places.rules import LocationKind
from app.scanning.drafts import Draft
from app.scanning.sent import SentScan, digest_of
from app.stocktake.rules import Scope, ScopeKind
from app.stocktake.service import Plan, plan, start

PHONES = 8
ITEMS = 2_000
BINS_EACH = 100
SCANS_A_BIN = 60


@dataclass(frozen=True)
class Counter:
    """One phone: its cookie, its id, and the token of who counts with it."""

    cookie: str
    device: UUID
    grant: str


@dataclass(frozen=True)
class Shop:
    """What the phones need to know."""

    counters: tuple[Counter, ...]
    codes: tuple[str, ...]
    bins: tuple[int, ...]
    task: str


def open_shop(app: Flask) -> Shop:
    """Create every table, people with phones, goods with barcodes, bins, and a stocktake that counts them."""
    now = datetime.now(UTC)
    with app.app_context():
        db.create_all()
        with transaction() as session:
            session.add(Company(name="测试", chart=Chart.SMALL, tax_status=TaxStatus.GENERAL, set_up_at=now))
            people = [
                User(login=f"counter{n}", name=f"Counter {n}", password_hash="!", roles=[Role.OWNER], created_at=now)
                for n in range(PHONES)
            ]
            session.add_all(people)
            session.flush()
            counters = tuple(_counter(app, session, user, now) for user in people)
            codes, (warehouse, bins) = _add_goods(session), _add_bins(session)
            stocktake = plan(session, Plan(warehouse, Scope(ScopeKind.WAREHOUSE)), people[0].id, now)
            start(session, stocktake.id, people[0].id, now)
            refresh_statistics(session)
            shop = Shop(counters, codes, bins, f"stocktake:{stocktake.id}")
        db.session.remove()
        db.engine.dispose()
    return shop


def _counter(app: Flask, session: Session, user: User, now: datetime) -> Counter:
    device = uuid4()
    session.add(Device(id=device, first_seen_at=now, last_seen_at=now))
    client = app.test_client()
    with client.session_transaction() as browser:
        browser["_user_id"] = f"{user.id}.0"
        browser["_fresh"] = True
        browser["device"] = str(device)
        browser["day"] = int(time.time()) // 86400
    cookie = client.get_cookie("zhangshi")
    assert cookie
    return Counter(f"zhangshi={cookie.value}", device, issue_grant(principal_of(user), device, now))


def _add_goods(session: Session) -> tuple[str, ...]:
    unit = Unit(name="瓶")
    session.add(unit)
    session.flush()
    numbers = range(1, ITEMS + 1)
    # A fresh database numbers them from 1 on, in this order.
    items = [{"code": f"SP{n}", "name": f"商品 {n}", "unit_id": unit.id} for n in numbers]
    packs = [{"item_id": n, "unit_id": unit.id, "factor": Decimal(1)} for n in numbers]
    payloads = [f"690{n:09d}" for n in numbers]
    codes = tuple(payload + check_digit(payload) for payload in payloads)
    barcodes = [{"code": f"0{code}", "pack_id": n} for n, code in zip(numbers, codes, strict=True)]
    for model, rows in ((Item, items), (Pack, packs), (Barcode, barcodes)):
        session.execute(insert(model), rows)
    return codes


def _add_bins(session: Session) -> tuple[int, tuple[int, ...]]:
    warehouse = Location(kind=LocationKind.WAREHOUSE, code="W")
    session.add(warehouse)
    session.flush()
    bins = [
        Location(kind=LocationKind.BIN, code=f"A-{n}", parent_id=warehouse.id, warehouse_id=warehouse.id)
        for n in range(PHONES * BINS_EACH)
    ]
    session.add_all(bins)
    session.flush()
    return warehouse.id, tuple(each.id for each in bins)


def make_scan(shop: Shop, phone: int, number: int) -> SentScan:
    """Return the scan that a counter makes as the *number*-th: bin after bin, about ten different items in each."""
    counter = shop.counters[phone]
    bin_number = number // SCANS_A_BIN % BINS_EACH
    return SentScan(
        id=uuid7(),
        device=counter.device,
        sequence=number,
        grant=counter.grant,
        task=shop.task,
        kind="scan",  # type: ignore[arg-type]  # the wire's word; the enum costs time in a loop of 100,000
        raw=shop.codes[(phone * 131 + bin_number * 17 + number % 10) % ITEMS],
        symbology="EAN-13",
        location=shop.bins[phone * BINS_EACH + bin_number],
        quantity="1.000",
        scanned_at=datetime.now(UTC),
        clock_offset_ms=12,
        uncertainty_ms=40,
        elapsed_ms=5000,
    )


def make_row(shop: Shop, number: int) -> dict[str, object]:
    """Return the row in which such a scan is kept."""
    sent = make_scan(shop, number % PHONES, number)
    draft = Draft(sent, sent.id, digest_of(sent), sent.scanned_at, sent.scanned_at, user_id=1)
    item = 1 + number % ITEMS
    found = {"item_id": item, "pack_id": item, "factor": Decimal(1), "location_id": sent.location}
    return dict(draft.as_row()) | found | {"quantity": Decimal("1.000"), "counted": Decimal("1.000")}
