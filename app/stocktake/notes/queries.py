"""What is asked about notes: those of one line, of a whole stocktake, and what people type to name a line."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item, Lot
from app.catalog.queries import find_items_by_codes, find_packs_by_codes
from app.identity.models import User
from app.kernel.gtin import barcode_key
from app.places.models import Location
from app.places.queries import find_places_by_codes
from app.stocktake.causes.rules import Place
from app.stocktake.models import Stocktake
from app.stocktake.notes.models import StocktakeNote
from app.stocktake.notes.rules import GoodsUnknown


@dataclass(frozen=True)
class Note:
    """A note with the names that a page shows."""

    place: Place
    bin: str
    item: str
    lot: str
    text: str
    file_id: int | None
    by: str
    at: datetime


def list_notes(session: Session, stocktake_id: int, place: Place | None = None) -> list[Note]:
    """Return the notes of a stocktake or of one of its lines, the earliest first. One query."""
    statement = (
        select(StocktakeNote, Location.code, Item.name, Lot.code, User.name)
        .join(Location, Location.id == StocktakeNote.bin_id)
        .join(Item, Item.id == StocktakeNote.item_id)
        .join(Lot, Lot.id == StocktakeNote.lot_id)
        .join(User, User.id == StocktakeNote.by_id)
        .where(StocktakeNote.stocktake_id == stocktake_id)
        .order_by(StocktakeNote.at, StocktakeNote.id)
    )
    if place is not None:
        statement = statement.where(
            StocktakeNote.bin_id == place.bin,
            StocktakeNote.item_id == place.item,
            StocktakeNote.lot_id == place.lot,
        )
    return [
        Note(Place(row.bin_id, row.item_id, row.lot_id), bin_code, item, lot, row.text, row.file_id, by, row.at)
        for row, bin_code, item, lot, by in session.execute(statement)
    ]


def notes_by_place(session: Session, stocktake_id: int) -> dict[Place, list[Note]]:
    """Return the notes of a stocktake by the line they are about. One query."""
    found: dict[Place, list[Note]] = defaultdict(list)
    for note in list_notes(session, stocktake_id):
        found[note.place].append(note)
    return found


def find_place(session: Session, stocktake: Stocktake, bin_code: str, goods_code: str) -> Place:
    """Return the place that a bin's code and an item's code or barcode name, without a lot. Errors: GoodsUnknown."""
    places = find_places_by_codes(session, [bin_code])
    if bin_code not in places or places[bin_code].warehouse_id != stocktake.warehouse_id:
        raise GoodsUnknown(code=bin_code)
    items = find_items_by_codes(session, [goods_code])
    packs = find_packs_by_codes(session, [goods_code])
    if goods_code in items:
        return Place(places[bin_code].id, items[goods_code], 0)
    pack = packs.get(barcode_key(goods_code))
    if pack is None:
        raise GoodsUnknown(code=goods_code)
    return Place(places[bin_code].id, pack.item_id, 0)


def is_countable_place(session: Session, stocktake: Stocktake, place: Place) -> bool:
    """Say whether the place lies in the stocktake's warehouse, its item exists, and its lot is the item's."""
    here = select(Location.id).where(Location.id == place.bin, Location.warehouse_id == stocktake.warehouse_id)
    lots: Sequence[int | None] = session.scalars(select(Lot.item_id).where(Lot.id == place.lot)).all()
    own_lot = not place.lot or lots == [place.item]
    return bool(session.scalar(here)) and own_lot and session.get(Item, place.item) is not None
