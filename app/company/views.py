"""The set-up page, the settings, own fields, and the chart of accounts."""

from pathlib import Path

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response as AnyResponse

from app.company import service
from app.company.forms import FieldForm, NewFieldForm, SettingsForm, SetUpForm
from app.company.listings import ACCOUNTS
from app.company.models import OwnField
from app.company.queries import CompanyFacts, find_company, get_company, get_field, list_all_fields
from app.company.rules import CHART_NAMES, KIND_NAMES, SUBJECT_NAMES, AlreadySetUp, FieldKind, FieldSubject, SetUp
from app.db import db, transaction
from app.identity import session as browser
from app.identity import setup_token
from app.identity.access import Permission, current_user, may, public
from app.identity.rules import Role
from app.identity.service import NewUser
from app.identity.sign_in import SignedIn, enter_new_owner
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.web.listing import answer
from app.web.words import sentence

bp = Blueprint("company", __name__)


# --- set-up -------------------------------------------------------------------------------------------------------


@bp.get("/setup")
@public
def set_up_page() -> AnyResponse:
    """Show the set-up page to whoever brings the token, and to others where the token is."""
    if find_company(db.session()) is not None:
        return redirect(url_for("web.start"), 303)
    token = request.args.get("token", "")
    if not setup_token.check(_instance(), token):
        page = render_template("company/set_up_first.html", title=gettext("Set-up"), tried=bool(token))
        return make_response(page)
    return _set_up_form(SetUpForm(None, token=token, locale=str(get_locale())[:2]))


@bp.post("/setup")
@public
def set_up() -> AnyResponse:
    """Set the company up; the token works once."""
    form = SetUpForm()
    if not setup_token.check(_instance(), form.token.data or ""):
        return redirect(url_for("company.set_up_page", token="?"), 303)  # noqa: S106  # no token: the page says it was wrong
    if not form.validate():
        return _set_up_form(form, status=400)
    try:
        owner = NewUser.checked(
            form.owner_login.data, form.owner_name.data, form.owner_password.data, {Role.OWNER}, str(get_locale())[:2]
        )
        entered = _set_up(form.facts(), owner)
    except RuleBroken as error:
        return _set_up_form(form, sentence(error), error.status)
    browser.enter(entered)
    response = redirect(url_for("web.start"), 303)
    browser.keep_device_cookie(response, entered.device)
    return response


def _set_up(facts: SetUp, owner: NewUser) -> SignedIn:
    now = utc_now()
    with transaction() as session:
        user = service.set_up(session, facts, owner, now)
        entered = enter_new_owner(session, user, browser.device_name(), now)
        # Last of all, so that a refused set-up keeps its token; of two at once one finds it gone.
        if not setup_token.burn(_instance()):
            raise AlreadySetUp
    return entered


def _set_up_form(form: SetUpForm, problem: str | None = None, status: int = 200) -> Response:
    page = render_template("company/set_up.html", form=form, problem=problem, title=gettext("Set-up"))
    return make_response(page, status)


def _instance() -> Path:
    return Path(current_app.instance_path)


# --- settings -----------------------------------------------------------------------------------------------------


@bp.get("/settings")
@may(Permission.MANAGE_COMPANY)
def settings() -> Response:
    """Show the company's settings."""
    company = get_company(db.session())
    return _settings_page(company, SettingsForm(None, obj=company))


@bp.post("/settings")
@may(Permission.MANAGE_COMPANY)
def save_settings() -> AnyResponse:
    """Change the company's settings."""
    form = SettingsForm()
    if not form.validate():
        return _settings_page(get_company(db.session()), form, status=400)
    with transaction() as session:
        service.change_settings(session, form.settings(), current_user.id, utc_now())
    flash(gettext("Saved."), "success")
    return redirect(url_for("company.settings"), 303)


def _settings_page(company: CompanyFacts, form: SettingsForm, status: int = 200) -> Response:
    chart = CHART_NAMES[company.chart]
    page = render_template("company/settings.html", title=gettext("Settings"), form=form, company=company, chart=chart)
    return make_response(page, status)


@bp.get("/accounts")
@may(Permission.MANAGE_COMPANY, Permission.MONEY, Permission.CLOSE_PERIODS)
def accounts() -> Response:
    """List the chart of accounts."""
    return answer(db.session(), ACCOUNTS, "company/accounts.html")


# --- own fields ---------------------------------------------------------------------------------------------------


@bp.get("/settings/fields")
@may(Permission.MANAGE_COMPANY)
def own_fields() -> Response:
    """List the own fields, with a form for one more."""
    return _fields_page(NewFieldForm(None))


@bp.post("/settings/fields")
@may(Permission.MANAGE_COMPANY)
def add_field() -> AnyResponse:
    """Add an own field."""
    form = NewFieldForm()
    if not form.validate():
        return _fields_page(form, status=400)
    subject, kind = FieldSubject(form.subject.data), FieldKind(form.kind.data)
    try:
        with transaction() as session:
            service.add_field(
                session, subject, form.name.data, kind, form.choices.data or "", current_user.id, utc_now()
            )
    except RuleBroken as error:
        return _fields_page(form, sentence(error), error.status)
    return redirect(url_for("company.own_fields"), 303)


def _fields_page(form: NewFieldForm, problem: str | None = None, status: int = 200) -> Response:
    page = render_template(
        "company/fields.html",
        title=gettext("Own fields"),
        form=form,
        problem=problem,
        fields=list_all_fields(db.session()),
        subjects=SUBJECT_NAMES,
        kinds=KIND_NAMES,
    )
    return make_response(page, status)


@bp.get("/settings/fields/<int:field_id>")
@may(Permission.MANAGE_COMPANY)
def edit_field(field_id: int) -> Response:
    """Show an own field."""
    field = get_field(db.session(), field_id)
    return _field_page(field, FieldForm(None, name=field.name, choices=field.choices))


@bp.post("/settings/fields/<int:field_id>")
@may(Permission.MANAGE_COMPANY)
def save_field(field_id: int) -> AnyResponse:
    """Rename an own field or change its choices."""
    field, form = get_field(db.session(), field_id), FieldForm()
    if not form.validate():
        return _field_page(field, form, status=400)
    try:
        with transaction() as session:
            service.edit_field(session, field_id, form.name.data, form.choices.data or "", current_user.id, utc_now())
    except RuleBroken as error:
        return _field_page(field, form, sentence(error), error.status)
    return redirect(url_for("company.own_fields"), 303)


def _field_page(field: OwnField, form: FieldForm, problem: str | None = None, status: int = 200) -> Response:
    page = render_template(
        "company/field.html", title=field.name, field=field, form=form, problem=problem, kinds=KIND_NAMES
    )
    return make_response(page, status)


@bp.post("/settings/fields/<int:field_id>/retire")
@may(Permission.MANAGE_COMPANY)
def retire_field(field_id: int) -> AnyResponse:
    """Take an own field out of forms."""
    return _use_field(field_id, active=False)


@bp.post("/settings/fields/<int:field_id>/restore")
@may(Permission.MANAGE_COMPANY)
def restore_field(field_id: int) -> AnyResponse:
    """Bring an own field back."""
    return _use_field(field_id, active=True)


def _use_field(field_id: int, *, active: bool) -> AnyResponse:
    with transaction() as session:
        service.use_field(session, field_id, active, current_user.id, utc_now())
    return redirect(url_for("company.own_fields"), 303)
