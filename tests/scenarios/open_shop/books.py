"""The same shop in the books: articles, bins, opening stock, and the moves as they come in."""

import csv
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.catalog.models import Barcode, Item, Lot, Pack, Unit
from app.db import db
from app.kernel.gtin import barcode_key
from app.ledger.facts import MoveFact
from app.ledger.models import Balance
from app.ledger.service import post
from app.places.models import Location
from app.places.rules import End, LocationKind
from app.stocktake.causes.rules import Place
from tests.conftest import SHARED_DATA, Write
from tests.scenarios.open_shop.counting import carton_code
from tests.scenarios.open_shop.physics import OPENING, Carried, Goods, Spot, World, made_up

ARTICLES, BINS = 1_669, 200
BY_LOTS = 17  # every so manieth article is kept by lots
BY_CARTONS = 4


def articles() -> list[tuple[str, str]]:
    """The real articles (code, name) in the order of their numbers; without the data as many made-up ones."""
    path = SHARED_DATA / "business" / "products_ean_zh.csv"
    if not path.exists():
        return [(made_up(number), f"商品{number:04d}") for number in range(ARTICLES)]
    with path.open(encoding="utf-8") as file:
        return sorted((row["gtin"], row["name"]) for row in csv.DictReader(file) if row["gtin"].startswith("69"))


def open_shop(goods: list[tuple[str, str]], chance: random.Random) -> World:
    """Put the articles into the bins, neighbours in number beside each other, and some of each into the dock."""
    bins = bin_codes()
    opening: dict[Spot, int] = {}
    for number, (code, _) in enumerate(goods):
        place = bins[number * BINS // len(goods)]
        for lot in ("L1", "L2") if number % BY_LOTS == 0 else ("",):
            opening[Spot(place, Goods(code, lot))] = chance.randint(1, 60)
            if number % 9 == 0:
                opening[Spot("IN", Goods(code, lot))] = 40
    cartons = {code: chance.choice((6, 12, 24)) for code, _ in goods[::BY_CARTONS] if len(code) == 13}
    return World(opening, cartons, dict(goods))


@cache
def bin_codes() -> tuple[str, ...]:
    """The bins in the order of walking."""
    return tuple(f"A-{number // 20 + 1:02d}-{number % 20 + 1:02d}" for number in range(BINS))


@dataclass
class Shop:
    """The books: ids of everything that has a name."""

    write: Write
    began: datetime
    by: int
    warehouse: int
    items: Mapping[str, int]
    places: Mapping[str, int]
    lots: Mapping[Goods, int]
    sent: dict[Carried, str] = field(default_factory=dict)

    def place(self, spot: Spot) -> Place:
        """Return how a stocktake names a spot."""
        return Place(self.places[spot.place], self.items[spot.goods.code], self.lots.get(spot.goods, 0))

    def instant(self, at: int) -> datetime:
        """Return the instant of a moment of the story."""
        return self.began + timedelta(milliseconds=at)

    def hear(self, act: Carried, key: str, now: datetime) -> None:
        """Post a move as its document does."""
        fact = MoveFact(
            self.items[act.goods.code],
            Decimal(act.quantity),
            self.places[act.source],
            self.places[act.target],
            self.instant(act.at),
            self.lots.get(act.goods, 0),
        )
        with self.write() as session:
            post(session, "transfer", key, [fact], by=self.by, effective_on=now.date(), now=now)

    def balances(self) -> dict[Place, Decimal]:
        """What the books have everywhere."""
        db.session.remove()
        rows = db.session.execute(
            select(Balance.location_id, Balance.item_id, Balance.lot_id, Balance.quantity).where(Balance.quantity > 0)
        )
        return {Place(*row[:3]): row.quantity for row in rows}


def enter(
    write: Write, world: World, goods: list[tuple[str, str]], by: int, began: datetime, chance: random.Random
) -> Shop:
    """Write the shop down: what there is, where it can lie, and what lay there when the books began."""
    with write() as session:
        unit, carton = Unit(name="瓶"), Unit(name="箱")
        session.add_all([unit, carton])
        session.flush()
        items = _items(session, goods, unit.id)
        _packs(session, items, world.cartons, unit.id, carton.id)
        lots = _lots(session, items, world.opening)
        warehouse, places = _places(session)
        shop = Shop(write, began, by, warehouse, items, places, lots)
        at = shop.instant(OPENING)
        facts = [
            MoveFact(
                items[spot.goods.code],
                Decimal(quantity),
                End.OPENING,
                places[spot.place],
                at,
                lots.get(spot.goods, 0),
                Decimal(quantity * chance.randint(50, 3_000) + chance.randint(0, 99)).scaleb(-2),
            )
            for spot, quantity in world.opening.items()
        ]
        post(session, "opening", "opening", facts, by=by, effective_on=at.date(), now=at)
    return shop


def _items(session: Session, goods: Iterable[tuple[str, str]], unit: int) -> dict[str, int]:
    rows = [
        {
            "code": f"SP{number}",
            "name": name,
            "unit_id": unit,
            "own_fields": {},
            "tracks_lots": number % BY_LOTS == 0,
        }
        for number, (_, name) in enumerate(goods)
    ]
    ids = session.scalars(insert(Item).returning(Item.id, sort_by_parameter_order=True), rows)
    return {code: item for (code, _), item in zip(goods, ids, strict=True)}


def _packs(session: Session, items: Mapping[str, int], cartons: Mapping[str, int], unit: int, carton: int) -> None:
    packs = [(code, {"item_id": item, "unit_id": unit, "factor": Decimal(1)}) for code, item in items.items()]
    packs += [
        (carton_code(code), {"item_id": items[code], "unit_id": carton, "factor": Decimal(pieces)})
        for code, pieces in cartons.items()
    ]
    ids = session.scalars(insert(Pack).returning(Pack.id, sort_by_parameter_order=True), [row for _, row in packs])
    codes = [{"code": barcode_key(code), "pack_id": pack} for (code, _), pack in zip(packs, ids, strict=True)]
    session.execute(insert(Barcode), codes)


def _lots(session: Session, items: Mapping[str, int], spots: Iterable[Spot]) -> dict[Goods, int]:
    named = sorted({spot.goods for spot in spots if spot.goods.lot})
    rows = [{"item_id": items[goods.code], "code": goods.lot} for goods in named]
    return dict(
        zip(named, session.scalars(insert(Lot).returning(Lot.id, sort_by_parameter_order=True), rows), strict=True)
    )


def _places(session: Session) -> tuple[int, dict[str, int]]:
    warehouse = Location(kind=LocationKind.WAREHOUSE, code="CK1")
    session.add(warehouse)
    session.flush()
    kinds = {"IN": LocationKind.DOCK, "OUT": LocationKind.STAGING} | dict.fromkeys(bin_codes(), LocationKind.BIN)
    rows = [
        {"kind": kind, "code": code, "parent_id": warehouse.id, "warehouse_id": warehouse.id}
        for code, kind in kinds.items()
    ]
    ids = session.scalars(insert(Location).returning(Location.id, sort_by_parameter_order=True), rows)
    return warehouse.id, dict(zip(kinds, ids, strict=True))
