"""The live part of a stocktake's page, asked for again and again while counting goes on."""

from flask import Response, make_response, render_template

from app.db import db
from app.identity.access import Permission, may
from app.stocktake.queries import get_stocktake
from app.stocktake.views import bp, live_context


@bp.get("/<int:stocktake_id>/live")
@may(Permission.READ)
def live(stocktake_id: int) -> Response:
    """Show how counting goes right now."""
    stocktake = get_stocktake(db.session(), stocktake_id)
    answer = make_response(render_template("stocktake/live.html", stocktake=stocktake, **live_context(stocktake)))
    answer.headers["Cache-Control"] = "no-store"
    return answer
