"""What the catalogue is asked: packs by code (the hot path of scanning), an item with its packs, trees and choices."""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, Table, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.bulk import named, one_of, padded
from app.catalog.models import Barcode, Category, Item, Pack, Unit
from app.catalog.rules import NoSuchItem, NoSuchPack, PackFacts
from app.kernel.gtin import barcode_key
from app.kernel.owncode import OwnKind, find_own_code

# Core, and built once: these are asked for every scan, and building a statement costs five times its execution.
_BARCODE, _ITEM, _PACK, _UNIT = (cast("Table", model.__table__) for model in (Barcode, Item, Pack, Unit))
_BASE_UNIT, _BASE_PACK = _UNIT.alias("base_unit"), _PACK.alias("base_pack")
_PACK_FACTS = (
    select(
        _PACK.c.id,
        _ITEM.c.id.label("item_id"),
        _ITEM.c.code,
        _ITEM.c.name,
        _ITEM.c.spec,
        _UNIT.c.name.label("unit"),
        _PACK.c.factor,
        _BASE_UNIT.c.name.label("base_unit"),
        _BASE_PACK.c.id.label("base_pack_id"),
        _BASE_UNIT.c.places,
        _ITEM.c.tracks_lots,
        _ITEM.c.tracks_expiry,
        _ITEM.c.active,
    )
    .join(_ITEM, _ITEM.c.id == _PACK.c.item_id)
    .join(_UNIT, _UNIT.c.id == _PACK.c.unit_id)
    .join(_BASE_UNIT, _BASE_UNIT.c.id == _ITEM.c.unit_id)
    .join(
        _BASE_PACK,
        and_(
            _BASE_PACK.c.item_id == _ITEM.c.id,
            _BASE_PACK.c.unit_id == _ITEM.c.unit_id,
            _BASE_PACK.c.factor == Decimal(1),
        ),
    )
)


class PackCodes(Struct, frozen=True):
    """A pack of one item with its barcodes, for the item's page."""

    pack_id: int
    unit: str
    factor: Decimal
    codes: tuple[tuple[int, str], ...]  # barcode id, code


class CategoryNode(Struct, frozen=True):
    """A category with its way from the root."""

    id: int
    name: str
    parent_id: int | None
    path: str
    depth: int


def find_packs_by_codes(session: Session, codes: Collection[str]) -> dict[str, PackFacts]:
    """Return what each of *codes* names, by its normalised form; codes that name nothing are left out. One query."""
    keys = padded({barcode_key(code) for code in codes})
    if not keys:
        return {}
    rows = session.execute(_by_code(len(keys)), named("key", keys))
    return {row.barcode: _facts(row) for row in rows}


def find_packs(session: Session, pack_ids: Collection[int]) -> dict[int, PackFacts]:
    """Return the packs of these ids. One query."""
    if not pack_ids:
        return {}
    ids = padded(pack_ids)
    return {row.id: _facts(row) for row in session.execute(_by_pack(len(ids)), named("id", ids))}


def find_base_packs(session: Session, item_ids: Collection[int]) -> dict[int, PackFacts]:
    """Return the pack of the base unit of each item, by item id. One query."""
    if not item_ids:
        return {}
    ids = padded(item_ids)
    return {row.item_id: _facts(row) for row in session.execute(_base_by_item(len(ids)), named("id", ids))}


@lru_cache(maxsize=32)
def _by_code(places: int) -> Select[Any]:
    barcodes = _PACK_FACTS.add_columns(_BARCODE.c.code.label("barcode")).join(
        _BARCODE, _BARCODE.c.pack_id == _PACK.c.id
    )
    return barcodes.where(one_of(_BARCODE.c.code, "key", places))


@lru_cache(maxsize=32)
def _by_pack(places: int) -> Select[Any]:
    return _PACK_FACTS.where(one_of(_PACK.c.id, "id", places))


@lru_cache(maxsize=32)
def _base_by_item(places: int) -> Select[Any]:
    is_base = and_(_PACK.c.unit_id == _ITEM.c.unit_id, _PACK.c.factor == Decimal(1))
    return _PACK_FACTS.where(one_of(_ITEM.c.id, "id", places), is_base)


def find_items_by_codes(session: Session, codes: Collection[str]) -> dict[str, int]:
    """Return the item ids of these item codes (not barcodes). One query."""
    if not codes:
        return {}
    return {code: number for number, code in session.execute(select(Item.id, Item.code).where(Item.code.in_(codes)))}


def get_item(session: Session, item_id: int) -> Item:
    """Return the item with its unit and category. Errors: NoSuchItem."""
    statement = select(Item).where(Item.id == item_id).options(joinedload(Item.unit), joinedload(Item.category))
    item = session.scalar(statement)
    if item is None:
        raise NoSuchItem
    return item


def get_pack(session: Session, pack_id: int) -> Pack:
    """Return the pack with its item and unit. Errors: NoSuchPack."""
    statement = select(Pack).where(Pack.id == pack_id).options(joinedload(Pack.item), joinedload(Pack.unit))
    pack = session.scalar(statement)
    if pack is None:
        raise NoSuchPack
    return pack


