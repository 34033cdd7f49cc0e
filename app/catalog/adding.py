"""Many items into the catalogue: first all that needs no right to write, then little more than the inserts.

Law: whoever holds the right to write holds up every scan; so a row is turned into what the database keeps beforehand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import Dialect, Table
from sqlalchemy.orm import Session

from app.catalog.bulk import ensure_categories, ensure_units, free_codes, reserve_ids
from app.catalog.models import Barcode, Item, Pack
from app.catalog.rules import LONGEST_NAME, ItemDraft, ItemRow, category_path, normalise, one_line
from app.db import as_stored, insert_stored
from app.kernel.pinyin import initials

ITEM, PACK, BARCODE = (cast("Table", model.__table__) for model in (Item, Pack, Barcode))


@dataclass(frozen=True)
class ReadyPack:
    """A pack as the database keeps it, but for its ids."""

    unit: str
    values: dict[str, Any]
    codes: tuple[str, ...]


@dataclass(frozen=True)
class ReadyItem:
    """An item as the database keeps it, but for what only the writing transaction knows."""

    values: dict[str, Any]
    category: tuple[str, ...]
    packs: tuple[ReadyPack, ...]  # the base unit's first


def add_items(session: Session, rows: Sequence[ItemRow]) -> list[int]:
    """Add items that passed check_items(); return their ids in the order of *rows*."""
    return write_items(session, ready_items(rows, session.get_bind().dialect))


def ready_items(rows: Sequence[ItemRow], dialect: Dialect) -> list[ReadyItem]:
    """Turn rows that passed check_items() into what the database of *dialect* keeps."""
    values = as_stored(ITEM, map(_values, rows), dialect)
    packs = [row.all_packs for row in rows]
    factors = iter(as_stored(PACK, ({"factor": Decimal(pack.factor)} for each in packs for pack in each), dialect))
    return [
        ReadyItem(
            own,
            category_path(row.item.category),
            tuple(
                ReadyPack(one_line(pack.unit), next(factors), tuple(dict.fromkeys(map(normalise, pack.codes))))
                for pack in row_packs
            ),
        )
        for own, row, row_packs in zip(values, rows, packs, strict=True)
    ]


def write_items(session: Session, items: Sequence[ReadyItem]) -> list[int]:
    """Add items with their units, categories, packs and barcodes; return their ids.

    What somebody else added since they were checked is refused by the database as a whole.
    """
    units = ensure_units(session, {pack.unit for item in items for pack in item.packs})
    categories = ensure_categories(session, {item.category for item in items})
    codes = iter(free_codes(session, sum(not item.values["code"] for item in items)))
    ids = reserve_ids(session, Item, len(items))
    connection = session.connection()  # the identity map of a session has no use for a hundred thousand rows
    rows = [
        item.values
        | {
            "id": number,
            "code": item.values["code"] or next(codes),
            "unit_id": units[item.packs[0].unit],
            "category_id": categories.get(item.category),
        }
        for number, item in zip(ids, items, strict=True)
    ]
    insert_stored(connection, ITEM, rows)
    packs = [(number, pack) for number, item in zip(ids, items, strict=True) for pack in item.packs]
    pack_ids = reserve_ids(session, Pack, len(packs))
    insert_stored(connection, PACK, list(_pack_rows(pack_ids, packs, units)))
    named = zip(pack_ids, packs, strict=True)
    insert_stored(connection, BARCODE, [{"code": code, "pack_id": n} for n, (_, pack) in named for code in pack.codes])
    return ids


def _pack_rows(
    ids: Sequence[int], packs: Sequence[tuple[int, ReadyPack]], units: dict[str, int]
) -> Iterator[dict[str, Any]]:
    for pack_id, (item_id, pack) in zip(ids, packs, strict=True):
        yield pack.values | {"id": pack_id, "item_id": item_id, "unit_id": units[pack.unit]}


def _values(row: ItemRow) -> dict[str, object]:
    item: ItemDraft = row.item
    name = one_line(item.name)
    return {
        "code": item.code,
        "name": name,
        "initials": (item.initials or initials(name))[:LONGEST_NAME],
        "spec": one_line(item.spec),
        "tax_rate": item.tax_rate,
        "purchase_price": item.purchase_price,
        "sale_price": item.sale_price,
        "minimum": item.minimum,
        "safety": item.safety,
        "tracks_lots": item.tracks_lots,
        "tracks_expiry": item.tracks_expiry,
        "own_fields": dict(item.own_fields),
        "active": True,
    }
