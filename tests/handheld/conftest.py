"""Goods to scan, a task to scan for, and phones."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.catalog.queries import find_base_packs
from app.catalog.rules import ItemDraft
from app.catalog.service import add_barcode, add_item, add_pack
from app.db import db
from app.identity.grants import issue_grant
from app.identity.queries import find_principal
from app.places.models import Location
from app.places.rules import LocationKind
from app.scanning.tasks import TASKS
from tests.conftest import SignIn, Write
from tests.handheld.phones import BOTTLE, CARTON, CHEESE, NUTS, Goods, Phone, Tally, new_device

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def owner(make_user: Callable[..., int]) -> int:
    """Id of the user who enters goods and places."""
    return make_user("owner")


@pytest.fixture
def goods(write: Write, owner: int) -> Goods:
    """A bottle and its carton, a cheese by lots, nuts by weight, and three bins."""
    with write() as session:

        def add(name: str, unit: str, code: str, *, by_lots: bool = False) -> tuple[int, int]:
            draft = ItemDraft(name=name, unit=unit, tracks_lots=by_lots, tracks_expiry=by_lots)
            item = add_item(session, draft, owner, NOW)
            pack = find_base_packs(session, [item.id])[item.id].pack_id
            add_barcode(session, pack, code, owner, NOW)
            return item.id, pack

        bottle, bottle_pack = add("冰红茶", "瓶", BOTTLE)
        carton = add_pack(session, bottle, "箱", Decimal(24), owner, NOW)
        add_barcode(session, carton.id, CARTON, owner, NOW)
        cheese, cheese_pack = add("奶酪", "盒", CHEESE, by_lots=True)
        nuts, _ = add("核桃", "kg", NUTS)
        warehouse = Location(kind=LocationKind.WAREHOUSE, code="W1")
        session.add(warehouse)
        session.flush()
        bins = [
            Location(kind=LocationKind.BIN, code=f"A-{number}", parent_id=warehouse.id, warehouse_id=warehouse.id)
            for number in range(1, 4)
        ]
        session.add_all(bins)
        session.flush()
        return Goods(bottle, bottle_pack, carton.id, cheese, cheese_pack, nuts, tuple(bin_.id for bin_ in bins))


@pytest.fixture
def tally(monkeypatch: pytest.MonkeyPatch) -> Tally:
    """The task of every event that says "tally"."""
    task = Tally()
    monkeypatch.setitem(TASKS, "tally", task)
    return task


@pytest.fixture
def make_phone(sign_in: SignIn, make_user: Callable[..., int]) -> Callable[..., Phone]:
    """Give a user of the named roles a phone."""

    def make(*roles: str) -> Phone:
        user_id = make_user(*(roles or ("warehouse",)))
        user = find_principal(db.session(), user_id, 0, None)
        assert user
        device = new_device()
        return Phone(sign_in(user_id=user_id), user_id, device, issue_grant(user, device, datetime.now(UTC)))

    return make


@pytest.fixture
def phone(make_phone: Callable[..., Phone], goods: Goods, tally: Tally) -> Phone:
    """The phone of somebody from the warehouse, with goods to scan and a task to scan for."""
    return make_phone("warehouse")
