"""Pages of imports: upload, match the columns, watch, read what is wrong, take over."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms.fields.choices import SelectChoice

from app.company.queries import get_company
from app.db import db, transaction
from app.identity.access import current_user, may
from app.identity.models import User
from app.identity.rules import Permission
from app.imports.forms import UploadForm, chosen_columns, columns_form
from app.imports.kinds import KINDS, ImportKind, fields_of, get_kind
from app.imports.models import Import, ImportRow
from app.imports.queries import find_rows_gone, get_import, list_bad_rows
from app.imports.reading import first_rows
from app.imports.rules import BUSY, FOLLOWS, KEPT, FileGone, ImportState, RowState, WrongState, has_ended, shortened
from app.imports.runner import file_of, is_stuck, launch
from app.imports.service import (
    add_import,
    discard,
    drop_rows,
    match_rows,
    send_to_work,
    start_applying,
    start_staging,
    take_back,
)
from app.imports.titles import other_titles
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.kernel.i18n import N_
from app.web.exports import workbook
from app.web.listing import Column, Filter, Listing, answer, read
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
STATES = {
    ImportState.UPLOADED: N_("match columns"),
    ImportState.STAGING: N_("being read"),
    ImportState.CHECKED: N_("checked"),
    ImportState.APPLYING: N_("being taken over"),
    ImportState.APPLIED: N_("taken over"),
    ImportState.FAILED: N_("failed"),
    ImportState.DISCARDED: N_("discarded"),
    ImportState.TAKEN_BACK: N_("taken back"),
}
SHADES = {
    ImportState.CHECKED: "calm",
    ImportState.APPLIED: "good",
    ImportState.FAILED: "bad",
    ImportState.STAGING: "warn",
    ImportState.APPLYING: "warn",
}


@bp.get("/")
@may(*IMPORTERS)
def list_imports() -> Response:
    """List the imports of the kinds this user may import."""
    kinds = [kind.key for kind in _kinds()]
    statement = (
        select(
            Import.id,
            Import.kind,
            Import.file_name,
            Import.state,
            Import.good,
            Import.bad,
            Import.created_at,
            User.name,
        )
        .join(User, User.id == Import.created_by)
        .where(Import.kind.in_(kinds))
    )
    columns = (
        Column(
            "file_name",
            _l("File"),
            sort=Import.file_name,
            link=lambda row: url_for("imports.show", import_id=row.id),
            is_title=True,
        ),
        Column("kind", _l("Kind"), label=lambda row: gettext(get_kind(row.kind).title)),
        Column(
            "state",
            _l("State"),
            "badge",
            label=lambda r: gettext(STATES[r.state]),
            shade=lambda r: SHADES.get(r.state, "neutral"),
        ),
        Column("good", _l("Good rows"), "quantity", sort=Import.good),
        Column("bad", _l("Bad rows"), "quantity", sort=Import.bad),
        Column("name", _l("By")),
        Column("created_at", _l("When"), "instant", sort=Import.created_at),
    )
    filters = (
        Filter("kind", _l("Kind"), [(k.key, gettext(k.title)) for k in _kinds()], lambda value: Import.kind == value),
    )
    listing = Listing(
        name="imports",
        title=_l("Imports"),
        statement=statement,
        columns=columns,
        search=(Import.file_name,),
        filters=filters,
        order=(Import.id.desc(),),
        when=Import.created_at,
        empty=_l("Bring items, partners, bins and opening balances in from a spreadsheet."),
    )
    return answer(db.session(), listing, "imports/list.html")


@bp.route("/new", methods=["GET", "POST"])
@may(*IMPORTERS)
def upload() -> AnyResponse:
    """Take a file in."""
    form = UploadForm()
    form.kind.choices = [SelectChoice(kind.key, gettext(kind.title)) for kind in _kinds()]
    if request.method == "GET" and (wanted := request.args.get("kind")):
        form.kind.data = wanted
    if form.validate_on_submit():
        with transaction() as session:
            added = add_import(session, form.kind.data, form.file.data.filename, current_user.id, utc_now())
        path = file_of(current_app, added.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        form.file.data.save(path)
        return redirect(url_for("imports.show", import_id=added.id), 303)
    status = 400 if form.errors else 200
    return make_response(render_template("imports/upload.html", form=form, kinds=_kinds(), title=_l("Import")), status)


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
    bad_rows = read(db.session(), _bad_listing(found)) if found.bad and not gone else None
    context = {
        "found": found,
        "kind": get_kind(found.kind),
        "state": gettext(STATES[found.state]),
        "shade": SHADES.get(found.state, "neutral"),
        "is_busy": found.state in BUSY,
        "is_stuck": is_stuck(found, now),
        "failure": said(found.failure) if found.failure else None,
        "page": bad_rows,
        "gone": sentence(gone) if gone else None,
        "kept_days": KEPT.days if has_ended(found.state, found.good) else None,
        "title": found.file_name,
    }
    part = request.headers.get("HX-Request")
    return make_response(render_template("imports/progress.html" if part else "imports/show.html", **context))


def _ask_for_columns(found: Import) -> Response:
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
    }
    return make_response(render_template("imports/columns.html", **context))


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
    with transaction() as session:
        start_staging(session, import_id, heading, chosen_columns(form, fields), utc_now())
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
        [*(row.cells.get(field.key, "") for field in fields), _reasons(row), row.number]
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


def _bad_listing(found: Import) -> Listing:
    columns: Sequence[Column] = (
        Column("number", _l("Row in the file"), "quantity", sort=ImportRow.number),
        Column("reason", _l("Problem"), label=_reasons, is_title=True),
        Column("cells", _l("Cells"), label=lambda row: shortened(" · ".join(row.cells.values()))),
    )
    statement = select(ImportRow.number, ImportRow.cells, ImportRow.problems).where(
        ImportRow.import_id == found.id, ImportRow.state == RowState.BAD
    )
    return Listing(
        name="bad-rows",
        title=_l("Rows with problems"),
        statement=statement,
        columns=columns,
        search=(ImportRow.words,),
        order=(ImportRow.number,),
    )


def _reasons(row: Any) -> str:
    return " ".join(said(problem) for problem in row.problems)
