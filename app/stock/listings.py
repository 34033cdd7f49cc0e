"""The lists of stock: by item, by place, by lot."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.catalog.listings import category_filter, level_filter
from app.catalog.models import Item, Lot
from app.catalog.queries import is_named
from app.catalog.rules import is_below
from app.kernel.exact import ZERO
from app.ledger.costing import share
from app.ledger.models import Balance
from app.places.listings import warehouse_choices
from app.places.models import Location
from app.places.rules import AVAILABLE, KIND_NAMES, LEAVES
from app.stock.queries import stock_by_item, stock_by_lot, stock_by_place
from app.web.listing import Column, Filter, Listing

EXPIRY_DAYS = (30, 90)
FREE = "available"  # the kinds of places whose goods are available, as one choice


# --- on hand ------------------------------------------------------------------------------------------------------


def by_item(session: Session, warehouse_id: int | None, *, sees_cost: bool) -> Listing:
    """Return on hand by item; with a warehouse, what lies there against its own limits."""
    statement, totals = stock_by_item(warehouse_id)
    columns = statement.selected_columns
    on_hand, minimum = columns["on_hand"], columns["minimum"]

    def lying(row: Any) -> str:
        if warehouse_id is None:
            return url_for("stock.moves", item=row.id)
        return url_for("stock.by_place", item=row.id, warehouse=warehouse_id)

    def available(row: Any) -> str:
        return url_for("stock.by_place", item=row.id, warehouse=warehouse_id, kind=FREE)

    shown = [
        Column("name", _l("Item"), sort=Item.name, link=_item_url, is_title=True),
        Column("code", _l("Item code"), "code", sort=Item.code),
        Column("category", _l("Category")),
        Column("on_hand", _l("On hand"), "quantity", sort=on_hand, link=lying),
        Column("available", _l("Available"), "quantity", sort=totals.c.available, link=available),
        Column("unit", _l("Unit")),
        *_value_column(lambda row: row.id, sees_cost=sees_cost),
        Column("minimum", _l("Minimum stock"), "quantity", link=_item_url),
        Column("safety", _l("Safety stock"), "quantity", link=_item_url),
        Column("state", _l("State"), "badge", label=_state, shade=_shade),
    ]
    return Listing(
        name="stock",
        title=_l("Stock by item"),
        statement=statement,
        columns=shown,
        filters=[
            _warehouse_filter(session),
            category_filter(session),
            level_filter(on_hand, minimum),
        ],
        order=(Item.name, Item.id),
        search_clause=is_named,
        empty=_l("Enter opening stock or receive the first goods."),
    )


def by_place(session: Session, item: Item | None, *, sees_cost: bool) -> Listing:
    """Return what lies in which place: of one item, or of all."""
    kinds = [(FREE, _l("available: bins and docks")), *((kind.value, _l(KIND_NAMES[kind])) for kind in sorted(LEAVES))]
    statement = stock_by_place()

    def is_of_kind(value: str) -> ColumnElement[bool]:
        return Location.kind.in_(AVAILABLE) if value == FREE else Location.kind == value

    return Listing(
        name="stock-by-bin",
        title=gettext("Where %(item)s lies", item=item.name) if item else _l("Stock by bin"),
        statement=statement.where(Balance.item_id == item.id) if item else statement,
        columns=[
            Column("place", _l("Bin"), "code", sort=Location.natural_code, link=_place_url, is_title=True),
            Column("warehouse", _l("Warehouse"), "code"),
            Column("name", _l("Item"), sort=Item.name, link=_stock_item_url),
            Column("code", _l("Item code"), "code", sort=Item.code),
            Column("lot", _l("Lot"), "code"),
            Column("expiry", _l("Expiry"), "day", sort=Lot.expiry),
            Column("on_hand", _l("On hand"), "quantity", sort=Balance.quantity, link=_key_moves),
            Column("unit", _l("Unit")),
            *_value_column(lambda row: row.item_id, sees_cost=sees_cost),
            Column("last_counted", _l("Last counted"), "instant", sort=Balance.last_anchor_at),
        ],
        filters=[
            _warehouse_filter(session, lambda value: Location.warehouse_id == int(value)),
            category_filter(session),
            Filter("kind", _l("Kind"), kinds, is_of_kind),
        ],
        order=(Location.natural_code, Location.id, Item.name, Item.id, Lot.id),
        search_clause=lambda word: is_named(word) | Location.code.icontains(word, autoescape=True),
        empty=_l("Nothing lies anywhere yet: enter opening stock or receive the first goods."),
    )


def by_lot(session: Session, warehouse_id: int | None, today: date, *, sees_cost: bool) -> Listing:
    """Return on hand by lot, what expires first on top."""
    statement = stock_by_lot(warehouse_id)
    limits = {"past": today, **{str(days): today + timedelta(days=days) for days in EXPIRY_DAYS}}
    choices: list[tuple[str, object]] = [("past", _l("expired"))]
    choices += [(str(days), _l("within %(days)s days", days=days)) for days in EXPIRY_DAYS]

    def expires(value: str) -> ColumnElement[bool]:
        return Lot.expiry < limits[value]

    def state(row: Any) -> str:
        return _expiry_state(row.expiry, today)[0]

    return Listing(
        name="stock-by-lot",
        title=_l("Stock by lot"),
        statement=statement,
        columns=[
            Column("name", _l("Item"), sort=Item.name, link=_stock_item_url, is_title=True),
            Column("lot", _l("Lot"), "code", sort=Lot.code),
            Column("expiry", _l("Expiry"), "day", sort=Lot.expiry),
            Column("state", _l("State"), "badge", label=state, shade=lambda row: _expiry_state(row.expiry, today)[1]),
            Column("on_hand", _l("On hand"), "quantity", sort=statement.selected_columns["on_hand"], link=_lot_moves),
            Column("unit", _l("Unit")),
            *_value_column(lambda row: row.item_id, sees_cost=sees_cost),
        ],
        filters=[
            _warehouse_filter(session),
            category_filter(session),
            Filter("expiry", _l("Expiry"), choices, expires),
        ],
        order=(Lot.expiry.is_(None), Lot.expiry, Item.name, Lot.id),
        search_clause=lambda word: is_named(word) | Lot.code.icontains(word, autoescape=True),
        empty=_l("No goods are kept by lot yet; switch lots on in an item’s form."),
    )


# --- cells --------------------------------------------------------------------------------------------------------


def _warehouse_filter(session: Session, clause: Callable[[str], ColumnElement[bool]] | None = None) -> Filter:
    """Return the filter by warehouse; without a clause the statement was made for the chosen one already."""
    return Filter("warehouse", _l("Warehouse"), warehouse_choices(session), clause)


def _value_column(item_of: Callable[[Any], int], *, sees_cost: bool) -> Sequence[Column]:
    if not sees_cost:
        return []
    return [Column("value", _l("Value"), "money", label=_value, link=lambda row: _value_url(item_of(row)))]


def _value(row: Any) -> Decimal | None:
    """Return the row's share of what its item's goods are worth."""
    if row.all_value is None or not row.all_quantity:
        return None
    return share(row.all_value, row.on_hand, row.all_quantity)


def _value_url(item_id: int) -> str:
    return url_for("stock.value", item_id=item_id)


def _item_url(row: Any) -> str:
    return url_for("catalog.item", item_id=row.id)


def _stock_item_url(row: Any) -> str:
    return url_for("catalog.item", item_id=row.item_id)


def _place_url(row: Any) -> str:
    return url_for("places.place", place_id=row.place_id)


def _key_moves(row: Any) -> str:
    return url_for("stock.moves", item=row.item_id, place=row.place_id, lot=row.lot_id or None)


def _lot_moves(row: Any) -> str:
    return url_for("stock.moves", item=row.item_id, lot=row.lot_id)


def _state(row: Any) -> str:
    if row.on_hand <= ZERO:
        return str(gettext("out of stock"))
    if is_below(row.on_hand, row.minimum):
        return str(gettext("at or below minimum"))
    return str(gettext("enough"))


def _shade(row: Any) -> str:
    if is_below(row.on_hand, row.minimum):
        return "bad" if row.on_hand <= ZERO else "warn"
    return "neutral" if row.on_hand <= ZERO else "good"


def _expiry_state(expiry: date | None, today: date) -> tuple[str, str]:
    if expiry is None:
        return str(gettext("no date")), "neutral"
    if expiry < today:
        return str(gettext("expired")), "bad"
    if expiry < today + timedelta(days=EXPIRY_DAYS[0]):
        return str(gettext("expires soon")), "warn"
    return str(gettext("good")), "good"
