"""Pages of places: the tree, one place, ranges of bins, and the order of walking."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from app.db import db, transaction
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.kernel.owncode import OwnKind, make_own_code
from app.places import registry, service
from app.places.forms import EditPlaceForm, NewPlaceForm, PlaceForm, RangeForm, WalkForm, shown_name
from app.places.listings import places_listing
from app.places.queries import get_place, list_bins, list_tree, list_zones
from app.places.rules import BRANCHES, KIND_NAMES, LocationKind, expand_range
from app.web.listing import answer
from app.web.words import sentence

bp = Blueprint("places", __name__)


@bp.get("/")
@may(Permission.READ)
def tree() -> Response:
    """Show the warehouses with their zones."""
    page = render_template(
        "places/tree.html",
        title=gettext("Places"),
        branches=list_tree(db.session()),
        may_edit=_may_edit(),
        kinds=KIND_NAMES,
        shown_name=shown_name,
    )
    return make_response(page)


@bp.get("/bins")
@may(Permission.READ)
def bins() -> Response:
    """List the places that hold goods."""
    session = db.session()
    return answer(session, places_listing(session), "places/bins.html")


@bp.get("/<int:place_id>")
@may(Permission.READ)
def place(place_id: int) -> Response:
    """Show a place."""
    session = db.session()
    found = get_place(session, place_id)
    panels = [panel(session, found) for panel in registry.place_panels]
    page = render_template(
        "places/place.html",
        title=found.code,
        place=found,
        kind=gettext(KIND_NAMES[found.kind]),
        way=_way(place_id),
        label=make_own_code(OwnKind.BIN, place_id),
        is_branch=found.kind in BRANCHES,
        inside=list_bins(session, zone_id=place_id) if found.kind in BRANCHES else (),
        kinds=KIND_NAMES,
        panels=[panel for panel in panels if panel],
        may_edit=_may_edit(),
    )
    return make_response(page)


# --- adding -------------------------------------------------------------------------------------------------------


@bp.get("/new")
@may(Permission.EDIT_PLACES)
def new_warehouse() -> Response:
    """Show the form of a new warehouse."""
    return _form_page(PlaceForm(None), gettext("New warehouse"), url_for("places.tree"))


@bp.post("/new")
@may(Permission.EDIT_PLACES)
def add_warehouse() -> AnyResponse:
    """Add a warehouse with the places that every warehouse needs."""
    form, title, back = PlaceForm(), gettext("New warehouse"), url_for("places.tree")
    if not form.validate():
        return _form_page(form, title, back, status=400)
    try:
        with transaction() as session:
            added = service.add_warehouse(session, form.code.data, form.name.data or "", current_user.id, utc_now())
    except RuleBroken as error:
        return _form_page(form, title, back, sentence(error), error.status)
    return redirect(url_for("places.place", place_id=added.id), 303)


@bp.get("/<int:place_id>/new")
@may(Permission.EDIT_PLACES)
def new_place(place_id: int) -> Response:
    """Show the form of a place inside of this one."""
    return _form_page(NewPlaceForm(None), *_adding_to(place_id))


@bp.post("/<int:place_id>/new")
@may(Permission.EDIT_PLACES)
def add_place(place_id: int) -> AnyResponse:
    """Add a place inside of this one."""
    form = NewPlaceForm()
    if not form.validate():
        return _form_page(form, *_adding_to(place_id), status=400)
    kind, name = LocationKind(form.kind.data), form.name.data or ""
    try:
        with transaction() as session:
            service.add_place(session, kind, place_id, form.code.data, name, current_user.id, utc_now())
    except RuleBroken as error:
        return _form_page(form, *_adding_to(place_id), sentence(error), error.status)
    return redirect(url_for("places.place", place_id=place_id), 303)


@bp.get("/<int:place_id>/range")
@may(Permission.EDIT_PLACES)
def new_range(place_id: int) -> Response:
    """Show the form of a range of bins."""
    return _range_page(place_id, RangeForm(None))


@bp.post("/<int:place_id>/range")
@may(Permission.EDIT_PLACES)
def add_range(place_id: int) -> AnyResponse:
    """Add every bin from the first code to the last."""
    form = RangeForm()
    if not form.validate():
        return _range_page(place_id, form, status=400)
    try:
        codes = expand_range(form.first.data.strip(), form.last.data.strip())
        with transaction() as session:
            count = service.add_range(session, place_id, codes, current_user.id, utc_now())
    except RuleBroken as error:
        return _range_page(place_id, form, sentence(error), error.status)
    flash(ngettext("%(num)s bin added.", "%(num)s bins added.", count), "success")
    return redirect(url_for("places.place", place_id=place_id), 303)


# --- changing -----------------------------------------------------------------------------------------------------


@bp.get("/<int:place_id>/edit")
@may(Permission.EDIT_PLACES)
def edit_place(place_id: int) -> Response:
    """Show the form of a place."""
    return _form_page(_edit_form(place_id), *_editing(place_id))


@bp.post("/<int:place_id>/edit")
@may(Permission.EDIT_PLACES)
def save_place(place_id: int) -> AnyResponse:
    """Rename a place or put it into another zone."""
    form = _edit_form(place_id)
    if not form.validate():
        return _form_page(form, *_editing(place_id), status=400)
    parent_id, by = form.parent_id.data if "parent_id" in form else None, current_user.id
    try:
        with transaction() as session:
            service.edit_place(session, place_id, form.code.data, form.name.data or "", parent_id, by, utc_now())
    except RuleBroken as error:
        return _form_page(form, *_editing(place_id), sentence(error), error.status)
    flash(gettext("Saved."), "success")
    return redirect(url_for("places.place", place_id=place_id), 303)


@bp.post("/<int:place_id>/<any(activate, deactivate):command>")
@may(Permission.EDIT_PLACES)
def switch_place(place_id: int, command: str) -> AnyResponse:
    """Switch a place on or off with everything in it."""
    try:
        with transaction() as session:
            service.set_active(session, place_id, command == "activate", current_user.id, utc_now())
    except RuleBroken as error:
        flash(sentence(error), "danger")
    return redirect(url_for("places.place", place_id=place_id), 303)


@bp.get("/<int:place_id>/walk")
@may(Permission.EDIT_PLACES)
def walk(place_id: int) -> Response:
    """Show the order in which counters walk the places of a zone."""
    codes = "\n".join(row.code for row in list_bins(db.session(), zone_id=place_id))
    return _walk_page(place_id, WalkForm(None, codes=codes))


@bp.post("/<int:place_id>/walk")
@may(Permission.EDIT_PLACES)
def set_walk(place_id: int) -> AnyResponse:
    """Change the order in which counters walk."""
    form = WalkForm()
    if not form.validate():
        return _walk_page(place_id, form, status=400)
    try:
        with transaction() as session:
            service.set_walk(session, place_id, form.lines(), current_user.id, utc_now())
    except RuleBroken as error:
        return _walk_page(place_id, form, sentence(error), error.status)
    flash(gettext("Saved."), "success")
    return redirect(url_for("places.place", place_id=place_id), 303)


# --- pages --------------------------------------------------------------------------------------------------------


def _may_edit() -> bool:
    return current_user.may(Permission.EDIT_PLACES)


def _way(place_id: int) -> list[tuple[int, str]]:
    """Return id and code of the places around a place, the warehouse first."""
    way: list[tuple[int, str]] = []
    parent = get_place(db.session(), place_id).parent
    while parent is not None:
        way.insert(0, (parent.id, parent.code))
        parent = parent.parent
    return way


def _adding_to(place_id: int) -> tuple[str, str]:
    code = get_place(db.session(), place_id).code
    return gettext("New place in %(place)s", place=code), url_for("places.place", place_id=place_id)


def _editing(place_id: int) -> tuple[str, str]:
    return get_place(db.session(), place_id).code, url_for("places.place", place_id=place_id)


def _edit_form(place_id: int) -> PlaceForm:
    found = get_place(db.session(), place_id)
    form = EditPlaceForm(data={"code": found.code, "name": found.name, "parent_id": found.parent_id})
    if found.kind is LocationKind.WAREHOUSE:
        del form.parent_id
        return form
    return form.offer(branch for branch in list_zones(db.session(), found.warehouse_id) if branch.id != place_id)


def _form_page(form: PlaceForm, title: str, back: str, problem: str | None = None, status: int = 200) -> Response:
    page = render_template("places/place_form.html", title=title, form=form, back=back, problem=problem)
    return make_response(page, status)


def _range_page(place_id: int, form: RangeForm, problem: str | None = None, status: int = 200) -> Response:
    code = get_place(db.session(), place_id).code
    title, back = gettext("New bins in %(place)s", place=code), url_for("places.place", place_id=place_id)
    page = render_template("places/range.html", title=title, form=form, back=back, problem=problem)
    return make_response(page, status)


def _walk_page(place_id: int, form: WalkForm, problem: str | None = None, status: int = 200) -> Response:
    title, back = gettext("Order of walking"), url_for("places.place", place_id=place_id)
    page = render_template("places/walk.html", title=title, form=form, back=back, problem=problem)
    return make_response(page, status)
