"""The lists from which bins and packs are chosen to print labels of."""

from collections.abc import Collection, Iterator, Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, case
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.catalog.models import Item, Pack
from app.catalog.queries import is_named as names_item
from app.places.models import Location
from app.places.queries import WALK, Branch, below, list_tree
from app.places.queries import is_named as names_place
from app.stock.labels.queries import bins_in_use, packs_in_use, shown_pack
from app.web.listing import PAGE_SIZES, Column, Filter, Listing


def bins_listing(session: Session, chosen: Collection[int]) -> Listing:
    """Return the bins in the order of walking; those *chosen* are ticked and stand on top."""
    branches = [(str(zone.place.id), "— " * depth + zone.place.code) for zone, depth in _walk(list_tree(session), 0)]
    return Listing(
        name="labels-of-bins",
        title=_l("Labels of bins"),
        statement=bins_in_use(),
        columns=[
            _box(chosen, "code"),
            Column("code", _l("Bin"), "code", sort=Location.natural_code, is_title=True),
            Column("name", _l("Place name"), sort=Location.name),
            Column("warehouse", _l("Warehouse"), "code"),
        ],
        filters=[
            Filter(
                "within",
                _l("Warehouse or zone"),
                branches,
                lambda value: Location.parent_id.in_(below(session, int(value))),
            )
        ],
        order=(*_first(Location.id, chosen), *WALK),
        search_clause=names_place,
        empty=_l("Add a range of bins to a warehouse first; then print their labels here."),
        size=PAGE_SIZES[-1],
    )


def packs_listing(chosen: Collection[int]) -> Listing:
    """Return the packs of items in use by name; those *chosen* are ticked and stand on top."""
    return Listing(
        name="labels-of-items",
        title=_l("Labels of items"),
        statement=packs_in_use(),
        columns=[
            _box(chosen, "name"),
            Column("name", _l("Item"), sort=Item.name, is_title=True),
            Column("code", _l("Item code"), "code", sort=Item.code),
            Column("pack", _l("Pack"), label=lambda row: shown_pack(row.unit, row.factor)),
        ],
        order=(*_first(Pack.id, chosen), Item.name, Item.id, Pack.factor),
        search_clause=names_item,
        empty=_l("Add items first, or search with fewer words."),
        size=PAGE_SIZES[-1],
    )


def _box(chosen: Collection[int], said: str) -> Column:
    return Column(
        "id",
        _l("Choose"),
        "check",
        label=lambda row: row.id,
        says=lambda row: str(getattr(row, said)),
        is_checked=lambda row: row.id in chosen,
    )


def _first(number: InstrumentedAttribute[int], chosen: Collection[int]) -> Sequence[ColumnElement[int]]:
    return [case((number.in_(chosen), 0), else_=1)] if chosen else []


def _walk(branches: Sequence[Branch], depth: int) -> Iterator[tuple[Branch, int]]:
    for branch in branches:
        yield branch, depth
        yield from _walk(branch.zones, depth + 1)
