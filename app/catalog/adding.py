"""Many items into the catalogue: first all that needs no right to write, then little more than the inserts.

Law: whoever holds the right to write holds up every scan; so a row is turned into what the database keeps beforehand.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from msgspec import Struct
from sqlalchemy import Dialect, Table
from sqlalchemy.orm import Session

from app.bulk import as_stored, insert_stored
from app.catalog.bulk import ensure_categories, ensure_units, free_codes, reserve_ids
from app.catalog.models import Barcode, Item, Pack
from app.catalog.rules import LONGEST_NAME, ItemDraft, ItemRow, category_path, normalise
from app.kernel.pinyin import initials
from app.kernel.text import one_line

ITEM, PACK, BARCODE = (cast("Table", model.__table__) for model in (Item, Pack, Barcode))


# What is known before the right to write is held, and what only its holder knows.
ITEM_FACTS = (
    *("name", "initials", "spec", "tax_rate", "purchase_price", "sale_price", "minimum", "safety"),
    *("tracks_lots", "tracks_expiry", "own_fields", "active"),
)
ITEM_COLUMNS = ("id", "code", "unit_id", "category_id", *ITEM_FACTS)
PACK_COLUMNS = ("id", "item_id", "unit_id", "factor")
BARCODE_COLUMNS = ("code", "pack_id")


class ReadyPack(Struct, frozen=True):
    """A pack as the database keeps it, but for its ids."""

    unit: str
    factor: int
    codes: tuple[str, ...]


class ReadyItem(Struct, frozen=True):
    """An item as the database keeps it, but for what only the writing transaction knows."""

    code: str  # empty: the next free number
    category: tuple[str, ...]
    facts: tuple[Any, ...]  # ITEM_FACTS
    packs: tuple[ReadyPack, ...]  # the base unit's first


def add_items(session: Session, rows: Sequence[ItemRow]) -> list[int]:
    """Add items that passed check_items(); return their ids in the order of *rows*."""
    return write_items(session, ready_items(rows, session.get_bind().dialect))


def ready_items(rows: Sequence[ItemRow], dialect: Dialect) -> list[ReadyItem]:
    """Turn rows that passed check_items() into what the database of *dialect* keeps."""
    facts = as_stored(ITEM, ITEM_FACTS, map(_facts, rows), dialect)
    packs = [row.all_packs for row in rows]
    given = ((Decimal(pack.factor),) for each in packs for pack in each)
    factors = (factor for (factor,) in as_stored(PACK, ("factor",), given, dialect))
    return [
        ReadyItem(
            row.item.code,
            category_path(row.item.category),
            own,
            tuple(
                ReadyPack(one_line(pack.unit), next(factors), tuple(dict.fromkeys(map(normalise, pack.codes))))
                for pack in row_packs
            ),
        )
        for own, row, row_packs in zip(facts, rows, packs, strict=True)
    ]


def write_items(session: Session, items: Sequence[ReadyItem]) -> list[int]:
    """Add items with their units, categories, packs and barcodes; return their ids.

    What somebody else added since they were checked is refused by the database as a whole.
    """
    units = ensure_units(session, {pack.unit for item in items for pack in item.packs})
    categories = ensure_categories(session, {item.category for item in items})
    codes = iter(free_codes(session, sum(not item.code for item in items)))
    ids = reserve_ids(session, Item, len(items))
    connection = session.connection()  # the identity map of a session has no use for a hundred thousand rows
    rows = [
        (number, item.code or next(codes), units[item.packs[0].unit], categories.get(item.category), *item.facts)
        for number, item in zip(ids, items, strict=True)
    ]
    insert_stored(connection, ITEM, ITEM_COLUMNS, rows)
    packs = [(number, pack) for number, item in zip(ids, items, strict=True) for pack in item.packs]
    pack_ids = reserve_ids(session, Pack, len(packs))
    named = list(zip(pack_ids, packs, strict=True))
    pack_rows = [(pack_id, item_id, units[pack.unit], pack.factor) for pack_id, (item_id, pack) in named]
    insert_stored(connection, PACK, PACK_COLUMNS, pack_rows)
    barcodes = [(code, pack_id) for pack_id, (_, pack) in named for code in pack.codes]
    insert_stored(connection, BARCODE, BARCODE_COLUMNS, barcodes)
    return ids


def _facts(row: ItemRow) -> tuple[object, ...]:
    """Return the values of ITEM_FACTS."""
    item: ItemDraft = row.item
    name = one_line(item.name)
    return (
        name,
        (item.initials or initials(name))[:LONGEST_NAME],
        one_line(item.spec),
        item.tax_rate,
        item.purchase_price,
        item.sale_price,
        item.minimum,
        item.safety,
        item.tracks_lots,
        item.tracks_expiry,
        dict(item.own_fields),
        True,
    )
