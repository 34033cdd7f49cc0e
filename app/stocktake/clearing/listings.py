"""The list of posted stocktakes with what they left on 1901."""

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.kernel.exact import ZERO
from app.stocktake.clearing.queries import clearing_rows
from app.stocktake.models import Stocktake
from app.web.listing import Column, Filter, Listing


def clearings_listing() -> Listing:
    """Return the list of posted stocktakes that booked a difference, the newest first."""
    statement, totals = clearing_rows()
    is_left = (totals.c.shortage_left != ZERO) | (totals.c.surplus_left != ZERO)
    return Listing(
        name="clearing",
        title=_l("Differences to clear"),
        statement=statement,
        columns=[
            Column("number", _l("Stocktake number"), "code", sort=Stocktake.number, link=_url, is_title=True),
            Column("posted_at", _l("Posted at"), "instant", sort=Stocktake.posted_at),
            Column("shortage", _l("Shortage"), "money", sort=totals.c.shortage),
            Column("surplus", _l("Surplus"), "money", sort=totals.c.surplus),
            Column("cleared", _l("Cleared"), "money", sort=totals.c.cleared),
            Column("shortage_left", _l("Shortage left"), "money", sort=totals.c.shortage_left, link=_url),
            Column("surplus_left", _l("Surplus left"), "money", sort=totals.c.surplus_left, link=_url),
        ],
        search=(Stocktake.number,),
        filters=[
            Filter(
                "left",
                _l("State"),
                [("open", _l("something left")), ("done", _l("all cleared"))],
                lambda value: is_left if value == "open" else ~is_left,
            )
        ],
        order=(Stocktake.id.desc(),),
        empty=_l("No stocktake was posted with a difference yet."),
    )


def _url(row: Any) -> str:
    return url_for("stocktake.clearing", stocktake_id=row.id)
