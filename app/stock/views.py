"""Pages of stock: on hand by item, bin and lot, the moves and postings behind every number, goods beyond book."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.catalog.queries import get_item
from app.db import db, transaction
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.ledger.queries import costs, list_beyond_book
from app.places.queries import find_places, get_place
from app.stock import service
from app.stock.forms import ThresholdForm
from app.stock.listings import by_item as item_listing
from app.stock.listings import by_lot as lot_listing
from app.stock.listings import by_place as place_listing
from app.stock.move_lists import moves_listing
from app.stock.posting_lists import counts_listing, goods_listing
from app.stock.postings import read_posting
from app.stock.queries import limits_of_item, moves_behind, names_of_items
from app.stock.registry import document_title, find_document_url
from app.stock.values import value_listing
from app.web.addresses import row_number
from app.web.days import today
from app.web.listing import answer
from app.web.words import sentence

bp = Blueprint("stock", __name__)

COUNTS = "counts"  # the lines of a posting that are asked for instead of its goods


@bp.get("/")
@may(Permission.READ)
def by_item() -> Response:
    """List on hand by item."""
    session = db.session()
    return answer(session, item_listing(session, _warehouse(), sees_cost=_sees_cost()), "stock/stock.html")


@bp.get("/bins")
@may(Permission.READ)
def by_place() -> Response:
    """List what lies in which bin: of one item (`item`), or of all."""
    session = db.session()
    item_id = request.args.get("item", type=row_number)
    item = get_item(session, item_id) if item_id is not None else None
    listing = place_listing(session, item, sees_cost=_sees_cost())
    return answer(session, listing, "stock/stock.html", kept={"item": item.id} if item else {})


@bp.get("/lots")
@may(Permission.READ)
def by_lot() -> Response:
    """List on hand by lot, what expires first on top."""
    session = db.session()
    return answer(session, lot_listing(session, _warehouse(), today(), sees_cost=_sees_cost()), "stock/stock.html")


# --- behind a number ----------------------------------------------------------------------------------------------


@bp.get("/moves")
@may(Permission.READ)
def moves() -> Response:
    """List the moves of an item, a place or both, each with the balance after it."""
    session = db.session()
    item_id, place_id = request.args.get("item", type=row_number), request.args.get("place", type=row_number)
    lot_id = request.args.get("lot", type=row_number)
    table = moves_behind(item_id=item_id, place_id=place_id, lot_id=lot_id)
    title = _moves_title(session, item_id, place_id)
    listing = moves_listing(
        table, title, of_item=item_id is not None, sees_cost=_sees_cost(), sees_differences=_sees_differences()
    )
    kept = {"item": item_id, "place": place_id, "lot": lot_id}
    return answer(session, listing, "stock/moves.html", kept={key: value for key, value in kept.items() if value})


@bp.get("/items/<int:item_id>/value")
@may(Permission.SEE_COST)
def value(item_id: int) -> Response:
    """List what made an item's goods worth what they are."""
    session = db.session()
    item = get_item(session, item_id)
    title = gettext("Value of %(item)s", item=item.name)
    listing = value_listing(item_id, title, sees_differences=_sees_differences())
    return answer(session, listing, "stock/value.html", item=item, cost=costs(session, [item_id])[item_id])


@bp.get("/postings/<int:seq>")
@may(Permission.READ)
def posting(seq: int) -> Response:
    """Show one posting whole: its goods or its counts (`lines`) as a list, totals of both, its money."""
    session = db.session()
    found = read_posting(session, seq)
    is_open = not found.is_of_differences or _sees_differences()
    sees_money = current_user.may(Permission.SEE_COST) or current_user.may(Permission.MONEY)
    title, sees_cost = gettext("Posting %(seq)s", seq=seq), _sees_cost() and is_open
    of_counts = bool(found.counts.lines) and (request.args.get("lines") == COUNTS or not found.goods.lines)
    listing = counts_listing(seq, title) if of_counts else goods_listing(seq, title, sees_cost=sees_cost)
    return answer(
        session,
        listing,
        "stock/posting.html",
        found=found,
        of_counts=of_counts,
        kept={"lines": COUNTS} if of_counts else {},
        document=gettext(document_title(found.posting.kind)),
        document_url=find_document_url(found.posting.kind, found.posting.key),
        sees_cost=sees_cost,
        sees_money=sees_money and is_open,
    )


@bp.get("/beyond-book")
@may(Permission.APPROVE)
def beyond_book() -> Response:
    """List the goods that moved though the books had none, until a receipt or a count explains them."""
    session = db.session()
    rows = list_beyond_book(session)
    page = render_template(
        "stock/beyond_book.html",
        title=gettext("Beyond book"),
        rows=rows,
        items=names_of_items(session, {row.key.item for row in rows}),
        places=find_places(session, {row.key.location for row in rows}),
    )
    return make_response(page)


# --- limits -------------------------------------------------------------------------------------------------------


@bp.get("/items/<int:item_id>/limits")
@may(Permission.EDIT_ITEMS)
def limits(item_id: int) -> Response:
    """Show an item's minimum and safety stock by warehouse."""
    return _limits_page(item_id, ThresholdForm.for_request(limits_of_item(db.session(), item_id)))


@bp.post("/items/<int:item_id>/limits")
@may(Permission.EDIT_ITEMS)
def save_limits(item_id: int) -> AnyResponse:
    """Change an item's minimum and safety stock by warehouse."""
    warehouses = limits_of_item(db.session(), item_id)
    form = ThresholdForm.for_request(warehouses)
    if not form.validate():
        return _limits_page(item_id, form, status=400)
    try:
        with transaction() as session:
            service.set_thresholds(session, item_id, form.limits(warehouses), current_user.id, utc_now())
    except RuleBroken as error:
        return _limits_page(item_id, form, sentence(error), error.status)
    flash(gettext("Saved."), "success")
    return redirect(url_for("catalog.item", item_id=item_id), 303)


def _limits_page(item_id: int, form: ThresholdForm, problem: str | None = None, status: int = 200) -> Response:
    session = db.session()
    page = render_template(
        "stock/limits.html",
        title=gettext("Minimum by warehouse"),
        item=get_item(session, item_id),
        warehouses=limits_of_item(session, item_id),
        form=form,
        problem=problem,
    )
    return make_response(page, status)


def _warehouse() -> int | None:
    return request.args.get("warehouse", type=row_number)


def _sees_cost() -> bool:
    return current_user.may(Permission.SEE_COST)


def _sees_differences() -> bool:
    return current_user.may(Permission.SEE_DIFFERENCE_VALUES)


def _moves_title(session: Session, item_id: int | None, place_id: int | None) -> str:
    item = get_item(session, item_id).name if item_id is not None else None
    place = get_place(session, place_id).code if place_id is not None else None
    if item and place:
        return str(gettext("Moves of %(item)s in %(place)s", item=item, place=place))
    if item or place:
        return str(gettext("Moves of %(item)s", item=item)) if item else str(gettext("Moves in %(place)s", place=place))
    return str(gettext("All moves"))
