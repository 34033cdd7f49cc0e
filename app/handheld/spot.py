"""The page from which any bin is counted at once: scan its label, type it, or take its photo."""

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.db import db, run
from app.handheld.api import darkroom
from app.handheld.views import bp
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import InvalidInput, RuleBroken
from app.kernel.i18n import N_
from app.stocktake.spot.queries import find_bin_named
from app.stocktake.spot.rules import NotABin
from app.stocktake.spot.service import begin
from app.web.addresses import row_number
from app.web.days import today
from app.web.words import sentence


class NoBinNamed(InvalidInput):
    """Neither a code nor a photo of one."""

    message = N_("Scan or type the code of a bin.")


@bp.get("/spot")
@may(Permission.SCAN)
def spot() -> Response:
    """Ask for a bin."""
    return _page()


@bp.post("/spot")
@may(Permission.SCAN)
def start_spot() -> AnyResponse:
    """Begin a spot count of the bin that was chosen (`bin`), scanned or typed (`code`), or photographed (`photo`)."""
    by, now = current_user.id, utc_now()
    try:
        chosen = request.form.get("bin", type=row_number) or _bin_of(db.session(), _texts())
        stocktake = run(lambda session: begin(session, chosen, by, now).id)
    except RuleBroken as error:
        return _page(error)
    return redirect(url_for("handheld.scan", stocktake_id=stocktake), 303)


def _texts() -> list[str]:
    """Return what was scanned or typed, else the codes that the photo shows. Errors: NoBinNamed, those of photos."""
    typed = request.form.get("code", "").strip()
    if typed:
        return [typed]
    photo = request.files.get("photo")
    if photo is None or not photo.filename:
        raise NoBinNamed
    found = darkroom.read(photo.read())
    if found.problem:
        raise found.problem
    return [text for text, _, _ in found.codes]


def _bin_of(session: Session, texts: list[str]) -> int:
    day = today()
    named = {number for text in texts if (number := find_bin_named(session, text, day))}
    if len(named) != 1:
        raise NotABin(code=", ".join(texts)[:80] or "?")
    return named.pop()


def _page(problem: RuleBroken | None = None) -> Response:
    page = render_template(
        "handheld/spot.html",
        title=gettext("Spot count"),
        typed=request.form.get("code", ""),
        problem=sentence(problem) if problem else None,
    )
    return make_response(page, problem.status if problem else 200)
