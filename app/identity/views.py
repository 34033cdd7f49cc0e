"""Signing in and out, and what everybody may change about themselves."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.db import transaction
from app.identity import service, session
from app.identity.access import current_user, public, signed_in
from app.identity.forms import OwnPasswordForm, PreferencesForm, SignInForm
from app.identity.listings import role_names
from app.identity.passwords import hash_password, is_password, needs_rehash
from app.identity.queries import principal_of
from app.identity.rules import SignInFailed, WrongPassword, ensure_other_password, is_own_path
from app.identity.sign_in import SignedIn, begin_sign_in, finish_sign_in, succeed
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.web.words import LOCALE_COOKIE, LOCALES, sentence

bp = Blueprint("identity", __name__)
YEAR_S = 365 * 24 * 3600


@bp.get("/sign-in")
@public
def sign_in() -> AnyResponse:
    """Ask who is there."""
    if current_user.is_authenticated:
        return redirect(_next(request.args.get("next")), 303)
    return _sign_in_page(SignInForm(next=request.args.get("next", "")))


@bp.post("/sign-in")
@public
def enter() -> AnyResponse:
    """Let in whose login and password fit."""
    form = SignInForm()
    if not form.validate():
        return _sign_in_page(form, status=400)
    try:
        entered = _enter(form.login.data, form.password.data)
    except RuleBroken as error:
        return _sign_in_page(form, sentence(error), error.status)
    session.enter(entered)
    response = redirect(_next(form.next.data), 303)
    session.keep_device_cookie(response, entered.device)
    return response


def _enter(login: str, password: str) -> SignedIn:
    device, name, now = session.find_device_cookie(), session.device_name(), utc_now()
    with transaction() as work:
        tried = begin_sign_in(work, login, session.address(), device, now)
    if not is_password(tried.password_hash, password):
        raise SignInFailed
    rehashed = hash_password(password) if tried.password_hash and needs_rehash(tried.password_hash) else None
    with transaction() as work:
        return finish_sign_in(work, tried, device, name, rehashed, now)


def _sign_in_page(form: SignInForm, problem: str | None = None, status: int = 200) -> Response:
    page = render_template("identity/sign_in.html", form=form, problem=problem, title=gettext("Sign in"))
    return make_response(page, status)


def _next(target: str | None) -> str:
    return target if target and is_own_path(target) else url_for("web.start")


@bp.post("/sign-out")
@signed_in
def sign_out() -> AnyResponse:
    """End this session; scans still on the phone keep the grant they were made with."""
    ended = session.leave()
    if ended is not None:
        with transaction() as work:
            service.end_session(work, ended, utc_now())
    return redirect(url_for("identity.sign_in"), 303)


@bp.post("/language")
@public
def choose_language() -> AnyResponse:
    """Keep the language in this browser, and with the user who is signed in."""
    locale = request.form.get("locale", "")
    response = redirect(_next(request.form.get("next")), 303)
    if locale in LOCALES:
        if current_user.is_authenticated:
            with transaction() as work:
                service.set_preferences(work, current_user.id, locale, current_user.theme)
        response.set_cookie(LOCALE_COOKIE, locale, max_age=YEAR_S, samesite="Lax", secure=request.is_secure)
    return response


@bp.get("/profile")
@signed_in
def profile() -> Response:
    """Show what everybody may change about themselves."""
    return _profile_page()


@bp.post("/profile")
@signed_in
def save_preferences() -> AnyResponse:
    """Keep one's language and light."""
    form = PreferencesForm()
    if not form.validate():
        return _profile_page(preferences=form)
    with transaction() as work:
        service.set_preferences(work, current_user.id, form.locale.data or None, form.theme.data)
    flash(gettext("Saved."), "success")
    return redirect(url_for("identity.profile"), 303)


@bp.get("/profile/password")
@signed_in
def own_password() -> AnyResponse:
    """Ask whose password somebody else gave for one that nobody else knows."""
    if not current_user.must_change_password:
        return redirect(url_for("identity.profile"), 303)
    return _password_page(OwnPasswordForm(next=request.args.get("next", "")))


@bp.post("/profile/password")
@signed_in
def change_password() -> AnyResponse:
    """Replace one's own password and stay signed in here alone."""
    form = OwnPasswordForm()
    if not form.validate():
        return _password_page(form, status=400)
    me, device, now = current_user.id, session.current_device(), utc_now()
    after = _next(form.next.data) if current_user.must_change_password else url_for("identity.profile")
    try:
        ensure_other_password(form.present.data, form.new.data)
        new_hash = service.new_password_hash(form.new.data, current_user.login)
        with transaction() as work:
            tried = begin_sign_in(work, current_user.login, session.address(), device, now)
        if not is_password(tried.password_hash, form.present.data):
            raise WrongPassword
        with transaction() as work:
            user = service.change_own_password(work, me, tried.password_hash, new_hash, now)
            succeed(work, tried, device)
    except RuleBroken as error:
        return _password_page(form, sentence(error), error.status)
    session.re_enter(principal_of(user))
    flash(gettext("The password was changed. Everywhere else you are signed out."), "success")
    return redirect(after, 303)


def _password_page(form: OwnPasswordForm, problem: str | None = None, status: int = 200) -> Response:
    if not current_user.must_change_password:
        return _profile_page(passwords=form, password_problem=problem, status=status)
    page = render_template(
        "identity/own_password.html", title=gettext("Choose your own password"), passwords=form, problem=problem
    )
    return make_response(page, status)


@bp.post("/profile/sign-out-everywhere")
@signed_in
def sign_out_everywhere() -> AnyResponse:
    """End all of one's sessions, this one too."""
    with transaction() as work:
        service.sign_out_everywhere(work, current_user.id, utc_now())
    session.leave()
    flash(gettext("You are signed out on every device."), "success")
    return redirect(url_for("identity.sign_in"), 303)


def _profile_page(
    preferences: PreferencesForm | None = None,
    passwords: OwnPasswordForm | None = None,
    password_problem: str | None = None,
    status: int | None = None,
) -> Response:
    refused = bool(preferences or passwords)
    page = render_template(
        "identity/profile.html",
        title=gettext("My profile"),
        preferences=preferences or PreferencesForm(None, locale=current_user.locale or "", theme=current_user.theme),
        passwords=passwords or OwnPasswordForm(None),
        password_problem=password_problem,
        roles=role_names(sorted(current_user.roles)),
    )
    return make_response(page, status or (400 if refused else 200))
