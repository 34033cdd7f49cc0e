"""Commands on transfers that a stocktake found, from the page of a line."""

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.db import transaction
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import NotFound, RuleBroken
from app.kernel.exact import parse_quantity
from app.stocktake.causes.rules import Place
from app.stocktake.report.keys import key_of, place_of
from app.stocktake.report.line_views import line_page
from app.stocktake.transfers import service
from app.stocktake.transfers.rules import TransferDraft
from app.stocktake.views import bp
from app.web.addresses import number_or_none


@bp.post("/<int:stocktake_id>/lines/<line_key>/transfer")
@may(Permission.APPROVE)
def transfer(stocktake_id: int, line_key: str) -> AnyResponse:
    """Book a transfer that explains this line's difference and another's, as it was proposed."""
    place = place_of(line_key)

    def command(session: Session) -> None:
        draft = TransferDraft(
            short=place_of(request.form.get("short", "")),
            over=place_of(request.form.get("over", "")),
            quantity=parse_quantity(request.form.get("quantity", "")),
            serial=number_or_none(request.form.get("serial", "1")) or 0,
        )
        service.book_transfer(session, stocktake_id, draft, current_user.id, utc_now())

    return _on_line(stocktake_id, place, command, gettext("The transfer is booked: it explains both differences."))


@bp.post("/<int:stocktake_id>/lines/<line_key>/transfers/<int:transfer_id>/take-back")
@may(Permission.APPROVE)
def take_back_transfer(stocktake_id: int, line_key: str, transfer_id: int) -> AnyResponse:
    """Take a transfer back."""

    def command(session: Session) -> None:
        service.take_back(session, stocktake_id, transfer_id, current_user.id, utc_now())

    return _on_line(stocktake_id, place_of(line_key), command, gettext("The transfer was taken back."))


def _on_line(stocktake_id: int, place: Place, command: Callable[[Session], None], saved: str) -> AnyResponse:
    try:
        with transaction() as session:
            command(session)
    except NotFound:
        raise
    except RuleBroken as error:
        return line_page(stocktake_id, place, problem=error)
    flash(saved, "success")
    return redirect(url_for("stocktake.line", stocktake_id=stocktake_id, line_key=key_of(place)), 303)
