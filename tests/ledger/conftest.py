"""A small shop for the ledger's tests: items, lots, places, partners, and post() with little to say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace
from sqlalchemy.orm import Session

from app.catalog.models import NO_LOT, Item, Lot, Unit
from app.company.rules import AccountRole
from app.identity.models import User
from app.ledger.facts import CountFact, EntryFact, MoveFact, Posted, RevaluationFact
from app.ledger.service import post
from app.partners.models import Partner
from app.places.models import Location
from app.places.rules import End, LocationKind
from tests.conftest import Write

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
NOW = START + timedelta(days=30)
TODAY = date(2026, 4, 1)
LEAVES = (
    ("dock", LocationKind.DOCK),
    ("bin_a", LocationKind.BIN),
    ("bin_b", LocationKind.BIN),
    ("staging", LocationKind.STAGING),
    ("quarantine", LocationKind.QUARANTINE),
    ("transit", LocationKind.TRANSIT),
)


def at(minutes: float) -> datetime:
    """The instant so many minutes after the shop's first morning."""
    return START + timedelta(minutes=minutes)


@dataclass(frozen=True)
class Shop:
    """Ids of what the tests trade with, and short forms of the usual facts."""

    write: Write
    user: int
    items: tuple[int, ...]
    lots: tuple[int, ...]  # of the first item
    dock: int
    bin_a: int
    bin_b: int
    staging: int
    quarantine: int
    transit: int
    warehouse: int
    supplier: int
    customer: int

    def post(
        self,
        key: str,
        moves: Sequence[MoveFact] = (),
        *,
        kind: str = "test",
        entries: Sequence[EntryFact] = (),
        counts: Sequence[CountFact] = (),
        revaluations: Sequence[RevaluationFact] = (),
        on: date = TODAY,
        now: datetime = NOW,
    ) -> Posted:
        """Post in a transaction of its own."""
        with self.write() as session:
            return post(
                session, kind, key, moves, revaluations, entries, counts, by=self.user, effective_on=on, now=now
            )

    def new_item(self, code: str) -> int:
        """One more item on offer."""
        with self.write() as session:
            item = Item(code=code[:40], name=code, unit_id=session.get_one(Item, self.items[0]).unit_id)
            session.add(item)
            session.flush()
            return item.id

    def receive(self, key: str, quantity: str, value: str, minutes: float = 0, **where: int) -> Posted:
        """Goods from the supplier, to be paid; into bin A unless `target`, `item`, `lot` say otherwise."""
        amount = Decimal(value)
        owed = [EntryFact(AccountRole.PAYABLE, credit=amount, partner=self.supplier, due_on=TODAY)] if amount else []
        move = self.move(quantity, minutes, **{"source": End.SUPPLIER, "target": self.bin_a} | where)
        return self.post(key, [replace(move, value=amount)], kind="receipt", entries=owed)

    def issue(self, key: str, quantity: str, minutes: float = 0, **where: int) -> Posted:
        """Goods to a customer, out of bin A unless said otherwise."""
        move = self.move(quantity, minutes, **{"source": self.bin_a, "target": End.CUSTOMER} | where)
        return self.post(key, [move], kind="shipment")

    def transfer(self, key: str, quantity: str, minutes: float = 0, **where: int) -> Posted:
        """Goods from bin A to bin B unless said otherwise."""
        move = self.move(quantity, minutes, **{"source": self.bin_a, "target": self.bin_b} | where)
        return self.post(key, [move], kind="transfer")

    def move(
        self,
        quantity: str,
        minutes: float,
        *,
        source: int,
        target: int,
        item: int | None = None,
        lot: int = NO_LOT,
    ) -> MoveFact:
        """A move of the first item unless said otherwise."""
        return MoveFact(item or self.items[0], Decimal(quantity), source, target, at(minutes), lot)

    def count(
        self,
        key: str,
        counted: str,
        minutes: float = 0,
        *,
        location: int | None = None,
        item: int | None = None,
        lot: int = NO_LOT,
        unit_cost: Decimal | None = None,
        expected: Decimal | None = None,
    ) -> Posted:
        """A count of the first item in bin A unless said otherwise."""
        fact = CountFact(
            item or self.items[0],
            location or self.bin_a,
            Decimal(counted),
            at(minutes),
            f"{key}:line",
            lot,
            unit_cost=unit_cost,
            expected_difference=expected,
        )
        return self.post(key, kind="stocktake", counts=[fact])


def open_shop(write: Write) -> Shop:
    """Put people, goods and places into a fresh database."""
    with write() as session:
        user = User(login="keeper", name="Keeper", password_hash="!", roles=[], created_at=START)
        unit = Unit(name="瓶")
        session.add_all([user, unit])
        session.flush()
        items = [Item(code=f"I{n}", name=f"Item {n}", unit_id=unit.id, tracks_lots=n == 0) for n in range(4)]
        partners = [
            Partner(code="S", name="Supplier", is_supplier=True),
            Partner(code="C", name="Customer", is_customer=True),
        ]
        session.add_all([*items, *partners])
        session.flush()
        lots = [Lot(item_id=items[0].id, code=code) for code in ("L1", "L2")]
        warehouse, leaves = _places(session)
        session.add_all(lots)
        session.flush()
        return Shop(
            write=write,
            user=user.id,
            items=tuple(item.id for item in items),
            lots=tuple(lot.id for lot in lots),
            warehouse=warehouse,
            supplier=partners[0].id,
            customer=partners[1].id,
            **leaves,
        )


def _places(session: Session) -> tuple[int, dict[str, int]]:
    warehouse = Location(id=100, kind=LocationKind.WAREHOUSE, code="W")
    session.add(warehouse)
    session.flush()
    leaves = [
        Location(id=101 + n, kind=kind, code=code, parent_id=100, warehouse_id=100)
        for n, (code, kind) in enumerate(LEAVES)
    ]
    session.add_all(leaves)
    session.flush()
    return warehouse.id, {leaf.code: leaf.id for leaf in leaves}


@pytest.fixture
def shop(write: Write) -> Shop:
    """A shop with nothing in it yet."""
    return open_shop(write)
