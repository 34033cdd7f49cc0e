"""What past counts show on the pages of items and places."""

from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.places.models import Location
from app.stocktake.accuracy.queries import counters_of, last_counts_of_item, last_counts_of_place
from app.stocktake.report.views import sees_values
from app.stocktake.rules import COUNTABLE
from app.web.panels import Panel


def item_panel(session: Session, item: Item) -> Panel:
    """Show when the item was last counted, where, by whom, and what came of it."""
    rows = last_counts_of_item(session, item.id)
    return Panel("stocktake/item_panel.html", {"item": item, "rows": rows, "sees_values": sees_values()})


def place_panel(session: Session, place: Location) -> Panel | None:
    """Show when the place was last counted, by whom, and what came of it."""
    if place.kind not in COUNTABLE:
        return None
    rows = last_counts_of_place(session, place.id)
    counters = counters_of(session, place.id, [row.id for row in rows]) if rows else {}
    context = {"place": place, "rows": rows, "counters": counters, "sees_values": sees_values()}
    return Panel("stocktake/place_panel.html", context)
