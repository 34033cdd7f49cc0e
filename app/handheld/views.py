"""Scanning for a stocktake: the page that a phone keeps, and what it asks for while it is open."""

import msgspec
from flask import Blueprint, Response, make_response, render_template, url_for
from flask_babel import gettext

from app.db import db
from app.handheld.queries import say_where_open
from app.handheld.shapes import StocktakeView
from app.identity.access import Permission, current_user, may
from app.identity.grants import issue_grant
from app.identity.session import current_device
from app.kernel.clock import utc_now
from app.stocktake.counting.task import TASK
from app.stocktake.queries import get_stocktake, phone_view
from app.web.api import endpoint
from app.web.openapi import PREFIX
from app.web.shell import asset

bp = Blueprint("handheld", __name__)


@bp.get("/stocktakes/<int:stocktake_id>/scan")
@may(Permission.SCAN)
def scan(stocktake_id: int) -> Response:
    """Show the scan page of a stocktake."""
    stocktake = get_stocktake(db.session(), stocktake_id)
    device = current_device()
    config = {
        "task": f"{TASK}:{stocktake.id}",
        "api": PREFIX,
        "grant": issue_grant(current_user, device, utc_now()),
        "user": current_user.id,
        "name": current_user.name,
        "device": str(device),
        "worker": asset("decode-worker.js"),
        "wasm": asset("zxing_reader.wasm"),
        "blind": stocktake.blind,
        "spot": stocktake.spot_bin_id,
        "signIn": url_for("identity.sign_in", next=url_for("handheld.scan", stocktake_id=stocktake.id)),
        "back": url_for("stocktake.show", stocktake_id=stocktake.id),
    }
    page = render_template("handheld/scan.html", title=gettext("Count"), subtitle=stocktake.number, scan=config)
    response = make_response(page)
    response.headers["X-Zhangshi-Offline"] = "keep"  # the service worker shows it again where there is no network
    return response


@bp.get(f"{PREFIX}/stocktakes/<int:stocktake_id>")
@may(Permission.SCAN)
@endpoint(refusals=(404,))
def stocktake_view(stocktake_id: int) -> StocktakeView:
    """Return what a stocktake asks to have counted, bin by bin."""
    session, user = db.session(), current_user.id
    view = phone_view(session, stocktake_id, utc_now(), user)
    say_where_open(session, view, user, current_device())
    return msgspec.convert(view, StocktakeView)
