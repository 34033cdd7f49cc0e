"""Pages of the stocktake itself: the list, the plan, its progress, and the commands that move it on."""

from collections.abc import Callable

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.db import db, transaction
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import NotFound, RuleBroken
from app.stocktake import service
from app.stocktake.approval import service as approval
from app.stocktake.forms import PlanForm
from app.stocktake.listings import bins_listing, stocktakes_listing
from app.stocktake.live.queries import read_live
from app.stocktake.models import Stocktake
from app.stocktake.queries import get_view, list_scope_names
from app.stocktake.rules import (
    SCOPE_NAMES,
    STATE_NAMES,
    STATE_TONES,
    TAKES_SCANS,
    StocktakeState,
    ensure_report_open,
)
from app.web.listing import answer, answer_rows
from app.web.words import sentence

bp = Blueprint("stocktake", __name__)
DECIDERS = (Permission.APPROVE, Permission.PLAN_STOCKTAKE, Permission.SEE_DIFFERENCE_VALUES)


@bp.get("/")
@may(Permission.READ)
def stocktakes() -> Response:
    """List the stocktakes."""
    session = db.session()
    may_plan = current_user.may(Permission.PLAN_STOCKTAKE)
    return answer(session, stocktakes_listing(session), "stocktake/list.html", may_plan=may_plan)


@bp.get("/plan")
@may(Permission.PLAN_STOCKTAKE)
def plan_stocktake() -> Response:
    """Show the form of a plan."""
    return _plan_page(PlanForm.for_request(db.session()))


@bp.post("/plan")
@may(Permission.PLAN_STOCKTAKE)
def add_stocktake() -> AnyResponse:
    """Write a stocktake down."""
    form = PlanForm.for_request(db.session())
    if not form.validate():
        return _plan_page(form, status=400)
    try:
        with transaction() as session:
            now = utc_now()
            stocktake = service.plan(session, form.plan(session, now), current_user.id, now)
    except RuleBroken as error:
        return _plan_page(form, sentence(error), error.status)
    return redirect(url_for("stocktake.show", stocktake_id=stocktake.id), 303)


def _plan_page(form: PlanForm, problem: str | None = None, status: int = 200) -> Response:
    page = render_template("stocktake/plan.html", title=gettext("Plan a stocktake"), form=form, problem=problem)
    return make_response(page, status)


@bp.get("/<int:stocktake_id>")
@may(Permission.READ)
def show(stocktake_id: int) -> Response:
    """Show how far a stocktake is."""
    return show_page(stocktake_id)


def show_page(stocktake_id: int, problem: RuleBroken | None = None) -> Response:
    """Return the page of a stocktake, with what went wrong if something did."""
    session = db.session()
    view, now = get_view(session, stocktake_id), utc_now()
    seen = sees_report(view.row.blind, view.row.state)
    may_free = view.row.state is StocktakeState.COUNTING and current_user.may(Permission.PLAN_STOCKTAKE)
    begun = view.row.state is not StocktakeState.DRAFT
    live = live_context(view.row) if begun else {"live": None, "sees_report": seen}
    page = answer_rows(
        bins_listing(view, request.args.get("state", ""), now, sees_report=seen, may_free=may_free),
        "stocktake/show.html",
        list_class="bins-listing",
        title=view.row.number,
        view=view,
        stocktake=view.row,
        scope_names=list_scope_names(session, view.row),
        state_name=gettext(STATE_NAMES[view.row.state]),
        state_tone=STATE_TONES[view.row.state],
        scope_name=gettext("Spot count") if view.row.spot_bin_id else gettext(SCOPE_NAMES[view.row.scope_kind]),
        takes_scans=view.row.state in TAKES_SCANS,
        problem=sentence(problem) if problem else None,
        **live,
    )
    page.status_code = problem.status if problem else 200
    return page


def live_context(stocktake: Stocktake) -> dict[str, object]:
    """Return what the live part of the page shows to this user."""
    seen, decides = sees_report(stocktake.blind, stocktake.state), any(current_user.may(each) for each in DECIDERS)
    return {
        "live": read_live(db.session(), stocktake, utc_now(), with_accuracy=decides and seen),
        "may_bind": current_user.may(Permission.EDIT_ITEMS),
        "sees_report": seen,
    }


def sees_report(blind: bool, state: str) -> bool:
    """Return whether this user may see the report now."""
    try:
        ensure_report_open(blind, state, decides=any(current_user.may(each) for each in DECIDERS))
    except RuleBroken:
        return False
    return True


# --- commands ---------------------------------------------------------------------------------------------------------


@bp.post("/<int:stocktake_id>/start")
@may(Permission.PLAN_STOCKTAKE)
def start(stocktake_id: int) -> AnyResponse:
    """Let counting begin."""
    return on_stocktake(stocktake_id, lambda session: service.start(session, stocktake_id, current_user.id, utc_now()))


@bp.post("/<int:stocktake_id>/finish")
@may(Permission.PLAN_STOCKTAKE)
def finish(stocktake_id: int) -> AnyResponse:
    """End the counting."""
    return on_stocktake(
        stocktake_id, lambda session: approval.end_review(session, stocktake_id, current_user.id, utc_now())
    )


@bp.post("/<int:stocktake_id>/resume")
@may(Permission.PLAN_STOCKTAKE)
def resume(stocktake_id: int) -> AnyResponse:
    """Go on counting."""
    return on_stocktake(stocktake_id, lambda session: service.resume(session, stocktake_id, current_user.id, utc_now()))


@bp.post("/<int:stocktake_id>/cancel")
@may(Permission.PLAN_STOCKTAKE)
def cancel(stocktake_id: int) -> AnyResponse:
    """End a stocktake without any adjustment."""
    return on_stocktake(stocktake_id, lambda session: service.cancel(session, stocktake_id, current_user.id, utc_now()))


@bp.post("/<int:stocktake_id>/bins/<int:bin_id>/free")
@may(Permission.PLAN_STOCKTAKE)
def free_bin(stocktake_id: int, bin_id: int) -> AnyResponse:
    """Let somebody else count a bin that is leased."""
    return on_stocktake(
        stocktake_id, lambda session: service.free_bin(session, stocktake_id, bin_id, current_user.id, utc_now())
    )


def on_stocktake(stocktake_id: int, command: Callable[[Session], object], saved: str | None = None) -> AnyResponse:
    """Run *command* and show the stocktake again, with what went wrong if something did."""
    try:
        with transaction() as session:
            command(session)
    except NotFound:
        raise
    except RuleBroken as error:
        return show_page(stocktake_id, error)
    if saved:
        flash(saved, "success")
    return redirect(url_for("stocktake.show", stocktake_id=stocktake_id), 303)
