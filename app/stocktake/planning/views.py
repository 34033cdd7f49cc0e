"""What to count next: the proposal with its reasons, counting what was chosen of it, and the rhythm of ABC classes."""

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from app.db import db, transaction
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.stocktake.classes.queries import get_policy
from app.stocktake.classes.service import save_policy
from app.stocktake.planning.forms import PolicyForm
from app.stocktake.planning.listings import CHOSEN, proposal_listing
from app.stocktake.planning.queries import read_bins, read_items
from app.stocktake.planning.rules import MOST_PROPOSED, ReasonKind
from app.stocktake.planning.service import choose, plan_chosen
from app.stocktake.report.views import sees_values
from app.stocktake.rules import ScopeKind
from app.stocktake.views import bp
from app.web.addresses import row_number
from app.web.listing import answer_rows
from app.web.words import sentence

ITEMS = "items"


@bp.get("/proposal")
@may(Permission.PLAN_STOCKTAKE)
def proposal() -> Response:
    """Show what calls for a count, bins or items (`?by=items`), what calls loudest on top."""
    return _proposal_page()


@bp.post("/proposal")
@may(Permission.PLAN_STOCKTAKE)
def count_these() -> AnyResponse:
    """Plan to count what was chosen, else so many of those on top."""
    now = utc_now()
    ids = frozenset(request.form.getlist(CHOSEN, type=row_number))
    most = min(request.form.get("most", 0, type=int), MOST_PROPOSED)
    read, kind = (read_items, ScopeKind.LIST) if _by_item() else (read_bins, ScopeKind.PROPOSED)
    try:
        with transaction() as session:
            chosen = choose(read(session, now, _warehouse()).rows, ids, most)
            made = plan_chosen(session, chosen, kind, current_user.id, now)
    except RuleBroken as error:
        return _proposal_page(sentence(error), error.status)
    if len(made) == 1:
        return redirect(url_for("stocktake.show", stocktake_id=made[0].id), 303)
    flash(ngettext("%(num)s stocktake planned", "%(num)s stocktakes planned, one a warehouse", len(made)), "success")
    return redirect(url_for("stocktake.stocktakes"), 303)


def _proposal_page(problem: str | None = None, status: int = 200) -> Response:
    session, by_item = db.session(), _by_item()
    found = (read_items if by_item else read_bins)(session, utc_now(), _warehouse())
    page = answer_rows(
        proposal_listing(session, found, _why(), by_item=by_item, values=sees_values()),
        "stocktake/proposal.html",
        by_item=by_item,
        most=MOST_PROPOSED,
        policy=get_policy(session),
        classes=found.classes,
        kept={"by": ITEMS} if by_item else {},
        problem=problem,
    )
    page.status_code = status
    return page


def _why() -> ReasonKind | None:
    wanted = request.args.get("why", "")
    return ReasonKind(wanted) if wanted in set(ReasonKind) else None


def _by_item() -> bool:
    return request.args.get("by") == ITEMS


def _warehouse() -> int | None:
    return request.args.get("warehouse", type=row_number)


# --- ABC --------------------------------------------------------------------------------------------------------------


@bp.get("/classes")
@may(Permission.PLAN_STOCKTAKE)
def classes() -> Response:
    """Show where the ABC classes end and how often each is counted."""
    return _classes_page(PolicyForm(None, obj=get_policy(db.session())))


@bp.post("/classes")
@may(Permission.PLAN_STOCKTAKE)
def save_classes() -> AnyResponse:
    """Change where the ABC classes end and how often each is counted."""
    form = PolicyForm()
    if not form.validate():
        return _classes_page(form, status=400)
    try:
        with transaction() as session:
            save_policy(session, form.policy(), current_user.id, utc_now())
    except RuleBroken as error:
        return _classes_page(form, sentence(error), error.status)
    flash(gettext("Saved."), "success")
    return redirect(url_for("stocktake.proposal"), 303)


def _classes_page(form: PolicyForm, problem: str | None = None, status: int = 200) -> Response:
    page = render_template("stocktake/classes.html", title=gettext("ABC classes"), form=form, problem=problem)
    return make_response(page, status)
