"""The auditor's page: every approval of a stocktake in the order it was given, who counted and who approved.

Law: the rows are append-only in the database; nothing here can be changed.
"""

from collections.abc import Mapping
from typing import Any

from flask import Response, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement

from app.catalog.models import Item
from app.db import db
from app.identity.access import Permission, may
from app.identity.models import User
from app.places.models import Location
from app.stocktake.approval.queries import counters_by_bin, trail_rows
from app.stocktake.causes.rules import Place
from app.stocktake.models import StocktakeApproval
from app.stocktake.queries import get_stocktake
from app.stocktake.reasons.queries import read_reasons
from app.stocktake.report.keys import key_of
from app.stocktake.rules import LineState
from app.stocktake.transfers.queries import list_transfers
from app.stocktake.views import bp
from app.web.formats import quantity
from app.web.listing import Column, Filter, Listing, answer


@bp.get("/<int:stocktake_id>/approvals")
@may(Permission.APPROVE, Permission.SEE_AUDIT, Permission.PLAN_STOCKTAKE)
def approvals(stocktake_id: int) -> Response:
    """List every approval of a stocktake."""
    session = db.session()
    stocktake = get_stocktake(session, stocktake_id)
    listing = _listing(stocktake_id, counters_by_bin(session, stocktake_id), read_reasons(session).names)
    transfers = list_transfers(session, stocktake_id)
    return answer(
        session, listing, "stocktake/approvals.html", stocktake=stocktake, transfers=transfers, line_key=key_of
    )


def _listing(stocktake_id: int, counters: Mapping[int, str], reasons: Mapping[str, str]) -> Listing:
    def line_url(row: Any) -> str:
        place = Place(row.bin_id, row.item_id, row.lot_id)
        return url_for("stocktake.line", stocktake_id=stocktake_id, line_key=key_of(place))

    own = [
        ("own", _l("own count")),
        ("rule", _l("within the tolerance of spot counts")),
        ("other", _l("counted by others")),
    ]
    return Listing(
        name="approvals",
        title=_l("Approvals"),
        statement=trail_rows(stocktake_id),
        columns=[
            Column("item", _l("Item"), sort=Item.name, link=line_url, is_title=True),
            Column("bin", _l("Bin"), "code", sort=Location.code),
            Column("lot", _l("Lot"), "code"),
            Column("counted_by", _l("Counted by"), label=lambda row: counters.get(row.bin_id, "")),
            Column("counted", _l("Book → counted"), label=_amounts),
            Column("difference", _l("Difference"), "signed", sort=StocktakeApproval.difference),
            Column("by", _l("Approved by"), sort=User.name, label=_approver),
            Column("at", _l("Approved at"), "instant", sort=StocktakeApproval.at),
            Column("reason", _l("Reason"), label=lambda row: _words(row, reasons)),
            Column("state", _l("State"), "badge", label=_state, shade=_shade),
        ],
        search=(Item.name, Item.code, Location.code, User.name),
        filters=[
            Filter("own", _l("Own count"), own, _by_whom),
        ],
        order=(StocktakeApproval.id.desc(),),
        empty=_l("Nobody has approved anything yet."),
    )


def _amounts(row: Any) -> str:
    return f"{quantity(row.book)} → {quantity(row.counted)}"


def _by_whom(value: str) -> ColumnElement[bool]:
    own = StocktakeApproval.is_own_count.is_(value == "own")
    return own & StocktakeApproval.is_by_rule.is_(value == "rule")


def _approver(row: Any) -> str:
    if row.is_by_rule:
        return f"{row.by} · {gettext('within the tolerance of spot counts')}"
    return f"{row.by} · {gettext('own count')}" if row.is_own_count else str(row.by)


def _words(row: Any, reasons: Mapping[str, str]) -> str:
    reason = reasons.get(row.reason, row.reason) if row.reason else ""
    return " · ".join(word for word in (reason, row.note) if word)


def _holds(row: Any) -> bool:
    return row.serial == row.approvals and row.state is not LineState.OPEN


def _state(row: Any) -> str:
    return str(gettext("holds") if _holds(row) else gettext("overtaken"))


def _shade(row: Any) -> str:
    return "good" if _holds(row) else "neutral"
