"""What stock shows on the pages of items and places, and what it tells the start page."""

from collections.abc import Iterable

from flask import url_for
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.rules import is_below
from app.identity.access import Permission, current_user
from app.ledger.queries import costs, list_beyond_book
from app.places.models import Location
from app.places.rules import AVAILABLE, LEAVES
from app.stock.listings import FREE
from app.stock.queries import count_below_minimum, limits_of_item, stock_of_item, stock_of_place
from app.web.panels import Panel
from app.web.start import Card


def item_panel(session: Session, item: Item) -> Panel:
    """Show where the item lies, and what each warehouse wants to have of it."""
    rows = stock_of_item(session, item.id)
    limits = limits_of_item(session, item.id)
    context = {
        "item": item,
        "rows": rows,
        "on_hand": sum(row.on_hand for row in rows),
        "free": FREE,
        "cost": costs(session, [item.id])[item.id] if current_user.may(Permission.SEE_COST) else None,
        "available": sum(row.on_hand for row in rows if row.kind in AVAILABLE),
        "limits": [row for row in limits if row.minimum is not None],
        "is_below": is_below,
        "has_warehouses": bool(limits),
        "may_edit": current_user.may(Permission.EDIT_ITEMS),
    }
    return Panel("stock/item_panel.html", context)


def place_panel(session: Session, place: Location) -> Panel | None:
    """Show what lies in the place."""
    if place.kind not in LEAVES:
        return None
    return Panel("stock/place_panel.html", {"place": place, "rows": stock_of_place(session, place.id)})


def cards(session: Session) -> Iterable[Card]:
    """Yield what has run low and what moved beyond book, for the start page."""
    low = count_below_minimum(session) if current_user.may(Permission.READ) else 0
    if low:
        yield Card(
            gettext("Running low"),
            url_for("stock.by_item", stock="below"),
            "boxes",
            ngettext("%(num)s item is at or below its minimum", "%(num)s items are at or below their minimum", low),
            low,
            "warn",
        )
    beyond = len(list_beyond_book(session)) if current_user.may(Permission.APPROVE) else 0
    if beyond:
        yield Card(
            gettext("Moved beyond book"),
            url_for("stock.beyond_book"),
            "exclamation-triangle",
            gettext("Goods left places where the books had none."),
            beyond,
            "bad",
        )
