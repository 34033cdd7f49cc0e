"""Commands of those who decide: approve, have recounted, post."""

from collections.abc import Callable
from decimal import Decimal

from flask import flash, redirect, request, url_for
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.db import db, transaction
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import InvalidInput, NotFound, RuleBroken
from app.kernel.exact import parse_quantity
from app.kernel.i18n import N_
from app.stocktake.approval import service
from app.stocktake.approval.rules import Choice
from app.stocktake.causes.rules import Place
from app.stocktake.forms import DecisionForm
from app.stocktake.reasons.queries import read_reasons
from app.stocktake.report.keys import asking, place_of
from app.stocktake.report.line_views import line_page
from app.stocktake.report.views import places_shown, report_page
from app.stocktake.service import ask_recount
from app.stocktake.views import bp, on_stocktake


class NothingChosen(InvalidInput):
    """A command about lines without any line."""

    message = N_("Choose at least one line.")


@bp.post("/<int:stocktake_id>/approve")
@may(Permission.APPROVE)
def approve(stocktake_id: int) -> AnyResponse:
    """Approve the chosen lines as they were seen, or every line shown that waits for it (`all`)."""
    form, everything = DecisionForm.for_request(read_reasons(db.session())), request.form.get("all")
    if not form.validate():
        return report_page(stocktake_id, form=form)
    among = places_shown(db.session(), stocktake_id) if everything else None

    def command(session: Session) -> str:
        choice = Choice(
            seen={} if everything else _seen(),
            seen_all=everything,
            among=among,
            reason=form.reason.data,
            note=(form.note.data or "").strip(),
        )
        count = service.approve(session, stocktake_id, choice, current_user.id, utc_now())
        return str(ngettext("%(num)s line approved.", "%(num)s lines approved.", count))

    return _on_report(stocktake_id, command, form)


@bp.post("/<int:stocktake_id>/recount")
@may(Permission.APPROVE, Permission.PLAN_STOCKTAKE)
def recount(stocktake_id: int) -> AnyResponse:
    """Have the chosen lines counted anew by somebody else."""

    def command(session: Session) -> str:
        bins = ask_recount(session, stocktake_id, _chosen(), current_user.id, utc_now())
        return str(ngettext("A recount of %(num)s bin is asked.", "A recount of %(num)s bins is asked.", len(bins)))

    return _on_report(stocktake_id, command)


@bp.post("/<int:stocktake_id>/drop-recount")
@may(Permission.APPROVE, Permission.PLAN_STOCKTAKE)
def drop_recount(stocktake_id: int) -> AnyResponse:
    """Take the recount of the chosen lines back."""

    def command(session: Session) -> str:
        service.drop_recount(session, stocktake_id, _chosen(), current_user.id, utc_now())
        return str(gettext("The recount was taken back."))

    return _on_report(stocktake_id, command)


@bp.post("/<int:stocktake_id>/lines/<line_key>/approve")
@may(Permission.APPROVE)
def approve_line(stocktake_id: int, line_key: str) -> AnyResponse:
    """Approve one line as it was seen, with a reason, a note, and a cost where nobody knows one."""
    place, form = place_of(line_key), DecisionForm.for_request(read_reasons(db.session()))
    if not form.validate():
        return line_page(stocktake_id, place, form)
    try:
        choice = Choice(
            seen={place: parse_quantity(form.seen.data or "0")},
            unit_costs=form.cost_of(place),
            reason=form.reason.data,
            note=(form.note.data or "").strip(),
        )
        with transaction() as session:
            service.approve(session, stocktake_id, choice, current_user.id, utc_now())
    except NotFound:
        raise
    except RuleBroken as error:
        return line_page(stocktake_id, place, form, error)
    flash(gettext("The line is approved."), "success")
    return redirect(url_for("stocktake.report", stocktake_id=stocktake_id), 303)


@bp.post("/<int:stocktake_id>/post")
@may(Permission.APPROVE)
def post(stocktake_id: int) -> AnyResponse:
    """Post the stocktake; differences that changed since their approval go back to review instead."""

    def command(session: Session) -> None:
        outcome = service.post(session, stocktake_id, current_user.id, utc_now())
        if outcome.seq is None:
            sentence = ngettext(
                "Nothing was posted: %(num)s difference has changed since its approval. Please look again.",
                "Nothing was posted: %(num)s differences have changed since their approval. Please look again.",
                outcome.returned,
            )
            flash(sentence, "warning")
        else:
            flash(gettext("The stocktake is posted: the books match what was counted."), "success")

    return on_stocktake(stocktake_id, command)


def _chosen() -> list[Place]:
    """Return the lines that were ticked. Errors: NothingChosen, BadKey."""
    keys = [value.partition("=")[0] for value in request.form.getlist("line")]
    if not keys:
        raise NothingChosen
    return [place_of(key) for key in keys]


def _seen() -> dict[Place, Decimal]:
    """Return the lines that were ticked with the difference each was seen with. Errors: NothingChosen, BadKey."""
    pairs = [value.partition("=") for value in request.form.getlist("line")]
    if not pairs:
        raise NothingChosen
    return {place_of(key): parse_quantity(difference or "0") for key, _, difference in pairs}


def _on_report(stocktake_id: int, command: Callable[[Session], str], form: DecisionForm | None = None) -> AnyResponse:
    """Run *command* and show the report again, with what went wrong if something did."""
    try:
        with transaction() as session:
            done = command(session)
    except NotFound:
        raise
    except RuleBroken as error:
        return report_page(stocktake_id, error, form)
    flash(done, "success")
    return redirect(asking(url_for("stocktake.report", stocktake_id=stocktake_id), request.args), 303)
