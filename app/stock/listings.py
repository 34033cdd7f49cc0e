"""The lists of stock: by item, by place, by lot, and the moves behind a number."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, FromClause, select, true
from sqlalchemy.orm import Session

from app.catalog.models import Item, Lot
from app.catalog.queries import below, is_named, list_categories
from app.kernel.exact import ZERO
from app.ledger.costing import share
from app.ledger.models import Balance
from app.ledger.rules import Reason
from app.places.models import Location
from app.places.queries import list_warehouses
from app.places.rules import END_NAMES, KIND_NAMES, LEAVES, End
from app.stock.queries import stock_by_item, stock_by_lot, stock_by_place
from app.stock.registry import document_title, find_document_url
from app.web.listing import Column, Filter, Listing

REASON_NAMES = {
    Reason.PRIMARY: _l("as reported"),
    Reason.BEYOND_BOOK: _l("beyond book"),
    Reason.GIVE_BACK: _l("given back"),
    Reason.DIFFERENCE: _l("count difference"),
}
EXPIRY_DAYS = (30, 90)


def warehouse_choices(session: Session) -> list[tuple[str, object]]:
    """Return the warehouses as choices of a filter."""
    return [(str(each.id), f"{each.code} {each.name}".strip()) for each in list_warehouses(session)]


# --- on hand ------------------------------------------------------------------------------------------------------


def by_item(session: Session, warehouse_id: int | None, *, sees_cost: bool) -> Listing:
    """Return on hand by item; with a warehouse, what lies there against its own limits."""
    statement, totals = stock_by_item(warehouse_id)
    columns = statement.selected_columns
    on_hand, minimum = columns["on_hand"], columns["minimum"]

    def moves(row: Any) -> str:
        return url_for("stock.moves", item=row.id)

    shown = [
        Column("name", _l("Item"), sort=Item.name, link=_item_url, is_title=True),
        Column("code", _l("Item code"), "code", sort=Item.code),
        Column("category", _l("Category")),
        Column("on_hand", _l("On hand"), "quantity", sort=on_hand, link=moves),
        Column("available", _l("Available"), "quantity", sort=totals.c.available),
        Column("unit", _l("Unit")),
        Column("minimum", _l("Minimum stock"), "quantity"),
        Column("safety", _l("Safety stock"), "quantity"),
        Column("state", _l("State"), "badge", label=_state, shade=_shade),
    ]
    if sees_cost:
        shown.insert(6, Column("value", _l("Value"), "money", label=_value))
    clauses: dict[str, ColumnElement[bool]] = {
        "below": (minimum > ZERO) & (on_hand <= minimum),
        "some": on_hand > ZERO,
        "none": on_hand == ZERO,
    }
    levels = [("below", _l("at or below minimum")), ("some", _l("in stock")), ("none", _l("out of stock"))]
    return Listing(
        name="stock",
        title=_l("Stock by item"),
        statement=statement,
        columns=shown,
        filters=[
            _warehouse_filter(session),
            _category_filter(session),
            Filter("stock", _l("Stock"), levels, lambda value: clauses[value]),
        ],
        order=(Item.name, Item.id),
        search_clause=is_named,
        empty=_l("Enter opening stock or receive the first goods."),
    )


def by_place(session: Session, *, sees_cost: bool) -> Listing:
    """Return what lies in which place."""
    kinds = [(kind.value, _l(KIND_NAMES[kind])) for kind in sorted(LEAVES)]
    return Listing(
        name="stock-by-bin",
        title=_l("Stock by bin"),
        statement=stock_by_place(),
        columns=[
            Column("place", _l("Bin"), "code", sort=Location.natural_code, link=_place_url, is_title=True),
            Column("warehouse", _l("Warehouse"), "code"),
            Column("name", _l("Item"), sort=Item.name, link=_stock_item_url),
            Column("code", _l("Item code"), "code", sort=Item.code),
            Column("lot", _l("Lot"), "code"),
            Column("expiry", _l("Expiry"), "day", sort=Lot.expiry),
            Column("on_hand", _l("On hand"), "quantity", sort=Balance.quantity, link=_key_moves),
            Column("unit", _l("Unit")),
            *_value_column(sees_cost=sees_cost),
            Column("last_counted", _l("Last counted"), "instant", sort=Balance.last_anchor_at),
        ],
        filters=[
            _warehouse_filter(session, lambda value: Location.warehouse_id == int(value)),
            _category_filter(session),
            Filter("kind", _l("Kind"), kinds, lambda value: Location.kind == value),
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
            *_value_column(sees_cost=sees_cost),
        ],
        filters=[
            _warehouse_filter(session),
            _category_filter(session),
            Filter("expiry", _l("Expiry"), choices, expires),
        ],
        order=(Lot.expiry.is_(None), Lot.expiry, Item.name, Lot.id),
        search_clause=lambda word: is_named(word) | Lot.code.icontains(word, autoescape=True),
        empty=_l("No goods are kept by lot yet; switch lots on in an item’s form."),
    )


# --- moves --------------------------------------------------------------------------------------------------------


def moves_listing(table: FromClause, title: str, *, of_item: bool, sees_cost: bool, sees_differences: bool) -> Listing:
    """Return the moves behind a number, the latest in the books on top; `of_item`: all of one item."""
    moves = table.c
    columns = [
        Column("document", _l("Document"), label=_document, link=_posting_url, is_title=True),
        Column("occurred_at", _l("Moved at"), "instant", sort=moves.occurred_at),
        Column("way", _l("From → to"), label=_way),
        Column("lot", _l("Lot"), "code"),
        Column("quantity", _l("Quantity"), "quantity"),
        Column("change", _l("Change"), "signed"),
        Column("unit", _l("Unit")),
    ]
    if of_item:
        columns.insert(6, Column("balance", _l("Balance after"), "quantity"))
    else:
        columns.insert(1, Column("item", _l("Item"), link=_stock_item_url))
    if sees_cost:
        worth = None if sees_differences else _value_unless_counted
        columns.append(Column("value", _l("Value"), "money", label=worth))
    columns.append(Column("reason", _l("Reason"), "badge", label=_reason, shade=lambda row: reason_shade(row.reason)))
    return Listing(
        name="moves",
        title=title,
        statement=select(table),
        columns=columns,
        search=(moves.key, moves.item, moves.lot, moves.source, moves.target),
        filters=[reason_filter(moves.reason)],
        order=(moves.id.desc(),),
        empty=_l("Nothing was ever moved here."),
    )


def reason_filter(column: ColumnElement[Any]) -> Filter:
    """Return the filter of moves by why they were made."""
    return Filter("reason", _l("Reason"), list(REASON_NAMES.items()), lambda value: column == Reason(value))


# --- cells --------------------------------------------------------------------------------------------------------


def _warehouse_filter(session: Session, clause: Callable[[str], ColumnElement[bool]] | None = None) -> Filter:
    """Return the filter by warehouse; without a clause the statement was made for the chosen one already."""
    return Filter("warehouse", _l("Warehouse"), warehouse_choices(session), clause or (lambda _value: true()))


def _category_filter(session: Session) -> Filter:
    nodes = list_categories(session)
    choices = [(str(node.id), node.path) for node in nodes]
    return Filter("category", _l("Category"), choices, lambda value: Item.category_id.in_(below(nodes, int(value))))


def _value_column(*, sees_cost: bool) -> Sequence[Column]:
    return [Column("value", _l("Value"), "money", label=_value)] if sees_cost else []


def _value(row: Any) -> Decimal | None:
    """Return the row's share of what its item's goods are worth."""
    if row.all_value is None or not row.all_quantity:
        return None
    return share(row.all_value, row.on_hand, row.all_quantity)


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


def _posting_url(row: Any) -> str:
    return find_document_url(row.kind, row.key) or url_for("stock.posting", seq=row.posting_seq)


def _document(row: Any) -> str:
    return f"{gettext(document_title(row.kind))} · {row.posting_seq}"


def shown_end(place_id: int, code: str) -> str:
    """Return what a move's end is called: a place of ours by its code, the outside by its name."""
    return str(gettext(END_NAMES[End(place_id)])) if place_id <= max(End) else code


def _way(row: Any) -> str:
    return f"{shown_end(row.source_id, row.source)} → {shown_end(row.target_id, row.target)}"


def _value_unless_counted(move: Any) -> Any:
    """Return what a move was worth; what a count difference is worth is for who may see it."""
    return None if move.reason == Reason.DIFFERENCE else move.value


def _reason(row: Any) -> str:
    return str(REASON_NAMES[row.reason])


def reason_shade(reason: Reason) -> str:
    """Return the colour of a move's reason."""
    return {Reason.PRIMARY: "neutral", Reason.BEYOND_BOOK: "bad", Reason.DIFFERENCE: "warn"}.get(reason, "calm")


def _state(row: Any) -> str:
    if row.on_hand <= ZERO:
        return str(gettext("out of stock"))
    if row.minimum > ZERO and row.on_hand <= row.minimum:
        return str(gettext("at or below minimum"))
    return str(gettext("enough"))


def _shade(row: Any) -> str:
    if row.minimum > ZERO and row.on_hand <= row.minimum:
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
