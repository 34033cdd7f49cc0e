"""The page of closed periods."""

from datetime import timedelta

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from app.company.queries import get_company
from app.db import db, transaction
from app.identity.access import current_user, may
from app.identity.audit import audit
from app.identity.models import User
from app.identity.rules import Permission
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.ledger.forms import CloseForm
from app.ledger.models import PeriodClosing
from app.ledger.periods import close_period
from app.web.listing import Column, Listing, answer, read
from app.web.words import sentence

bp = Blueprint("ledger", __name__)

CLOSINGS = Listing(
    name="periods",
    title=_l("Closed periods"),
    statement=select(PeriodClosing.until, PeriodClosing.after_seq, PeriodClosing.at, User.name).join(
        User, User.id == PeriodClosing.by
    ),
    columns=(
        Column("until", _l("Closed up to"), "day", sort=PeriodClosing.until, is_title=True),
        Column("after_seq", _l("Last posting before"), "quantity", sort=PeriodClosing.after_seq),
        Column("name", _l("By"), sort=User.name),
        Column("at", _l("When"), "instant", sort=PeriodClosing.at),
    ),
    search=(User.name,),
    order=(PeriodClosing.until.desc(),),
    empty=_l("No period was closed yet. Close a month once its documents are in."),
)


@bp.get("/periods")
@may(Permission.CLOSE_PERIODS)
def periods() -> Response:
    """List the closings, and offer the end of last month for the next."""
    form = CloseForm()
    form.until.data = get_company(db.session()).day_of(utc_now()).replace(day=1) - timedelta(days=1)
    return answer(db.session(), CLOSINGS, "ledger/periods.html", form=form)


@bp.post("/periods")
@may(Permission.CLOSE_PERIODS)
def close() -> AnyResponse:
    """Close the books up to a day."""
    form = CloseForm()
    problem = None
    if form.validate_on_submit():
        try:
            with transaction() as session:
                close_period(session, form.until.data, by=current_user.id, now=utc_now())
                until = form.until.data.isoformat()
                audit(session, current_user.id, "period.close", f"period:{until}", {"until": until}, utc_now())
            return redirect(url_for("ledger.periods"), 303)
        except RuleBroken as error:
            problem = sentence(error)
    page = read(db.session(), CLOSINGS)
    return make_response(render_template("ledger/periods.html", page=page, form=form, problem=problem), 400)