def list_packs(session: Session, item_id: int) -> list[PackCodes]:
    """Return the item's packs, the smallest first, each with its barcodes. One query."""
    rows = session.execute(
        select(Pack.id, Unit.name, Pack.factor, Barcode.id, Barcode.code)
        .join(Unit, Unit.id == Pack.unit_id)
        .outerjoin(Barcode, Barcode.pack_id == Pack.id)
        .where(Pack.item_id == item_id)
        .order_by(Pack.factor, Unit.name, Pack.id, Barcode.id)
    ).all()
    codes: dict[int, list[tuple[int, str]]] = {}
    for pack_id, _, _, barcode_id, code in rows:
        codes.setdefault(pack_id, [])
        if barcode_id is not None:
            codes[pack_id].append((barcode_id, code))
    packs = {pack_id: (unit, factor) for pack_id, unit, factor, _, _ in rows}
    return [PackCodes(pack_id, unit, factor, tuple(codes[pack_id])) for pack_id, (unit, factor) in packs.items()]


def item_rows() -> Select[*tuple[Any, ...]]:
    """Return the statement of the list of items: one row an item."""
    return (
        select(
            Item.id,
            Item.code,
            Item.name,
            Item.spec,
            Unit.name.label("unit"),
            Category.name.label("category"),
            Item.sale_price,
            Item.purchase_price,
            Item.minimum,
            Item.safety,
            Item.picture_id,
            Item.active,
        )
        .join(Unit, Unit.id == Item.unit_id)
        .outerjoin(Category, Category.id == Item.category_id)
    )


def barcodes_of_item() -> ScalarSelect[str | None]:
    """Return the codes of the base unit of the row's item, one a line."""
    return (
        select(func.aggregate_strings(Barcode.code, "\n"))
        .join(Pack, Pack.id == Barcode.pack_id)
        .where(Pack.item_id == Item.id, Pack.unit_id == Item.unit_id, Pack.factor == Decimal(1))
        .correlate(Item)
        .scalar_subquery()
    )


def is_named(word: str) -> ColumnElement[bool]:
    """Return the clause that keeps items which *word* names: part of a name, its initials, a code or a barcode.

    A GTIN is found however many digits of its 12, 13 or 14 are typed.
    """
    clauses: list[ColumnElement[bool]] = [
        column.icontains(word, autoescape=True) for column in (Item.name, Item.code, Item.initials, Item.spec)
    ]
    own = find_own_code(word)
    if own is not None and own.kind is OwnKind.PACK:
        clauses.append(Item.id.in_(select(Pack.item_id).where(Pack.id == own.id)))
    elif any(character.isdigit() for character in word):
        code = Barcode.code.icontains(barcode_key(word), autoescape=True) | Barcode.code.icontains(
            word, autoescape=True
        )
        clauses.append(Item.id.in_(select(Pack.item_id).join(Barcode, Barcode.pack_id == Pack.id).where(code)))
    return or_(*clauses)


def search_items(session: Session, words: str, limit: int = 20) -> Sequence[Row[Any]]:
    """Return the first active items that all *words* name, for pickers."""
    statement = item_rows().where(Item.active)
    for word in words.split():
        statement = statement.where(is_named(word))
    return session.execute(statement.order_by(Item.name, Item.id).limit(limit)).all()


def list_units(session: Session) -> list[str]:
    """Return the names of all units."""
    return list(session.scalars(select(Unit.name).order_by(Unit.id)))


def list_categories(session: Session) -> list[CategoryNode]:
    """Return the tree of categories, each after its parent, siblings by name. One query."""
    children: dict[int | None, list[tuple[int, str]]] = {}
    for number, name, parent_id in session.execute(select(Category.id, Category.name, Category.parent_id)):
        children.setdefault(parent_id, []).append((number, name))
    return list(_walk(children, None, "", 0))


def below(nodes: Sequence[CategoryNode], category_id: int) -> set[int]:
    """Return the ids of a category and of everything in it."""
    inside = {category_id}
    for node in nodes:  # parents come before their children
        if node.parent_id in inside:
            inside.add(node.id)
    return inside


def _walk(
    children: dict[int | None, list[tuple[int, str]]], parent_id: int | None, prefix: str, depth: int
) -> Iterable[CategoryNode]:
    for number, name in sorted(children.get(parent_id, ()), key=lambda pair: pair[1]):
        path = f"{prefix} / {name}" if prefix else name
        yield CategoryNode(number, name, parent_id, path, depth)
        yield from _walk(children, number, path, depth + 1)


def _facts(row: Any) -> PackFacts:
    return PackFacts(
        pack_id=row.id,
        item_id=row.item_id,
        item_code=row.code,
        item_name=row.name,
        spec=row.spec,
        unit=row.unit,
        factor=row.factor,
        base_unit=row.base_unit,
        base_pack_id=row.base_pack_id,
        places=row.places,
        tracks_lots=row.tracks_lots,
        tracks_expiry=row.tracks_expiry,
        active=row.active,
    )
