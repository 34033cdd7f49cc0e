"""A small shop with goods in bins, for what is read from the ledger."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.catalog.models import NO_LOT, Lot
from app.catalog.rules import ItemDraft
from app.catalog.service import add_item
from app.ledger.facts import MoveFact
from app.ledger.service import post
from app.places.queries import find_places_by_codes
from app.places.rules import End
from app.places.service import add_range, add_warehouse
from tests.conftest import Write

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
TODAY = date(2026, 3, 2)


@dataclass(frozen=True)
class Shop:
    """Ids of tea (pieces) and flour (by lot), of two warehouses and their bins."""

    write: Write
    by: int
    tea: int
    flour: int
    old: int  # lots of flour
    fresh: int
    places: dict[str, int]  # by code

    def move(
        self,
        key: str,
        item: int,
        quantity: str,
        source: int,
        target: int,
        *,
        lot: int = NO_LOT,
        value: str | None = None,
    ) -> int:
        """Post one move; return its posting."""
        minute = timedelta(minutes=int(key))
        fact = MoveFact(
            item, Decimal(quantity), source, target, START + minute, lot, value=Decimal(value) if value else None
        )
        with self.write() as session:
            now = START + timedelta(hours=12)
            kind = "opening" if source == End.OPENING else "test"
            return post(session, kind, key, [fact], by=self.by, effective_on=TODAY, now=now).seq


@pytest.fixture
def shop(write: Write, make_user: Callable[..., int]) -> Shop:
    """Two warehouses: 20 tea in A-1, 5 in A-2, 4 in B-1; 3 old and 7.5 fresh flour in A-1."""
    by = make_user("owner", name="老板")
    with write() as session:
        first, second = add_warehouse(session, "W1", "", by, START), add_warehouse(session, "W2", "", by, START)
        add_range(session, first.id, ["A-1", "A-2", "A-3"], by, START)
        add_range(session, second.id, ["B-1"], by, START)
        codes = ["W1", "W2", "A-1", "A-2", "A-3", "B-1", "W1-QC"]
        places = {code: facts.id for code, facts in find_places_by_codes(session, codes).items()}
        tea = add_item(session, ItemDraft("冰红茶", "瓶", minimum=Decimal(10), category="饮料"), by, START).id
        flour = add_item(session, ItemDraft("面粉", "kg", tracks_lots=True, tracks_expiry=True), by, START).id
        lots = [
            Lot(item_id=flour, code=code, expiry=day)
            for code, day in (("旧", date(2026, 3, 1)), ("新", date(2099, 1, 1)))
        ]
        session.add_all(lots)
        session.flush()
        old, fresh = (lot.id for lot in lots)
    shop = Shop(write, by, tea, flour, old, fresh, places)
    shop.move("1", tea, "20", End.OPENING, places["A-1"], value="40")
    shop.move("2", tea, "5", End.OPENING, places["A-2"], value="10")
    shop.move("3", tea, "4", End.OPENING, places["B-1"], value="8")
    shop.move("4", flour, "3", End.OPENING, places["A-1"], lot=old, value="9")
    shop.move("5", flour, "7.5", End.OPENING, places["A-1"], lot=fresh, value="22.5")
    return shop
