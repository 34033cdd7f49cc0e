"""The list of items, as this user may see it."""

from datetime import date
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import get_timezone
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, SQLColumnExpression
from sqlalchemy.orm import Session

from app.catalog import registry
from app.catalog.models import Category, Item, Unit
from app.catalog.queries import barcodes_of_item, below, is_named, item_rows, list_categories
from app.catalog.rules import shown_barcode
from app.company.own_columns import holds_word, own_columns
from app.company.queries import list_fields
from app.company.rules import FieldSubject
from app.kernel.exact import ZERO
from app.web.listing import IN_USE, Column, Filter, Listing, in_use_filter


def item_url(row: Any) -> str:
    """Return the address of the row's item."""
    return url_for("catalog.item", item_id=row.id)


def items_listing(session: Session, *, sees_cost: bool) -> Listing:
    """Return the list of items; prices of purchase only for who may see cost."""
    statement = item_rows().add_columns(Item.own_fields, Item.tax_rate, barcodes_of_item().label("barcodes"))
    fields = list_fields(session, FieldSubject.ITEM)
    columns = [
        Column("name", _l("Item"), sort=Item.name, link=item_url, is_title=True),
        Column("code", _l("Item code"), "code", sort=Item.code),
        Column("spec", _l("Specification")),
        Column("category", _l("Category"), sort=Category.name),
        Column("unit", _l("Unit"), sort=Unit.name),
    ]
    filters = [category_filter(session)]
    for on_hand in registry.on_hand_columns:
        statement = statement.add_columns(on_hand().label("on_hand"))
        columns.append(Column("on_hand", _l("On hand"), "quantity", sort=on_hand(), link=item_url))
        filters.append(level_filter(on_hand(), Item.minimum))
    columns += [
        Column("minimum", _l("Minimum stock"), "quantity", sort=Item.minimum),
        Column("sale_price", _l("Sale price"), "price", sort=Item.sale_price),
    ]
    if sees_cost:
        columns.append(Column("purchase_price", _l("Purchase price"), "price", sort=Item.purchase_price))
    for counted in registry.counted_columns:
        statement = statement.add_columns(counted().label("last_counted"))
        columns.append(Column("last_counted", _l("Last counted"), "day", sort=counted(), label=_last_counted))
    columns += [
        IN_USE,
        Column("safety", _l("Safety stock"), "quantity", is_extra=True),
        Column(
            "tax_rate", _l("VAT rate"), "percent", label=lambda row: Decimal(row.tax_rate).scaleb(-4), is_extra=True
        ),
        Column("barcodes", _l("Barcodes"), "code", label=_barcodes, is_extra=True),
        *own_columns(fields),
    ]
    return Listing(
        name="items",
        title=_l("Items"),
        statement=statement,
        columns=columns,
        filters=[*filters, in_use_filter(Item.active)],
        order=(Item.active.desc(), Item.name, Item.id),
        search_clause=lambda word: is_named(word) | holds_word(Item.own_fields, fields, word),
        empty=_l("Add the first item, or import your list from a spreadsheet."),
    )


def _last_counted(row: Any) -> date | None:
    return row.last_counted.astimezone(get_timezone()).date() if row.last_counted else None


def category_filter(session: Session) -> Filter:
    """Return the filter of a list of items by category, each with what it has below."""
    nodes = list_categories(session)
    choices = [(str(node.id), node.path) for node in nodes]
    return Filter("category", _l("Category"), choices, lambda value: Item.category_id.in_(below(nodes, int(value))))


def level_filter(on_hand: SQLColumnExpression[Decimal], minimum: SQLColumnExpression[Decimal]) -> Filter:
    """Return the filter of a list of items by how much lies of each, against its minimum."""
    clauses: dict[str, ColumnElement[bool]] = {
        "below": (minimum > ZERO) & (on_hand <= minimum),
        "some": on_hand > ZERO,
        "none": on_hand == ZERO,
    }
    choices = [("below", _l("at or below minimum")), ("some", _l("in stock")), ("none", _l("out of stock"))]
    return Filter("stock", _l("Stock"), choices, clauses.__getitem__)


def _barcodes(row: Any) -> str:
    return ", ".join(shown_barcode(key) for key in (row.barcodes or "").split("\n") if key)
