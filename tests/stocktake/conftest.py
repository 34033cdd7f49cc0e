"""A shop to count and people to count it."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask

from app.catalog.queries import find_base_packs
from app.catalog.rules import ItemDraft
from app.catalog.service import add_barcode, add_item, add_pack
from app.db import db
from app.identity.grants import issue_grant
from app.identity.queries import find_principal
from app.kernel.errors import RuleBroken
from app.places.models import Location
from app.places.rules import LocationKind
from tests.conftest import SignIn, Write
from tests.handheld.phones import Phone, new_device
from tests.stocktake.shop import COLA, MILK, NUTS, TEA, TEA_CARTON, Shop, now

Act = Callable[[], object]


@pytest.fixture
def at_once(app: Flask, apart: None) -> Callable[..., list[object]]:
    """Run acts in threads of their own, each with its own connection; return what each gave or was told."""
    assert apart is None

    def run(*acts: Act) -> list[object]:
        ready = threading.Barrier(len(acts))
        results: list[object] = [None] * len(acts)

        def one(number: int, act: Act) -> None:
            with app.app_context():
                ready.wait(10)
                try:
                    results[number] = act()
                except RuleBroken as error:
                    results[number] = error
                finally:
                    db.session.remove()

        db.session.remove()
        threads = [threading.Thread(target=one, args=pair) for pair in enumerate(acts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    return run


@pytest.fixture
def make_phone(sign_in: SignIn, make_user: Callable[..., int]) -> Callable[..., Phone]:
    """Give a user of the named roles (or the given one) a phone."""

    def make(*roles: str, user_id: int | None = None) -> Phone:
        number = user_id or make_user(*roles)
        user = find_principal(db.session(), number, 0, None)
        assert user
        device = new_device()
        return Phone(sign_in(user_id=number), number, device, issue_grant(user, device, datetime.now(UTC)))

    return make


@pytest.fixture
def shop(write: Write, make_user: Callable[..., int], make_phone: Callable[..., Phone]) -> Shop:
    """Tea (also by the carton of 24), cola, nuts by weight, milk by lots; a warehouse with a zone and four bins."""
    owner, manager = make_user("owner"), make_user("manager")
    with write() as session:

        def add(name: str, unit: str, code: str, *, tracks_lots: bool = False) -> int:
            item = add_item(session, ItemDraft(name=name, unit=unit, tracks_lots=tracks_lots), owner, now())
            add_barcode(session, find_base_packs(session, [item.id])[item.id].pack_id, code, owner, now())
            return item.id

        tea = add("冰红茶", "瓶", TEA)
        add_barcode(session, add_pack(session, tea, "箱", Decimal(24), owner, now()).id, TEA_CARTON, owner, now())
        cola, nuts = add("可乐", "瓶", COLA), add("核桃", "kg", NUTS)
        milk = add("鲜奶", "盒", MILK, tracks_lots=True)
        warehouse = Location(kind=LocationKind.WAREHOUSE, code="W1")
        session.add(warehouse)
        session.flush()
        zone = Location(kind=LocationKind.ZONE, code="Z1", parent_id=warehouse.id, warehouse_id=warehouse.id)
        session.add(zone)
        session.flush()
        bins = [
            Location(
                kind=LocationKind.BIN,
                code=f"A-{number}",
                parent_id=zone.id if number <= 2 else warehouse.id,
                warehouse_id=warehouse.id,
            )
            for number in range(1, 5)
        ]
        session.add_all(bins)
        session.flush()
        return Shop(
            *(write, make_phone, warehouse.id, zone.id, tuple(each.id for each in bins)),
            *(tea, cola, nuts, milk, owner, manager),
        )
