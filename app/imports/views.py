"""Pages of imports: upload, match the columns, watch, read what is wrong, take over."""

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms.fields.choices import SelectChoice

from app.company.queries import get_company
from app.db import db, transaction
from app.identity.access import current_user, may
from app.identity.rules import Permission
from app.imports.forms import UploadForm, chosen_columns, columns_form
from app.imports.kinds import KINDS, PAGES, ImportKind, fields_of, get_kind
from app.imports.listings import bad_rows_listing, imports_listing, reasons_of
from app.imports.models import Import
from app.imports.queries import find_rows_gone, get_import, list_bad_rows
from app.imports.reading import first_rows
from app.imports.rules import (
    BUSY,
    FOLLOWS,
    KEPT,
    STATE_NAMES,
    STATE_TONES,
    ColumnMissing,
    FileGone,
    ImportState,
    WrongState,
    has_ended,
)
from app.imports.runner import file_of, is_stuck, launch
from app.imports.service import (
    add_import,
    discard,
    drop_rows,
    key_of,
    match_rows,
    send_to_work,
    start_applying,
    start_staging,
    take_back,
)
from app.imports.titles import other_titles
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.web.exports import workbook
from app.web.listing import answer, read
from app.web.words import said, sentence

bp = Blueprint("imports", __name__)

# Whoever may import one kind sees the page; each kind asks for its own permission.
IMPORTERS = (
    Permission.EDIT_ITEMS,
    Permission.EDIT_PARTNERS,
    Permission.EDIT_PLACES,
    Permission.APPROVE,
    Permission.MONEY,
)
SAMPLE_ROWS = 6


@bp.get("/")
@may(*IMPORTERS)
def list_imports() -> Response:
    """List the imports of the kinds this user may import."""
    return answer(db.session(), imports_listing(_kinds()), "imports/list.html")


@bp.get("/new")
@may(*IMPORTERS)
def upload() -> Response:
    """Ask for a file and what it holds (`kind`, if it is known already)."""
    return _upload_page(_upload_form(kind=request.args.get("kind")))


