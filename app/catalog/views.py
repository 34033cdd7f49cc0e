"""Pages of items: the list, one item with its packs, codes and picture, and its form."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.catalog import registry, service
from app.catalog.forms import BarcodeForm, FirstBarcodeForm, ItemForm, PackForm, PictureForm
from app.catalog.listings import items_listing
from app.catalog.queries import find_base_packs, get_item, get_pack, list_categories, list_packs, list_units
from app.catalog.rules import shown_barcode
from app.company.inputs import labelled
from app.company.queries import list_fields
from app.company.rules import FieldSubject
from app.db import db, transaction
from app.files.rules import make_picture
from app.files.service import keep_picture
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.web.listing import answer
from app.web.words import sentence

bp = Blueprint("catalog", __name__)


@bp.get("/")
@may(Permission.READ)
def items() -> Response:
    """List the items."""
    session = db.session()
    listing = items_listing(session, sees_cost=_sees_cost())
    return answer(session, listing, "catalog/items.html", may_edit=current_user.may(Permission.EDIT_ITEMS))


@bp.get("/<int:item_id>")
@may(Permission.READ)
def item(item_id: int) -> Response:
    """Show an item."""
    return _item_page(item_id)


# --- its facts ----------------------------------------------------------------------------------------------------


@bp.get("/new")
@may(Permission.EDIT_ITEMS)
def new_item() -> Response:
    """Show the form of a new item."""
    return _form_page(None, _item_form(None), FirstBarcodeForm.of_new_item(request.args.get("barcode", "")))


@bp.post("/new")
@may(Permission.EDIT_ITEMS)
def add_item() -> AnyResponse:
    """Add an item, with the barcode of its base unit if one was given."""
    form, barcode = _item_form(None), FirstBarcodeForm.of_new_item()
    if not all([form.validate(), barcode.validate()]):
        return _form_page(None, form, barcode, status=400)
    draft = form.draft(list_fields(db.session(), FieldSubject.ITEM), None)
    taken = 0
    try:
        with transaction() as session:
            item = service.add_item(session, draft, current_user.id, utc_now())
            if barcode.code.data:
                taken = _add_barcode(session, find_base_packs(session, [item.id])[item.id].pack_id, barcode)
    except RuleBroken as error:
        return _form_page(None, form, barcode, sentence(error), error.status)
    flash(gettext("Saved."), "success")
    _tell(taken)
    return redirect(url_for("catalog.item", item_id=item.id), 303)


@bp.get("/<int:item_id>/edit")
@may(Permission.EDIT_ITEMS)
def edit_item(item_id: int) -> Response:
    """Show the form of an item."""
    return _form_page(item_id, _item_form(item_id))


@bp.post("/<int:item_id>/edit")
@may(Permission.EDIT_ITEMS)
def save_item(item_id: int) -> AnyResponse:
    """Change an item's facts."""
    form = _item_form(item_id)
    if not form.validate():
        return _form_page(item_id, form, status=400)
    draft = form.draft(list_fields(db.session(), FieldSubject.ITEM), get_item(db.session(), item_id))
    try:
        with transaction() as session:
            service.edit_item(session, item_id, draft, current_user.id, utc_now())
    except RuleBroken as error:
        return _form_page(item_id, form, status=error.status, problem=sentence(error))
    flash(gettext("Saved."), "success")
    return redirect(url_for("catalog.item", item_id=item_id), 303)


@bp.post("/<int:item_id>/<any(activate, deactivate):command>")
@may(Permission.EDIT_ITEMS)
def switch_item(item_id: int, command: str) -> AnyResponse:
    """Switch an item on or off."""
    with transaction() as session:
        service.set_active(session, item_id, command == "activate", current_user.id, utc_now())
    return redirect(url_for("catalog.item", item_id=item_id), 303)


# --- packs, barcodes, picture -------------------------------------------------------------------------------------


@bp.post("/<int:item_id>/packs")
@may(Permission.EDIT_ITEMS)
def add_pack(item_id: int) -> AnyResponse:
    """Add a pack to an item."""
    form = PackForm()
    if not form.validate() or form.factor.data is None:
        return _item_page(item_id, pack_form=form, status=400)
    try:
        with transaction() as session:
            service.add_pack(session, item_id, form.unit.data, form.factor.data, current_user.id, utc_now())
    except RuleBroken as error:
        return _item_page(item_id, pack_form=form, problem=sentence(error), status=error.status)
    return redirect(url_for("catalog.item", item_id=item_id, _anchor="packs"), 303)


@bp.post("/packs/<int:pack_id>/remove")
@may(Permission.EDIT_ITEMS)
def remove_pack(pack_id: int) -> AnyResponse:
    """Remove a pack that nothing names."""
    item_id = get_pack(db.session(), pack_id).item_id
    return _on_item(item_id, lambda session: service.remove_pack(session, pack_id, current_user.id, utc_now()))


