"""Pages of partners: the list, one partner, and its form."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.company.inputs import labelled
from app.company.queries import list_fields
from app.company.rules import FieldSubject
from app.db import db, transaction
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.partners import service
from app.partners.forms import PartnerForm
from app.partners.listings import partners_listing
from app.partners.queries import get_partner
from app.web.listing import answer
from app.web.words import sentence

bp = Blueprint("partners", __name__)


@bp.get("/")
@may(Permission.READ)
def partners() -> Response:
    """List the partners."""
    may_edit = current_user.may(Permission.EDIT_PARTNERS)
    session = db.session()
    return answer(session, partners_listing(session), "partners/partners.html", may_edit=may_edit)


@bp.get("/<int:partner_id>")
@may(Permission.READ)
def partner(partner_id: int) -> Response:
    """Show a partner."""
    session = db.session()
    found = get_partner(session, partner_id)
    page = render_template(
        "partners/partner.html",
        title=found.name,
        partner=found,
        own_facts=labelled(list_fields(session, FieldSubject.PARTNER), found.own_fields),
        may_edit=current_user.may(Permission.EDIT_PARTNERS),
    )
    return make_response(page)


@bp.get("/new")
@may(Permission.EDIT_PARTNERS)
def new_partner() -> Response:
    """Show the form of a new partner."""
    role = request.args.get("role")
    first = {"is_supplier": role == "supplier", "is_customer": role == "customer"}
    form = PartnerForm.for_request(None, list_fields(db.session(), FieldSubject.PARTNER), **first)
    return _form_page(None, form)


@bp.post("/new")
@may(Permission.EDIT_PARTNERS)
def add_partner() -> AnyResponse:
    """Add a partner."""
    fields = list_fields(db.session(), FieldSubject.PARTNER)
    form = PartnerForm.for_request(None, fields)
    if not form.validate():
        return _form_page(None, form, status=400)
    try:
        with transaction() as session:
            added = service.add_partner(session, form.draft(fields, {}), current_user.id, utc_now())
    except RuleBroken as error:
        return _form_page(None, form, sentence(error), error.status)
    flash(gettext("Saved."), "success")
    return redirect(url_for("partners.partner", partner_id=added.id), 303)


@bp.get("/<int:partner_id>/edit")
@may(Permission.EDIT_PARTNERS)
def edit_partner(partner_id: int) -> Response:
    """Show the form of a partner."""
    session = db.session()
    form = PartnerForm.for_request(get_partner(session, partner_id), list_fields(session, FieldSubject.PARTNER))
    return _form_page(partner_id, form)


@bp.post("/<int:partner_id>/edit")
@may(Permission.EDIT_PARTNERS)
def save_partner(partner_id: int) -> AnyResponse:
    """Change a partner."""
    found, fields = get_partner(db.session(), partner_id), list_fields(db.session(), FieldSubject.PARTNER)
    form = PartnerForm.for_request(found, fields)
    if not form.validate():
        return _form_page(partner_id, form, status=400)
    draft = form.draft(fields, found.own_fields)
    try:
        with transaction() as session:
            service.edit_partner(session, partner_id, draft, current_user.id, utc_now())
    except RuleBroken as error:
        return _form_page(partner_id, form, sentence(error), error.status)
    flash(gettext("Saved."), "success")
    return redirect(url_for("partners.partner", partner_id=partner_id), 303)


@bp.post("/<int:partner_id>/<any(activate, deactivate):command>")
@may(Permission.EDIT_PARTNERS)
def switch_partner(partner_id: int, command: str) -> AnyResponse:
    """Switch a partner on or off."""
    with transaction() as session:
        service.set_active(session, partner_id, command == "activate", current_user.id, utc_now())
    return redirect(url_for("partners.partner", partner_id=partner_id), 303)


def _form_page(partner_id: int | None, form: PartnerForm, problem: str | None = None, status: int = 200) -> Response:
    title = get_partner(db.session(), partner_id).name if partner_id else gettext("New partner")
    back = url_for("partners.partner", partner_id=partner_id) if partner_id else url_for("partners.partners")
    page = render_template("partners/partner_form.html", title=title, form=form, problem=problem, back=back)
    return make_response(page, status)
