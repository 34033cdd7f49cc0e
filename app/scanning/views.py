"""Pages of scans: all, one's own of today, those that wait, and what a person decides about one of them."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.catalog.rules import shown_barcode
from app.db import db, transaction
from app.files.rules import make_picture
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.scanning import service
from app.scanning.forms import BindForm, DropForm, PhotoForm
from app.scanning.intake import parse_code
from app.scanning.listings import (
    all_listing,
    kind_name,
    own_listing,
    reason_sentence,
    sentence_of,
    task_url,
    task_words,
    waiting_listing,
)
from app.scanning.queries import (
    count_parked,
    find_resolution,
    get_scan,
    get_scan_row,
    list_likely,
    list_neighbours,
    list_packs_named,
    list_photos,
)
from app.scanning.rules import ScanStatus, StillParked
from app.web.days import begin_of, today
from app.web.listing import answer
from app.web.start import Card
from app.web.words import sentence

bp = Blueprint("scanning", __name__)


@bp.get("/")
@may(Permission.APPROVE)
def scans() -> Response:
    """List all scans."""
    return answer(db.session(), all_listing(), "scanning/scans.html")


@bp.get("/mine")
@may(Permission.SCAN)
def my_scans() -> Response:
    """List one's own scans of today."""
    return answer(db.session(), own_listing(current_user.id, begin_of(today())))


@bp.get("/waiting")
@may(Permission.APPROVE, Permission.EDIT_ITEMS)
def waiting() -> Response:
    """List the scans that wait for a person."""
    return answer(db.session(), waiting_listing(), "scanning/waiting.html")


@bp.post("/waiting/again")
@may(Permission.EDIT_ITEMS)
def settle() -> AnyResponse:
    """Let in what is known by now."""
    with transaction() as session:
        flow = service.settle_waiting(session, current_user.id, utc_now())
    _tell(flow.taken)
    return redirect(url_for("scanning.waiting"), 303)


@bp.get("/<uuid:scan_id>")
@may(Permission.APPROVE, Permission.EDIT_ITEMS, Permission.SCAN)
def scan(scan_id: UUID) -> Response:
    """Show one scan, what was scanned around it, and what can be decided."""
    return _page(scan_id)


@bp.post("/<uuid:scan_id>/bind")
@may(Permission.EDIT_ITEMS)
def bind(scan_id: UUID) -> AnyResponse:
    """Say which pack a code names."""
    form = BindForm()
    if not form.validate():
        return _page(scan_id, status=400)
    try:
        with transaction() as session:
            now = utc_now()
            flow = service.bind(
                session, scan_id, form.pack_id.data, current_user.id, now, remember=bool(form.remember.data)
            )
    except RuleBroken as error:
        return _page(scan_id, _said(error), error.status)
    _tell(flow.taken)
    return redirect(url_for("scanning.waiting"), 303)


@bp.post("/<uuid:scan_id>/photo")
@may(Permission.SCAN, Permission.EDIT_ITEMS)
def add_photo(scan_id: UUID) -> AnyResponse:
    """Lay a photo of the goods beside a scan that waits."""
    form, now = PhotoForm(), utc_now()
    if not form.validate():
        return _page(scan_id, status=400, photo=form)
    try:
        picture = make_picture(form.photo.data.read())  # before the transaction: it takes a while
        with transaction() as session:
            instance = Path(current_app.instance_path)
            service.add_photo(session, instance, scan_id, picture, current_user.id, now)
    except RuleBroken as error:
        return _page(scan_id, sentence(error), error.status)
    return redirect(url_for("scanning.scan", scan_id=scan_id), 303)


@bp.post("/<uuid:scan_id>/take")
@may(Permission.APPROVE)
def take(scan_id: UUID) -> AnyResponse:
    """Let a scan in as it stands."""
    try:
        with transaction() as session:
            service.take(session, scan_id, current_user.id, utc_now())
    except RuleBroken as error:
        return _page(scan_id, _said(error), error.status)
    _tell(1)
    return redirect(url_for("scanning.waiting"), 303)


@bp.post("/<uuid:scan_id>/drop")
@may(Permission.APPROVE)
def drop(scan_id: UUID) -> AnyResponse:
    """Say that a scan counts for nothing."""
    form = DropForm()
    if not form.validate():
        return _page(scan_id, status=400, dropping=form)
    try:
        with transaction() as session:
            service.drop(session, scan_id, form.note.data, current_user.id, utc_now())
    except RuleBroken as error:
        return _page(scan_id, sentence(error), error.status, dropping=form)
    flash(gettext("Dropped."), "success")
    return redirect(url_for("scanning.waiting"), 303)


def waiting_card(session: Session) -> Iterator[Card]:
    """Yield how many scans wait, for whoever may say what they are."""
    if current_user.may(Permission.EDIT_ITEMS) and (number := count_parked(session)):
        yield Card(
            title=gettext("Scans that wait"),
            link=url_for("scanning.waiting"),
            icon="inbox",
            text=gettext("Unknown codes and scans that could not count"),
            figure=number,
            tone="warn",
        )


def _page(
    scan_id: UUID,
    problem: str | None = None,
    status: int = 200,
    dropping: DropForm | None = None,
    photo: PhotoForm | None = None,
) -> Response:
    session = db.session()
    row, words = get_scan_row(session, scan_id), request.values.get("q", "").strip()
    code = parse_code(row.raw or "", row.symbology, row.received_at.date())
    page = render_template(
        "scanning/scan.html",
        title=row.raw or kind_name(row),
        scan=row,
        kind=kind_name(row),
        reason=reason_sentence(row),
        task=(task_words(row), task_url(row)),
        neighbours=list_neighbours(session, get_scan(session, scan_id)),
        resolution=find_resolution(session, scan_id),
        query=words,
        new_code=shown_barcode(code.gtin14 or code.text),
        packs=list_packs_named(session, words) if words else [],
        likely=list_likely(session, code.gtin14 or code.text) if row.status == ScanStatus.PARKED else [],
        dropping=dropping or DropForm(None),
        photos=list_photos(session, scan_id),
        photo=photo or PhotoForm(None),
        problem=problem,
        kind_of=kind_name,
    )
    return make_response(page, status)


def _said(error: RuleBroken) -> str:
    why = sentence_of(str(error.params["reason"])) if isinstance(error, StillParked) else ""
    return f"{sentence(error)} {why}".strip()


def _tell(taken: int) -> None:
    flash(ngettext("%(num)s scan was taken.", "%(num)s scans were taken.", taken), "success")