@bp.post("/packs/<int:pack_id>/barcodes")
@may(Permission.EDIT_ITEMS)
def add_barcode(pack_id: int) -> AnyResponse:
    """Give a pack one more barcode."""
    item_id, form = get_pack(db.session(), pack_id).item_id, BarcodeForm()
    if not form.validate():
        return _item_page(item_id, code_form=form, code_pack=pack_id, status=400)
    try:
        with transaction() as session:
            taken = _add_barcode(session, pack_id, form)
    except RuleBroken as error:
        return _item_page(item_id, code_form=form, code_pack=pack_id, problem=sentence(error), status=error.status)
    _tell(taken)
    return redirect(url_for("catalog.item", item_id=item_id, _anchor="packs"), 303)


@bp.post("/<int:item_id>/barcodes/<int:barcode_id>/remove")
@may(Permission.EDIT_ITEMS)
def remove_barcode(item_id: int, barcode_id: int) -> AnyResponse:
    """Take a barcode from its pack."""
    return _on_item(item_id, lambda session: service.remove_barcode(session, barcode_id, current_user.id, utc_now()))


@bp.post("/<int:item_id>/picture")
@may(Permission.EDIT_ITEMS)
def set_picture(item_id: int) -> AnyResponse:
    """Give an item its picture."""
    form, now = PictureForm(), utc_now()
    if not form.validate():
        return _item_page(item_id, picture_form=form, status=400)
    try:
        picture = make_picture(form.picture.data.read())  # before the transaction: it takes a while
        with transaction() as session:
            file_id = keep_picture(session, Path(current_app.instance_path), picture, current_user.id, now)
            service.set_picture(session, item_id, file_id, current_user.id, now)
    except RuleBroken as error:
        return _item_page(item_id, problem=sentence(error), status=error.status)
    return redirect(url_for("catalog.item", item_id=item_id), 303)


@bp.post("/<int:item_id>/picture/remove")
@may(Permission.EDIT_ITEMS)
def remove_picture(item_id: int) -> AnyResponse:
    """Take an item's picture away."""
    return _on_item(item_id, lambda session: service.set_picture(session, item_id, None, current_user.id, utc_now()))


# --- pages --------------------------------------------------------------------------------------------------------


def _sees_cost() -> bool:
    return current_user.may(Permission.SEE_COST)


def _add_barcode(session: Session, pack_id: int, form: BarcodeForm) -> int:
    """Let the code that was typed name the pack; return how many scans waited for that."""
    meant, by, now = form.any_check_digit.data, current_user.id, utc_now()
    service.add_barcode(session, pack_id, form.code.data, by, now, any_check_digit=meant)
    return sum(let_in(session, by, now) for let_in in registry.on_barcode)


def _tell(taken: int) -> None:
    if taken:
        flash(ngettext("%(num)s scan was taken.", "%(num)s scans were taken.", taken), "success")


def _on_item(item_id: int, command: Callable[[Session], None]) -> AnyResponse:
    """Run a command on a part of an item and return to its page, with the sentence where it was refused."""
    try:
        with transaction() as session:
            command(session)
    except RuleBroken as error:
        return _item_page(item_id, problem=sentence(error), status=error.status)
    return redirect(url_for("catalog.item", item_id=item_id, _anchor="packs"), 303)


def _item_form(item_id: int | None) -> ItemForm:
    session = db.session()
    item = get_item(session, item_id) if item_id else None
    fields = list_fields(session, FieldSubject.ITEM)
    return ItemForm.for_request(item, fields, list_categories(session), sees_cost=_sees_cost())


def _form_page(
    item_id: int | None,
    form: ItemForm,
    barcode: BarcodeForm | None = None,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    session = db.session()
    page = render_template(
        "catalog/item_form.html",
        title=get_item(session, item_id).name if item_id else gettext("New item"),
        form=form,
        barcode=barcode,
        problem=problem,
        back=url_for("catalog.item", item_id=item_id) if item_id else url_for("catalog.items"),
        units=list_units(session),
        categories=list_categories(session),
    )
    return make_response(page, status)


def _item_page(
    item_id: int,
    *,
    pack_form: PackForm | None = None,
    code_form: BarcodeForm | None = None,
    code_pack: int | None = None,
    picture_form: PictureForm | None = None,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    """Return the page of an item; a refused form comes with what was typed into it."""
    session = db.session()
    item = get_item(session, item_id)
    path = next((node.path for node in list_categories(session) if node.id == item.category_id), "")
    page = render_template(
        "catalog/item.html",
        title=item.name,
        item=item,
        category=path,
        tax_rate=Decimal(item.tax_rate).scaleb(-4),
        own_facts=labelled(list_fields(session, FieldSubject.ITEM), item.own_fields),
        packs=list_packs(session, item_id),
        panels=[panel(session, item) for panel in registry.item_panels],
        shown_barcode=shown_barcode,
        units=list_units(session),
        pack_form=pack_form or PackForm(None),
        code_form=code_form or BarcodeForm(None),
        code_pack=code_pack,
        picture_form=picture_form or PictureForm(None),
        problem=problem,
        sees_cost=_sees_cost(),
        may_edit=current_user.may(Permission.EDIT_ITEMS),
    )
    return make_response(page, status)
