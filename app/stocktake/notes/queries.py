"""What is asked about notes: those of one line, of a whole stocktake, and what people type to name a line."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, select
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
from app.stocktake.notes.rules import About, GoodsUnknown


class Note(Struct, frozen=True):
    """A note with the names that a page shows."""

    about: About
    bin: str
    item: str | None
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
        .outerjoin(Item, Item.id == StocktakeNote.item_id)
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
        Note(About(row.bin_id, row.item_id, row.lot_id), bin_code, item, lot, row.text, row.file_id, by, row.at)
        for row, bin_code, item, lot, by in session.execute(statement)
    ]


def notes_by_place(session: Session, stocktake_id: int) -> dict[Place, list[Note]]:
    """Return the notes of a stocktake by the line they are about, without those about whole bins. One query."""
    found: dict[Place, list[Note]] = defaultdict(list)
    for note in list_notes(session, stocktake_id):
        if note.about.item is not None:
            found[Place(note.about.bin, note.about.item, note.about.lot)].append(note)
    return found


def note_rows(stocktake_id: int) -> Select[Any]:
    """Return the statement of the list of a stocktake's notes: one row a note or photo."""
    columns: tuple[Any, ...] = (
        StocktakeNote.id,
        StocktakeNote.bin_id,
        StocktakeNote.item_id,
        StocktakeNote.lot_id,
        StocktakeNote.text,
        StocktakeNote.file_id,
        StocktakeNote.at,
        Location.code.label("bin"),
        Item.name.label("item"),
        Lot.code.label("lot"),
        User.name.label("by"),
    )
    return (
        select(*columns)
        .join(Location, Location.id == StocktakeNote.bin_id)
        .outerjoin(Item, Item.id == StocktakeNote.item_id)
        .join(Lot, Lot.id == StocktakeNote.lot_id)
        .join(User, User.id == StocktakeNote.by_id)
        .where(StocktakeNote.stocktake_id == stocktake_id)
    )


def find_place(session: Session, stocktake: Stocktake, bin_code: str, goods_code: str) -> About:
    """Return what a bin's code and an item's code or barcode name, without a lot; no item's code: the bin.

    Errors: GoodsUnknown.
    """
    places = find_places_by_codes(session, [bin_code])
    if bin_code not in places or places[bin_code].warehouse_id != stocktake.warehouse_id:
        raise GoodsUnknown(code=bin_code)
    if not goods_code:
        return About(places[bin_code].id)
    items = find_items_by_codes(session, [goods_code])
    packs = find_packs_by_codes(session, [goods_code])
    if goods_code in items:
        return About(places[bin_code].id, items[goods_code])
    pack = packs.get(barcode_key(goods_code))
    if pack is None:
        raise GoodsUnknown(code=goods_code)
    return About(places[bin_code].id, pack.item_id)


def is_countable_place(session: Session, stocktake: Stocktake, place: About) -> bool:
    """Return whether the bin lies in the stocktake's warehouse, its item exists if it has one, and owns the lot."""
    here = select(Location.id).where(Location.id == place.bin, Location.warehouse_id == stocktake.warehouse_id)
    lots: Sequence[int | None] = session.scalars(select(Lot.item_id).where(Lot.id == place.lot)).all()
    own_lot = not place.lot or lots == [place.item]
    known = place.item is None or session.get(Item, place.item) is not None
    return bool(session.scalar(here)) and own_lot and known
