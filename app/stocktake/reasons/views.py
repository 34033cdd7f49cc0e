"""The page of reasons: those everybody has, and the company's own."""

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.db import db, transaction
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.stocktake.reasons import service
from app.stocktake.reasons.forms import ReasonForm
from app.stocktake.reasons.queries import list_own_reasons
from app.stocktake.reasons.rules import REASON_NAMES, GapReason
from app.stocktake.views import bp
from app.web.words import sentence


@bp.get("/reasons")
@may(Permission.APPROVE)
def reasons() -> Response:
    """Show the reasons that can be given for a difference."""
    return _page(ReasonForm(None))


@bp.post("/reasons")
@may(Permission.APPROVE)
def add_reason() -> AnyResponse:
    """Add a reason of the company's own."""
    form = ReasonForm()
    if not form.validate():
        return _page(form, status=400)
    try:
        with transaction() as session:
            service.add_reason(session, form.name.data, current_user.id, utc_now())
    except RuleBroken as error:
        return _page(form, sentence(error), error.status)
    flash(gettext("Saved."), "success")
    return redirect(url_for("stocktake.reasons"), 303)


@bp.post("/reasons/<int:reason_id>/<any(retire, restore):command>")
@may(Permission.APPROVE)
def switch_reason(reason_id: int, command: str) -> AnyResponse:
    """Offer a reason no more, or again."""
    with transaction() as session:
        service.set_active(session, reason_id, command == "restore", current_user.id, utc_now())
    return redirect(url_for("stocktake.reasons"), 303)


def _page(form: ReasonForm, problem: str | None = None, status: int = 200) -> Response:
    page = render_template(
        "stocktake/reasons.html",
        title=gettext("Reasons for differences"),
        common=[gettext(name) for reason, name in REASON_NAMES.items() if reason is not GapReason.UNKNOWN],
        own=list_own_reasons(db.session()),
        form=form,
        problem=problem,
    )
    return make_response(page, status)
