"""Signing in and out: sessions, limits, devices, and plain HTTP."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app.db import db, transaction
from app.identity.models import AuditEvent, Device, EndedSession, SignInAttempt, User
from app.identity.passwords import hash_password, is_password, needs_rehash
from app.identity.rules import FAILURES_PER_LOGIN, SignInFailed, TooManyAttempts
from app.identity.service import end_session
from app.identity.sign_in import begin_sign_in, finish_sign_in
from app.kernel.clock import utc_now
from tests.conftest import OWNER_LOGIN, OWNER_PASSWORD, SignIn, Write

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HTTPS = {"base_url": "https://localhost"}
FIELDS = {"login": OWNER_LOGIN, "password": OWNER_PASSWORD}


def set_cookies(response: object) -> dict[str, str]:
    lines = response.headers.getlist("Set-Cookie")  # type: ignore[attr-defined]  # werkzeug's test response
    return {line.split("=")[0]: line for line in lines}


def test_who_knows_the_password_comes_in_and_goes_where_they_wanted(app: Flask) -> None:
    client = app.test_client()
    asked = client.get("/users?q=li", **HTTPS)
    assert (asked.status_code, asked.location) == (302, "/sign-in?next=/users?q%3Dli")
    entered = client.post("/sign-in", data=FIELDS | {"login": " OWNER ", "next": "/users?q=li"}, **HTTPS)
    assert (entered.status_code, entered.location) == (303, "/users?q=li")
    assert client.get("/users", **HTTPS).status_code == 200


@ON_SQLITE
@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", ""])
def test_a_sign_in_never_leads_to_another_site(app: Flask, target: str) -> None:
    assert app.test_client().post("/sign-in", data=FIELDS | {"next": target}).location == "/"


@ON_SQLITE
@pytest.mark.parametrize("fields", [{"login": "nobody"}, {"password": "wrong password"}])
def test_an_unknown_login_and_a_wrong_password_get_the_same_answer(app: Flask, fields: dict[str, str]) -> None:
    refused = app.test_client().post("/sign-in", data=FIELDS | fields, headers={"Accept-Language": "en"})
    assert (refused.status_code, "login or the password is wrong" in refused.text) == (401, True)


@ON_SQLITE
def test_the_cookie_is_bound_to_this_host_and_hidden_from_scripts(app: Flask) -> None:
    cookies = set_cookies(app.test_client().post("/sign-in", data=FIELDS, **HTTPS))
    assert set(cookies) == {"__Host-zhangshi", "__Host-zhangshi-device"}
    for line in cookies.values():
        assert all(mark in line for mark in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/")), line
        assert "Domain" not in line


@ON_SQLITE
def test_a_cookie_of_plain_http_opens_nothing_over_https(app: Flask) -> None:
    client = app.test_client()
    assert "zhangshi" in set_cookies(client.post("/sign-in", data=FIELDS))
    assert client.get("/users").status_code == 200
    assert client.get("/users", **HTTPS).status_code == 302


@ON_SQLITE
def test_nothing_of_the_session_before_survives_a_sign_in(app: Flask) -> None:
    client = app.test_client()
    with client.session_transaction() as planted:
        planted["csrf_token"] = "planted"
        planted["more"] = "planted"
    client.post("/sign-in", data=FIELDS)
    with client.session_transaction() as kept:
        assert "planted" not in kept.values()


@ON_SQLITE
def test_signing_out_takes_a_post_and_ends_the_session(app: Flask) -> None:
    client = app.test_client()
    client.post("/sign-in", data=FIELDS)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").location == "/sign-in"
    assert client.get("/users").status_code == 302


def test_a_cookie_copied_before_signing_out_opens_nothing(app: Flask) -> None:
    client, thief = app.test_client(), app.test_client()
    client.post("/sign-in", data=FIELDS)
    cookie = client.get_cookie("zhangshi")
    assert cookie is not None
    thief.set_cookie("zhangshi", cookie.value)
    assert thief.get("/users").status_code == 200
    client.post("/sign-out")
    assert thief.get("/users").status_code == 302
    client.post("/sign-in", data=FIELDS)
    assert client.get("/users").status_code == 200
    assert thief.get("/users").status_code == 302


def test_signing_out_twice_at_once_is_signing_out(app: Flask, write: Write) -> None:
    ended = uuid4()
    for _ in range(2):
        with write() as session:
            end_session(session, ended, utc_now())
    assert db.session.scalar(select(func.count()).select_from(EndedSession)) == 1


@ON_SQLITE
def test_a_form_without_its_token_is_refused(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    assert app.test_client().post("/sign-in", data=FIELDS).status_code == 400


@ON_SQLITE
def test_plain_http_is_refused_until_the_owner_allows_it(app: Flask, sign_in: SignIn) -> None:
    owner = sign_in("owner")
    app.config["HTTP_FULL"] = False
    refused = owner.get("/users")
    assert (refused.status_code, "/trust" in refused.text) == (403, True)
    assert owner.post("/sign-in", data=FIELDS).status_code == 403
    assert owner.get("/api/v1/clock").status_code == 403
    assert app.test_client().get("/sign-in", **HTTPS).status_code == 200
    with transaction() as session:
        session.execute(db.text("UPDATE company SET http_full = true"))
    assert owner.get("/users").status_code == 200


def test_after_ten_failures_even_the_right_password_waits(app: Flask) -> None:
    client = app.test_client()
    for _ in range(FAILURES_PER_LOGIN):
        assert client.post("/sign-in", data=FIELDS | {"password": "wrong password"}).status_code == 401
    assert client.post("/sign-in", data=FIELDS).status_code == 429
    with transaction() as session:
        session.execute(update(SignInAttempt).values(at=utc_now() - timedelta(minutes=16)))
    assert client.post("/sign-in", data=FIELDS).status_code == 303


@ON_SQLITE
def test_strangers_who_guess_a_login_do_not_lock_out_the_device_that_knows_it(app: Flask) -> None:
    phone, stranger = app.test_client(), app.test_client()
    phone.post("/sign-in", data=FIELDS)
    phone.post("/sign-out")
    for _ in range(FAILURES_PER_LOGIN):
        stranger.post("/sign-in", data=FIELDS | {"password": "wrong password"})
    assert stranger.post("/sign-in", data=FIELDS).status_code == 429
    assert phone.post("/sign-in", data=FIELDS).status_code == 303


@ON_SQLITE
def test_an_address_that_tries_many_logins_must_wait(app: Flask) -> None:
    with transaction() as session:
        for number in range(60):
            begin_sign_in(session, f"login{number}", "192.0.2.7", None, utc_now())
    with pytest.raises(TooManyAttempts), transaction() as session:
        begin_sign_in(session, "another", "192.0.2.7", None, utc_now())
    with transaction() as session:
        begin_sign_in(session, "another", "192.0.2.8", None, utc_now())


def test_of_many_tries_at_once_no_more_than_the_limit_are_looked_at(app: Flask) -> None:
    allowed: list[int] = []
    start = threading.Barrier(8)

    def guess() -> None:
        start.wait()
        for _ in range(4):
            with app.app_context():
                try:
                    with transaction() as session:
                        allowed.append(begin_sign_in(session, OWNER_LOGIN, "192.0.2.7", None, utc_now()).attempt_id)
                except TooManyAttempts:
                    return

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(allowed)) == FAILURES_PER_LOGIN


@ON_SQLITE
def test_a_password_reset_between_check_and_entry_shuts_the_door(app: Flask) -> None:
    with transaction() as session:
        tried = begin_sign_in(session, OWNER_LOGIN, "192.0.2.7", None, utc_now())
    with transaction() as session:
        session.execute(update(User).where(User.id == tried.user_id).values(password_hash="!"))
    with pytest.raises(SignInFailed), transaction() as session:
        finish_sign_in(session, tried, None, "", None, utc_now())


@ON_SQLITE
def test_a_deactivated_user_stays_out(app: Flask) -> None:
    with transaction() as session:
        session.execute(update(User).values(active=False))
    assert app.test_client().post("/sign-in", data=FIELDS).status_code == 401


@ON_SQLITE
def test_a_sign_in_remembers_the_device_and_a_revoked_one_becomes_new(app: Flask) -> None:
    phone = app.test_client()
    agent = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"}
    for _ in range(2):
        phone.post("/sign-in", data=FIELDS, headers=agent)
        phone.post("/sign-out")
    assert db.session.execute(select(Device.name)).scalars().all() == ["iPhone"]
    with transaction() as session:
        session.execute(update(Device).values(revoked_at=utc_now()))
    phone.post("/sign-in", data=FIELDS, headers=agent)
    assert db.session.scalar(select(func.count(Device.id))) == 2
    assert phone.get("/users").status_code == 200
    actions = db.session.scalars(select(AuditEvent.action).where(AuditEvent.action == "user.sign_in"))
    assert len(actions.all()) == 3


@ON_SQLITE
def test_revoking_a_device_ends_its_session_at_once(app: Flask, sign_in: SignIn) -> None:
    lost = app.test_client()
    lost.post("/sign-in", data=FIELDS)
    device = db.session.scalar(select(Device.id))
    assert sign_in("manager").post(f"/devices/{device}/revoke").status_code == 303
    assert lost.get("/users").status_code == 302


@ON_SQLITE
def test_a_hash_made_with_weaker_settings_is_made_anew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from argon2 import PasswordHasher  # noqa: PLC0415  # only here are weaker settings wanted

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(OWNER_PASSWORD)
    with transaction() as session:
        session.execute(update(User).values(password_hash=weak))
    assert app.test_client().post("/sign-in", data=FIELDS).status_code == 303
    kept = db.session.scalar(select(User.password_hash).where(User.login == OWNER_LOGIN))
    assert kept is not None
    assert (needs_rehash(weak), needs_rehash(kept), is_password(kept, OWNER_PASSWORD)) == (True, False, True)


def test_nobody_has_no_password() -> None:
    assert is_password(hash_password("nobody has this password"), "nobody has this password")
    assert not is_password(None, "nobody has this password")


@ON_SQLITE
def test_the_language_chosen_before_signing_in_is_kept(app: Flask) -> None:
    client = app.test_client()
    english = client.post("/language", data={"locale": "en", "next": "/sign-in"})
    assert (english.location, "Sign in" in client.get("/sign-in").text) == ("/sign-in", True)
    client.post("/language", data={"locale": "zh", "next": "//evil.example"})
    assert "登录" in client.get("/sign-in").text


@pytest.fixture
def signed_in_twice(app: Flask) -> Callable[[], tuple[FlaskClient, FlaskClient]]:
    def enter() -> tuple[FlaskClient, FlaskClient]:
        here, there = app.test_client(), app.test_client()
        for client in (here, there):
            assert client.post("/sign-in", data=FIELDS).status_code == 303
        return here, there

    return enter


@ON_SQLITE
def test_a_changed_password_ends_all_other_sessions(
    app: Flask, signed_in_twice: Callable[[], tuple[FlaskClient, FlaskClient]]
) -> None:
    here, there = signed_in_twice()
    new = {"present": OWNER_PASSWORD, "new": "a better sentence", "again": "a better sentence"}
    assert here.post("/profile/password", data=new | {"present": "wrong"}).status_code == 400
    assert here.post("/profile/password", data=new | {"again": "another sentence"}).status_code == 400
    assert there.get("/users").status_code == 200
    assert here.post("/profile/password", data=new).status_code == 303
    assert (here.get("/users").status_code, there.get("/users").status_code) == (200, 302)
    assert app.test_client().post("/sign-in", data=FIELDS).status_code == 401


def test_ones_own_password_cannot_be_guessed_from_a_phone_left_open(app: Flask) -> None:
    client, new = app.test_client(), {"new": "a better sentence", "again": "a better sentence"}
    client.post("/sign-in", data=FIELDS)
    for _ in range(FAILURES_PER_LOGIN):
        assert client.post("/profile/password", data=new | {"present": "a guess"}).status_code == 400
    assert client.post("/profile/password", data=new | {"present": OWNER_PASSWORD}).status_code == 429
    assert is_password(db.session.scalar(select(User.password_hash)), OWNER_PASSWORD)
    with transaction() as session:
        session.execute(update(SignInAttempt).values(at=utc_now() - timedelta(minutes=16)))
    assert client.post("/profile/password", data=new | {"present": OWNER_PASSWORD}).status_code == 303


@ON_SQLITE
def test_one_can_sign_out_everywhere(
    app: Flask, signed_in_twice: Callable[[], tuple[FlaskClient, FlaskClient]]
) -> None:
    here, there = signed_in_twice()
    here.post("/profile/sign-out-everywhere")
    assert (here.get("/users").status_code, there.get("/users").status_code) == (302, 302)


@ON_SQLITE
def test_language_and_light_are_ones_own(sign_in: SignIn, write: Write) -> None:
    client = sign_in("viewer", locale="zh")
    assert client.post("/profile", data={"locale": "en", "theme": "dark"}).status_code == 303
    page = client.get("/profile").text
    assert ('data-theme="dark"' in page, "My profile" in page) == (True, True)
    assert client.post("/profile", data={"locale": "xx", "theme": "dark"}).status_code == 400
