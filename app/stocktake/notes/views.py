"""Pages of notes: the trail of a stocktake, where also blind counters write, and the command of one line.

Law: nothing here shows what the books say, so that a blind count stays blind.
"""

from pathlib import Path

from flask import Response, current_app, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from app.db import db, transaction
from app.files.rules import Picture, make_picture
from app.files.service import keep_picture
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import NotFound, RuleBroken
from app.stocktake.models import Stocktake
from app.stocktake.notes import service
from app.stocktake.notes.forms import NoteForm, PlaceNoteForm
from app.stocktake.notes.listings import notes_listing
from app.stocktake.notes.queries import find_place
from app.stocktake.notes.rules import WRITERS, About, NoteDraft, ensure_note
from app.stocktake.queries import get_stocktake
from app.stocktake.report.keys import place_of
from app.stocktake.report.line_views import line_page
from app.stocktake.rules import OVER
from app.stocktake.views import bp, sees_report
from app.web.listing import Listing, answer, read
from app.web.words import sentence


@bp.get("/<int:stocktake_id>/notes")
@may(Permission.READ)
def notes(stocktake_id: int) -> Response:
    """List the notes of a stocktake, and show the form to write one about what is in reach."""
    session = db.session()
    stocktake = get_stocktake(session, stocktake_id)
    shown = _shown(stocktake, PlaceNoteForm.fresh())
    return answer(session, _listing(stocktake), "stocktake/notes.html", **shown)


@bp.post("/<int:stocktake_id>/notes")
@may(*WRITERS)
def add_note(stocktake_id: int) -> AnyResponse:
    """Keep a note about a bin or goods in it, named by their codes."""
    form = PlaceNoteForm()
    if not form.validate():
        return _page(stocktake_id, form, status=400)
    try:
        session = db.session()
        goods = form.bin.data.strip(), (form.item.data or "").strip()
        place = find_place(session, get_stocktake(session, stocktake_id), *goods)
        _keep(stocktake_id, place, form)
    except NotFound:
        raise
    except RuleBroken as error:
        return _page(stocktake_id, form, sentence(error), error.status)
    flash(gettext("The note is kept."), "success")
    return redirect(url_for("stocktake.notes", stocktake_id=stocktake_id), 303)


@bp.post("/<int:stocktake_id>/lines/<line_key>/notes")
@may(*WRITERS)
def add_line_note(stocktake_id: int, line_key: str) -> AnyResponse:
    """Keep a note about one line of the report."""
    place, form = place_of(line_key), NoteForm()
    if not form.validate():
        return line_page(stocktake_id, place, note_form=form)
    try:
        _keep(stocktake_id, About(*place), form)
    except NotFound:
        raise
    except RuleBroken as error:
        return line_page(stocktake_id, place, note_form=form, problem=error)
    flash(gettext("The note is kept."), "success")
    return redirect(url_for("stocktake.line", stocktake_id=stocktake_id, line_key=line_key, _anchor="notes"), 303)


def _keep(stocktake_id: int, place: About, form: NoteForm) -> None:
    uploads = [upload for upload in form.photos.data or () if isinstance(upload, FileStorage) and upload.filename]
    text = (form.text.data or "").strip()
    ensure_note(text, len(uploads))
    # Before the transaction: reading pictures takes a while, and a file that is none must cost nobody a lock.
    pictures: list[Picture] = [make_picture(upload.read()) for upload in uploads]
    now = utc_now()
    with transaction() as session:
        folder = Path(current_app.instance_path)
        files = [keep_picture(session, folder, picture, current_user.id, now) for picture in pictures]
        draft = NoteDraft(form.note_token, text, files)
        service.add_note(session, stocktake_id, place, draft, current_user.id, now)


def _page(stocktake_id: int, form: PlaceNoteForm, problem: str | None = None, status: int = 200) -> Response:
    session = db.session()
    stocktake = get_stocktake(session, stocktake_id)
    shown = _shown(stocktake, form, problem)
    page = render_template("stocktake/notes.html", page=read(session, _listing(stocktake)), **shown)
    return make_response(page, status)


def _listing(stocktake: Stocktake) -> Listing:
    sees_lines = sees_report(stocktake.blind, stocktake.state)
    return notes_listing(stocktake.id, stocktake.number, sees_lines=sees_lines)


def _shown(stocktake: Stocktake, form: PlaceNoteForm, problem: str | None = None) -> dict[str, object]:
    return {
        "stocktake": stocktake,
        "may_write": stocktake.state not in OVER and any(current_user.may(each) for each in WRITERS),
        "form": form,
        "problem": problem,
    }
