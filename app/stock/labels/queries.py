"""The rows that labels are printed of."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.catalog.models import Barcode, Item, Pack, Unit
from app.catalog.rules import ONE, shown_barcode
from app.kernel.exact import plain
from app.kernel.owncode import OwnKind, make_own_code
from app.places.models import Location
from app.places.queries import WALK, below, place_rows
from app.places.queries import is_named as is_place_named
from app.stock.labels.rules import Label, is_printed_as_ean

Statement = Select[*tuple[Any, ...]]


def bins_in_use() -> Statement:
    """Return the statement of the places that get a label."""
    return place_rows().where(Location.active)


def bins_to_print(
    session: Session, place_ids: Collection[int], within: int | None = None, words: str = ""
) -> Statement:
    """Return the statement of these places, or of all that a warehouse or zone and *words* leave of them."""
    if place_ids:
        return bins_in_use().where(Location.id.in_(place_ids))
    statement = bins_in_use().where(*(is_place_named(word) for word in words.split()))
    return statement if within is None else statement.where(Location.parent_id.in_(below(session, within)))


def count_rows(session: Session, statement: Statement) -> int:
    """Return how many rows a statement has."""
    return session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0


def place_labels(session: Session, bins: Statement) -> list[Label]:
    """Return the labels of these places, in the order of walking."""
    rows = session.execute(bins.order_by(*WALK))
    return [Label(make_own_code(OwnKind.BIN, row.id), row.code, row.name) for row in rows]


def packs_in_use() -> Statement:
    """Return the statement of the packs that get a label."""
    return (
        select(Pack.id, Item.name, Item.code, Unit.name.label("unit"), Pack.factor)
        .join(Item, Item.id == Pack.item_id)
        .join(Unit, Unit.id == Pack.unit_id)
        .where(Item.active)
    )


def pack_labels(session: Session, pack_ids: Collection[int]) -> list[Label]:
    """Return the labels of these packs: with the EAN where there is one, else another barcode, else our own code."""
    codes = select(Barcode.pack_id, func.min(Barcode.code).label("code")).group_by(Barcode.pack_id).subquery()
    statement = (
        select(
            Pack.id,
            Item.name,
            Item.code,
            Item.spec,
            Unit.name.label("unit"),
            Pack.factor,
            codes.c.code.label("barcode"),
        )
        .join(Item, Item.id == Pack.item_id)
        .join(Unit, Unit.id == Pack.unit_id)
        .outerjoin(codes, codes.c.pack_id == Pack.id)
        .where(Pack.id.in_(pack_ids))
        .order_by(Item.name, Item.id, Pack.factor)
    )
    found = []
    for row in session.execute(statement):
        is_ean = row.barcode is not None and is_printed_as_ean(row.barcode)
        code = shown_barcode(row.barcode) if is_ean else make_own_code(OwnKind.PACK, row.id)
        line = " ".join(part for part in (row.code, row.spec, shown_pack(row.unit, row.factor)) if part)
        found.append(Label(code, row.name, line, is_ean=is_ean))
    return found


def shown_pack(unit: str, factor: Decimal) -> str:
    """Return what a pack is called: its unit, and how much of the base unit it holds."""
    return unit if factor == ONE else f"{unit} × {plain(factor)}"