@bp.post("/new")
@may(*IMPORTERS)
def take_in() -> AnyResponse:
    """Take a file in."""
    form = _upload_form()
    if not form.validate():
        return _upload_page(form, status=400)
    with transaction() as session:
        added = add_import(session, form.kind.data, form.file.data.filename, current_user.id, utc_now())
    path = file_of(current_app, added.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    form.file.data.save(path)
    return redirect(url_for("imports.show", import_id=added.id), 303)


def _upload_form(**first: object) -> UploadForm:
    form = UploadForm(data=first)
    form.kind.choices = [SelectChoice(kind.key, gettext(kind.title)) for kind in _kinds()]
    return form


def _upload_page(form: UploadForm, status: int = 200) -> Response:
    page = render_template("imports/upload.html", form=form, kinds=_kinds(), title=gettext("Import"))
    return make_response(page, status)


@bp.get("/template/<kind>.xlsx")
@may(*IMPORTERS)
def template(kind: str) -> Response:
    """Give an empty sheet with the right headings."""
    fields = fields_of(db.session(), get_kind(kind))
    return workbook(kind, [(gettext(field.title), "text") for field in fields], [])


@bp.get("/<int:import_id>")
@may(*IMPORTERS)
def show(import_id: int) -> Response:
    """Show how far an import is, and what it waits for."""
    found = _own(db.session(), import_id)
    if found.state == ImportState.UPLOADED:
        return _ask_for_columns(found)
    return _progress(found)


def _progress(found: Import) -> Response:
    now = utc_now()
    gone = find_rows_gone(db.session(), found, now) if found.bad else None
    bad_rows = read(db.session(), bad_rows_listing(found.id)) if found.bad and not gone else None
    context = {
        "found": found,
        "kind": get_kind(found.kind),
        "state": gettext(STATE_NAMES[found.state]),
        "shade": STATE_TONES[found.state],
        "is_busy": found.state in BUSY,
        "is_stuck": is_stuck(found, now),
        "failure": said(found.failure) if found.failure else None,
        "page": bad_rows,
        "gone": sentence(gone) if gone else None,
        "kept_days": KEPT.days if has_ended(found.state, found.good) else None,
        "brought": PAGES[found.kind](db.session(), key_of(found.id)) if found.applied else None,
        "title": found.file_name,
    }
    part = request.headers.get("HX-Request")
    return make_response(render_template("imports/progress.html" if part else "imports/show.html", **context))


def _ask_for_columns(found: Import, missing: ColumnMissing | None = None) -> Response:
    path, kind = file_of(current_app, found.id), get_kind(found.kind)
    try:
        rows = first_rows(path, found.file_name)
        heading, columns = match_rows(rows, found.kind, other_titles(found.kind))
    except (RuleBroken, OSError) as error:
        problem = error if isinstance(error, RuleBroken) else FileGone()
        context = {"found": found, "problem": sentence(problem), "title": found.file_name}
        return make_response(render_template("imports/unreadable.html", **context))
    fields = fields_of(db.session(), kind)
    sample = [row for number, row in rows if number > heading][:SAMPLE_ROWS]
    context = {
        "found": found,
        "kind": kind,
        "fields": fields,
        "form": columns_form(fields, sample[0], columns, heading),
        "sample": sample,
        "title": found.file_name,
        "problem": sentence(missing) if missing else None,
    }
    return make_response(render_template("imports/columns.html", **context), missing.status if missing else 200)


@bp.post("/<int:import_id>/columns")
@may(*IMPORTERS)
def match(import_id: int) -> AnyResponse:
    """Accept which column is which and have the rows staged."""
    found = _own(db.session(), import_id)
    if ImportState.STAGING not in FOLLOWS[found.state]:
        raise WrongState
    fields = fields_of(db.session(), get_kind(found.kind))
    try:
        rows = first_rows(file_of(current_app, import_id), found.file_name)
    except OSError:
        raise FileGone from None
    form = columns_form(fields, max((row for _, row in rows), key=len), {}, 0)
    heading = request.form.get("heading", type=int)
    if heading is None or not form.validate_on_submit():
        abort(400)
    try:
        with transaction() as session:
            start_staging(session, import_id, heading, chosen_columns(form, fields), utc_now())
    except ColumnMissing as error:
        return _ask_for_columns(found, error)
    return _to_work(import_id)


@bp.post("/<int:import_id>/apply")
@may(*IMPORTERS)
def apply(import_id: int) -> AnyResponse:
    """Take the rows over."""
    _own(db.session(), import_id)
    with transaction() as session:
        start_applying(session, import_id, utc_now(), only_good=request.form.get("only_good") == "1")
    return _to_work(import_id)


@bp.post("/<int:import_id>/again")
@may(*IMPORTERS)
def again(import_id: int) -> AnyResponse:
    """Send a new process to an import whose process died."""
    if not is_stuck(_own(db.session(), import_id), utc_now()):
        raise WrongState
    return _to_work(import_id)


@bp.post("/<int:import_id>/discard")
@may(*IMPORTERS)
def give_up(import_id: int) -> AnyResponse:
    """Give the import up."""
    _own(db.session(), import_id)
    with transaction() as session:
        discard(session, import_id, utc_now())
    drop_rows(import_id)
    file_of(current_app, import_id).unlink(missing_ok=True)
    return redirect(url_for("imports.list_imports"), 303)


@bp.post("/<int:import_id>/back")
@may(*IMPORTERS)
def undo(import_id: int) -> AnyResponse:
    """Book back what the import brought."""
    _own(db.session(), import_id)
    with transaction() as session:
        now = utc_now()
        take_back(session, import_id, current_user.id, now, get_company(session).day_of(now))
    return redirect(url_for("imports.show", import_id=import_id), 303)


@bp.get("/<int:import_id>/bad.xlsx")
@may(*IMPORTERS)
def bad_rows(import_id: int) -> Response:
    """Give the rows with problems, the reasons beside their cells, ready to mend and send again."""
    found = _own(db.session(), import_id)
    if found.bad and (gone := find_rows_gone(db.session(), found, utc_now())):
        raise gone
    fields = [field for field in fields_of(db.session(), get_kind(found.kind)) if field.key in found.columns]
    columns = [(gettext(field.title), "code") for field in fields]
    columns += [(gettext("Problem"), "text"), (gettext("Row in the file"), "quantity")]
    rows = (
        [*(row.cells.get(field.key, "") for field in fields), reasons_of(row), row.number]
        for row in list_bad_rows(db.session(), import_id)
    )
    return workbook(f"{found.kind}-problems", columns, rows)


def _to_work(import_id: int) -> AnyResponse:
    with transaction() as session:
        run = send_to_work(session, import_id, utc_now())
    launch(current_app, import_id, run, current_user.id)
    return redirect(url_for("imports.show", import_id=import_id), 303)


def _own(session: Session, import_id: int) -> Import:
    found = get_import(session, import_id)
    if not current_user.may(get_kind(found.kind).permission):
        abort(403)
    return found


def _kinds() -> list[ImportKind]:
    return [kind for kind in KINDS.values() if current_user.may(kind.permission)]
