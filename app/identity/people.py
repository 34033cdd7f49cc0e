"""What owners do about users, and managers about devices and tries to sign in."""

from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.db import db, transaction
from app.identity import service
from app.identity.access import Permission, current_user, may
from app.identity.forms import DeviceForm, NewUserForm, ResetPasswordForm, UserForm
from app.identity.listings import DEVICES, USERS, sign_in_listing
from app.identity.models import Device, User
from app.identity.queries import get_device, get_user
from app.identity.rules import TRIES_KEPT
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.web.listing import answer
from app.web.words import sentence

bp = Blueprint("people", __name__)


@bp.get("/users")
@may(Permission.MANAGE_COMPANY)
def users() -> Response:
    """List the users."""
    return answer(db.session(), USERS, "identity/users.html")


@bp.get("/users/sign-ins")
@may(Permission.SEE_AUDIT)
def sign_ins() -> Response:
    """List the tries to sign in, those that failed too."""
    session = db.session()
    return answer(session, sign_in_listing(session), "identity/sign_ins.html", kept_days=TRIES_KEPT.days)


@bp.get("/users/new")
@may(Permission.MANAGE_COMPANY)
def new_user() -> Response:
    """Ask for a new user's facts."""
    return _new_user_page(NewUserForm())


@bp.post("/users/new")
@may(Permission.MANAGE_COMPANY)
def create_user() -> AnyResponse:
    """Add a user."""
    form = NewUserForm()
    if not form.validate():
        return _new_user_page(form, status=400)
    try:
        new = service.NewUser.checked(form.login.data, form.name.data, form.password.data, form.chosen_roles())
        with transaction() as session:
            service.create_user(session, new, current_user.id, utc_now(), must_change_password=True)
    except RuleBroken as error:
        return _new_user_page(form, sentence(error), error.status)
    flash(gettext("%(name)s can sign in now, and is then asked for a password of their own.", name=new.name), "success")
    return redirect(url_for("people.users"), 303)


def _new_user_page(form: NewUserForm, problem: str | None = None, status: int = 200) -> Response:
    page = render_template("identity/new_user.html", form=form, problem=problem, title=gettext("New user"))
    return make_response(page, status)


@bp.get("/users/<int:user_id>")
@may(Permission.MANAGE_COMPANY)
def edit_user(user_id: int) -> Response:
    """Show a user's facts."""
    user = get_user(db.session(), user_id)
    return _user_page(user, UserForm(None, name=user.name, roles=user.roles))


@bp.post("/users/<int:user_id>")
@may(Permission.MANAGE_COMPANY)
def save_user(user_id: int) -> AnyResponse:
    """Change a user's name and roles."""
    user, form = get_user(db.session(), user_id), UserForm()
    if not form.validate():
        return _user_page(user, form, status=400)
    try:
        with transaction() as session:
            service.edit_user(session, user_id, form.name.data, form.chosen_roles(), current_user.id, utc_now())
    except RuleBroken as error:
        return _user_page(user, form, sentence(error), error.status)
    flash(gettext("Saved."), "success")
    return redirect(url_for("people.users"), 303)


@bp.post("/users/<int:user_id>/password")
@may(Permission.MANAGE_COMPANY)
def reset_password(user_id: int) -> AnyResponse:
    """Give a user a new password."""
    user, form = get_user(db.session(), user_id), ResetPasswordForm()
    facts = UserForm(None, name=user.name, roles=user.roles)
    if not form.validate():
        return _user_page(user, facts, status=400, passwords=form)
    try:
        new_hash = service.new_password_hash(form.password.data, user.login)
        with transaction() as session:
            service.reset_password(session, user_id, new_hash, current_user.id, utc_now())
    except RuleBroken as error:
        return _user_page(user, facts, sentence(error), error.status, form)
    flash(
        gettext("%(name)s is signed out everywhere, and asked for a password of their own next time.", name=user.name),
        "success",
    )
    return redirect(url_for("people.edit_user", user_id=user_id), 303)


def _user_page(
    user: User,
    form: UserForm,
    problem: str | None = None,
    status: int = 200,
    passwords: ResetPasswordForm | None = None,
) -> Response:
    page = render_template(
        "identity/user.html",
        user=user,
        form=form,
        passwords=passwords or ResetPasswordForm(None),
        problem=problem,
        title=user.name,
    )
    return make_response(page, status)


@bp.post("/users/<int:user_id>/deactivate")
@may(Permission.MANAGE_COMPANY)
def deactivate_user(user_id: int) -> AnyResponse:
    """Shut a user out."""
    with transaction() as session:
        service.deactivate_user(session, user_id, current_user.id, utc_now())
    return redirect(url_for("people.edit_user", user_id=user_id), 303)


@bp.post("/users/<int:user_id>/activate")
@may(Permission.MANAGE_COMPANY)
def activate_user(user_id: int) -> AnyResponse:
    """Let a user in again."""
    with transaction() as session:
        service.activate_user(session, user_id, current_user.id, utc_now())
    return redirect(url_for("people.edit_user", user_id=user_id), 303)


@bp.get("/devices")
@may(Permission.APPROVE)
def devices() -> Response:
    """List the devices."""
    return answer(db.session(), DEVICES, "identity/devices.html")


@bp.get("/devices/<uuid:device_id>")
@may(Permission.APPROVE)
def edit_device(device_id: UUID) -> Response:
    """Show a device."""
    device = get_device(db.session(), device_id)
    return _device_page(device, DeviceForm(None, name=device.name))


@bp.post("/devices/<uuid:device_id>")
@may(Permission.APPROVE)
def rename_device(device_id: UUID) -> AnyResponse:
    """Give a device a name."""
    form = DeviceForm()
    if not form.validate():
        return _device_page(get_device(db.session(), device_id), form, 400)
    with transaction() as session:
        service.rename_device(session, device_id, form.name.data or "", current_user.id, utc_now())
    return redirect(url_for("people.devices"), 303)


def _device_page(device: Device, form: DeviceForm, status: int = 200) -> Response:
    title = device.name or gettext("Device")
    page = render_template("identity/device.html", device=device, form=form, title=title)
    return make_response(page, status)


@bp.post("/devices/<uuid:device_id>/revoke")
@may(Permission.APPROVE)
def revoke_device(device_id: UUID) -> AnyResponse:
    """End what a lost device may do."""
    with transaction() as session:
        service.revoke_device(session, device_id, current_user.id, utc_now())
    flash(gettext("The device is signed out; what it scans from now on is set aside for a person."), "success")
    return redirect(url_for("people.devices"), 303)
