"""Pages of count sheets: print them, find one by its code, enter what is written on it."""

from collections.abc import Sequence
from datetime import datetime

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.catalog.queries import search_items
from app.company.queries import get_company
from app.db import db, run
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import NotFound, RuleBroken
from app.stocktake.assignment.queries import list_assigned, list_choices, list_counters
from app.stocktake.queries import get_stocktake
from app.stocktake.rules import StocktakeState
from app.stocktake.sheets import service
from app.stocktake.sheets.forms import SheetForm, new_form, read_form
from app.stocktake.sheets.listings import sheets_listing
from app.stocktake.sheets.pdf import make_sheets
from app.stocktake.sheets.queries import Sheet, find_sheet_id, get_sheet, list_entries, read_sheets
from app.stocktake.sheets.rules import Entry, NoSuchSheet
from app.stocktake.spot.service import settle_closed
from app.stocktake.views import bp
from app.web.addresses import row_number
from app.web.exports import PDF, download
from app.web.listing import answer_rows
from app.web.words import sentence

FOUND = 12
PICKED = "bins-listing pick-listing"  # on a phone a bin takes one line
COUNTERS = (Permission.SCAN, Permission.PLAN_STOCKTAKE)


@bp.get("/<int:stocktake_id>/sheets")
@may(*COUNTERS)
def sheets(stocktake_id: int) -> AnyResponse:
    """Show the bins whose sheets can be printed or entered, or open the sheet whose code was scanned (`code`)."""
    session = db.session()
    code = request.args.get("code", "")
    sheet_id = find_sheet_id(session, code) if code else None
    if sheet_id is not None:
        return redirect(url_for("stocktake.sheet", sheet_id=sheet_id), 303)
    return _list_page(stocktake_id, NoSuchSheet() if code else None)


@bp.post("/<int:stocktake_id>/sheets")
@may(*COUNTERS)
def print_sheets(stocktake_id: int) -> AnyResponse:
    """Make the sheets of the chosen bins (none chosen: of all), and show them as one PDF."""
    bins, by, now = request.form.getlist("bin", type=row_number), current_user.id, utc_now()
    if not request.form.getlist("bin"):
        session = db.session()
        bins = [each.bin.id for each in list_choices(session, get_stocktake(session, stocktake_id), ())]
    try:
        made = run(lambda session: service.print_sheets(session, stocktake_id, bins, by, now))
    except NotFound:
        raise
    except RuleBroken as error:
        return _list_page(stocktake_id, error)
    return redirect(url_for("stocktake.sheets_pdf", stocktake_id=stocktake_id, sheet=made), 303)


@bp.get("/<int:stocktake_id>/sheets.pdf")
@may(*COUNTERS)
def sheets_pdf(stocktake_id: int) -> Response:
    """Print these sheets (`sheet`), or all of the stocktake."""
    session = db.session()
    stocktake = get_stocktake(session, stocktake_id)
    wanted = request.args.getlist("sheet", type=row_number)
    ids = wanted or [row.id for row in list_entries(session, stocktake_id).values()]
    found = read_sheets(session, stocktake_id, ids)
    if not found:
        raise NoSuchSheet
    title = f"{gettext('Count sheets')} {stocktake.number}"
    return download(make_sheets(found, title), f"{title}.pdf", PDF)


def _list_page(stocktake_id: int, problem: RuleBroken | None = None) -> Response:
    session = db.session()
    stocktake = get_stocktake(session, stocktake_id)
    ticked = {*request.form.getlist("bin", type=row_number)}
    may_print = stocktake.state is StocktakeState.COUNTING
    listing = sheets_listing(
        stocktake.number,
        list_choices(session, stocktake, ()),
        list_entries(session, stocktake_id),
        request.args.get("state", ""),
        (lambda row: row.bin.id in ticked) if may_print else None,
    )
    page = answer_rows(
        listing,
        "stocktake/sheets.html",
        stocktake=stocktake,
        may_print=may_print,
        typed=request.args.get("code", ""),
        list_class=PICKED,
        problem=sentence(problem) if problem else None,
    )
    page.status_code = problem.status if problem else 200
    return page


# --- one sheet --------------------------------------------------------------------------------------------------------


@bp.get("/sheets/<int:sheet_id>")
@may(*COUNTERS)
def sheet(sheet_id: int) -> Response:
    """Show the form in which a sheet is entered."""
    session = db.session()
    found = _read(sheet_id)
    whose = list_assigned(session, found.stocktake_id).get((found.bin_id, found.round))
    time_zone = get_company(session).time_zone
    return _sheet_page(new_form(found, whose.user_id if whose else None, utc_now(), time_zone))


@bp.post("/sheets/<int:sheet_id>")
@may(*COUNTERS)
def enter_sheet(sheet_id: int) -> AnyResponse:
    """Enter a sheet; what is wrong or must be asked stands by its line, and everything typed stays."""
    session, by, now = db.session(), current_user.id, utc_now()
    form = read_form(session, _read(sheet_id), request.form, now, get_company(session).time_zone)
    entry = form.entry
    if entry is None:
        return _sheet_page(form, status=400 if form.problems else 200)
    try:
        run(lambda session: _enter(session, form.sheet.stocktake_id, entry, by, now))
    except NotFound:
        raise
    except RuleBroken as error:
        return _sheet_page(form, error)
    said = gettext("The sheet of %(bin)s is entered.", bin=form.sheet.bin)
    flash(said if entry.closes else gettext("%(bin)s is entered and stays open.", bin=form.sheet.bin), "success")
    return redirect(url_for("stocktake.sheets", stocktake_id=form.sheet.stocktake_id), 303)


@bp.get("/sheets/items")
@may(*COUNTERS)
def sheet_items() -> str:
    """Give the items that a few letters of a name, initials or a code mean, as choices for a field."""
    asked = [value for name, value in request.args.items() if name.startswith("code-")]
    words = (asked[0] if asked else "").strip()
    rows: Sequence[object] = search_items(db.session(), words, FOUND) if words else ()
    return render_template("stocktake/sheet_items.html", rows=rows)


def _enter(session: Session, stocktake_id: int, entry: Entry, by: int, now: datetime) -> None:
    """Enter a sheet; a spot count whose bin it closes ends with it."""
    service.enter(session, entry, by, now)
    if entry.closes:
        settle_closed(session, stocktake_id, now)


def _read(sheet_id: int) -> Sheet:
    session = db.session()
    [found] = read_sheets(session, get_sheet(session, sheet_id).stocktake_id, [sheet_id])
    return found


def _sheet_page(form: SheetForm, problem: RuleBroken | None = None, status: int = 200) -> Response:
    session = db.session()
    page = render_template(
        "stocktake/sheet.html",
        title=gettext("Count sheet of %(bin)s", bin=form.sheet.bin),
        form=form,
        sheet=form.sheet,
        counters=list_counters(session),
        problem=sentence(problem) if problem else None,
    )
    return make_response(page, problem.status if problem else status)
