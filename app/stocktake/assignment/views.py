"""The page on which a planner shares bins out among counters."""

from flask import Response, flash, redirect, request, url_for
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.db import db, transaction
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import NotFound, RuleBroken
from app.stocktake.assignment import service
from app.stocktake.assignment.listings import Narrowed, assignment_listing
from app.stocktake.assignment.queries import list_choices, list_counters
from app.stocktake.forms import words
from app.stocktake.queries import find_bin_ids, get_stocktake
from app.stocktake.rules import OVER
from app.stocktake.views import bp
from app.web.addresses import row_number
from app.web.listing import answer_rows
from app.web.words import sentence


@bp.get("/<int:stocktake_id>/assign")
@may(Permission.PLAN_STOCKTAKE)
def assignment(stocktake_id: int) -> Response:
    """Show whose the bins are, and let them be shared out."""
    return _page(stocktake_id)


@bp.post("/<int:stocktake_id>/assign")
@may(Permission.PLAN_STOCKTAKE)
def assign(stocktake_id: int) -> AnyResponse:
    """Ask people to count the chosen bins, or (`release`) make the bins anybody's again."""
    releases = "release" in request.form
    try:
        with transaction() as session:
            bins = _chosen_bins(session, stocktake_id)
            counters = request.form.getlist("counter", type=row_number)
            if releases:
                count = service.release(session, stocktake_id, bins, current_user.id, utc_now())
            else:
                count = service.assign(session, stocktake_id, bins, counters, current_user.id, utc_now())
    except NotFound:
        raise
    except RuleBroken as error:
        return _page(stocktake_id, error)
    if releases:
        done = ngettext("%(num)s bin is anybody's again.", "%(num)s bins are anybody's again.", count)
    else:
        done = ngettext("%(num)s bin is shared out.", "%(num)s bins are shared out.", count)
    flash(done, "success")
    return redirect(url_for("stocktake.assignment", stocktake_id=stocktake_id), 303)


def _chosen_bins(session: Session, stocktake_id: int) -> set[int]:
    """Return the bins that were ticked, and those that were typed as codes or ranges. Errors: BinsUnknown."""
    stocktake = get_stocktake(session, stocktake_id)
    typed = find_bin_ids(session, stocktake.warehouse_id, words(request.form.get("bins")))
    return {*request.form.getlist("bin", type=row_number), *typed}


def _page(stocktake_id: int, problem: RuleBroken | None = None) -> Response:
    session = db.session()
    stocktake = get_stocktake(session, stocktake_id)
    counters, is_over = list_counters(session), stocktake.state in OVER
    listing = assignment_listing(
        stocktake.number,
        list_choices(session, stocktake, service.planned_bins(session, stocktake)),
        counters,
        Narrowed(*(request.args.get(name, "") for name in ("zone", "state", "whose"))),
        None if is_over else {*request.form.getlist("bin", type=row_number)},
    )
    page = answer_rows(
        listing,
        "stocktake/assign.html",
        stocktake=stocktake,
        counters=counters,
        asked={*request.form.getlist("counter", type=row_number)},
        typed=request.form.get("bins", ""),
        is_over=is_over,
        list_class="bins-listing pick-listing",
        problem=sentence(problem) if problem else None,
    )
    page.status_code = problem.status if problem else 200
    return page
