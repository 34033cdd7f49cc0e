"""The list of places that hold goods."""

from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.places.models import Location
from app.places.queries import WALK, is_named, list_warehouses, place_rows
from app.places.rules import KIND_NAMES, LEAVES
from app.web.listing import IN_USE, Column, Filter, Listing, in_use_filter


def place_url(row: Any) -> str:
    """Return the address of the row's place."""
    return url_for("places.place", place_id=row.id)


def _kind(row: Any) -> str:
    return str(gettext(KIND_NAMES[row.kind]))


def warehouse_choices(session: Session) -> list[tuple[str, object]]:
    """Return the warehouses in use as choices of a filter."""
    return [(str(each.id), each.label) for each in list_warehouses(session)]


def places_listing(session: Session) -> Listing:
    """Return the list of bins and special places, in the order of walking."""
    warehouses = warehouse_choices(session)
    kinds = [(kind.value, _l(KIND_NAMES[kind])) for kind in sorted(LEAVES)]
    return Listing(
        name="places",
        title=_l("Bins"),
        statement=place_rows(),
        columns=[
            Column("code", _l("Place code"), "code", sort=Location.natural_code, link=place_url, is_title=True),
            Column("name", _l("Place name"), sort=Location.name),
            Column("kind", _l("Kind"), label=_kind),
            Column("parent", _l("Lies in"), "code"),
            Column("warehouse", _l("Warehouse"), "code"),
            IN_USE,
        ],
        search_clause=is_named,
        filters=[
            Filter("warehouse", _l("Warehouse"), warehouses, lambda value: Location.warehouse_id == int(value)),
            Filter("kind", _l("Kind"), kinds, lambda value: Location.kind == value),
            in_use_filter(Location.active),
        ],
        order=WALK,
        empty=_l("Open a warehouse and add a range of bins."),
    )
