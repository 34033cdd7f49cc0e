"""The rows that labels are printed of."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.models import Barcode, Item, Pack, Unit
from app.catalog.queries import is_named
from app.catalog.rules import ONE, shown_barcode
from app.kernel.exact import plain
from app.kernel.owncode import OwnKind, make_own_code
from app.places.queries import list_bins
from app.stock.labels.rules import Label, is_printed_as_ean


@dataclass(frozen=True)
class Choice:
    """A row that may get a label."""

    id: int
    title: str
    detail: str


def place_choices(session: Session, within: int | None) -> list[Choice]:
    """Return the places of a warehouse or zone (or all), in the order of walking."""
    return [Choice(row.id, row.code, row.name) for row in list_bins(session, zone_id=within)]


def place_labels(session: Session, place_ids: Collection[int], within: int | None) -> list[Label]:
    """Return the labels of these places, or of all within a warehouse or zone, in the order of walking."""
    rows = list_bins(session, place_ids=place_ids, zone_id=None if place_ids else within)
    return [Label(make_own_code(OwnKind.BIN, row.id), row.code, row.name) for row in rows]


def pack_choices(session: Session, words: str, limit: int) -> list[Choice]:
    """Return the first packs of items in use that all *words* name."""
    statement = (
        select(Pack.id, Item.name, Item.code, Unit.name.label("unit"), Pack.factor)
        .join(Item, Item.id == Pack.item_id)
        .join(Unit, Unit.id == Pack.unit_id)
        .where(Item.active)
        .order_by(Item.name, Item.id, Pack.factor)
    )
    for word in words.split():
        statement = statement.where(is_named(word))
    rows = session.execute(statement.limit(limit))
    return [Choice(row.id, row.name, f"{row.code} · {row.unit}{_times(row.factor)}") for row in rows]


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
        line = " ".join(part for part in (row.code, row.spec, row.unit + _times(row.factor)) if part)
        found.append(Label(code, row.name, line, is_ean=is_ean))
    return found


def _times(factor: object) -> str:
    return "" if factor == ONE else f" × {plain(factor)}"  # type: ignore[arg-type]  # a Decimal, which rows do not say
