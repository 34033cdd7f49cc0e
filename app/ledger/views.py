"""The page of closed periods."""

from datetime import timedelta

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.db import db, transaction
from app.identity.access import current_user, may
from app.identity.rules import Permission
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.ledger.forms import CloseForm
from app.ledger.listings import CLOSINGS
from app.ledger.periods import close_period
from app.web.days import today
from app.web.listing import answer, read
from app.web.words import sentence

bp = Blueprint("ledger", __name__)


@bp.get("/periods")
@may(Permission.CLOSE_PERIODS)
def periods() -> Response:
    """List the closings, and offer the end of last month for the next."""
    end_of_last_month = today().replace(day=1) - timedelta(days=1)
    form = CloseForm(None, data={"until": end_of_last_month})
    return answer(db.session(), CLOSINGS, "ledger/periods.html", form=form)


@bp.post("/periods")
@may(Permission.CLOSE_PERIODS)
def close() -> AnyResponse:
    """Close the books up to a day."""
    form = CloseForm()
    if not form.validate():
        return _page(form, status=400)
    try:
        with transaction() as session:
            close_period(session, form.until.data, by=current_user.id, now=utc_now())
    except RuleBroken as error:
        return _page(form, sentence(error), error.status)
    return redirect(url_for("ledger.periods"), 303)


def _page(form: CloseForm, problem: str | None = None, status: int = 200) -> Response:
    page = read(db.session(), CLOSINGS)
    return make_response(render_template("ledger/periods.html", page=page, form=form, problem=problem), status)
