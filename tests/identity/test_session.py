"""What a session's cookie opens: its own session, while it lasts, whatever was read from it before."""

from datetime import timedelta

import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from app.identity import session as sessions
from app.kernel.clock import utc_now
from tests.conftest import SignIn


@pytest.fixture
def client(sign_in: SignIn) -> FlaskClient:
    """A browser whose cookie was read before."""
    client = sign_in("viewer")
    assert client.get("/items/").status_code == 200
    return client


@pytest.mark.parametrize(("later", "status"), [(timedelta(days=29, hours=23), 200), (timedelta(days=30, hours=1), 302)])
def test_a_cookie_opens_nothing_once_it_is_thirty_days_old(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, later: timedelta, status: int
) -> None:
    monkeypatch.setattr(sessions, "utc_now", lambda: utc_now() + later)
    assert client.get("/items/").status_code == status


def test_a_cookie_from_the_future_opens_nothing(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "utc_now", lambda: utc_now() - timedelta(hours=1))
    assert client.get("/items/").status_code == 302


@pytest.mark.parametrize("place", [0, 10, -1])
def test_a_cookie_with_one_letter_changed_opens_nothing(client: FlaskClient, place: int) -> None:
    cookie = client.get_cookie(sessions.SESSION_COOKIE)
    assert cookie
    letters = list(cookie.value)
    letters[place] = "A" if letters[place] != "A" else "Q"
    client.set_cookie(sessions.SESSION_COOKIE, "".join(letters))
    assert client.get("/items/").status_code == 302
    client.set_cookie(sessions.SESSION_COOKIE, cookie.value)
    assert client.get("/items/").status_code == 200


def test_what_one_request_changes_in_its_session_no_other_finds_there(app: Flask, client: FlaskClient) -> None:
    cookie = client.get_cookie(sessions.SESSION_COOKIE)
    assert cookie
    header = {"Cookie": f"{sessions.SESSION_COOKIE}={cookie.value}"}
    with app.test_request_context("/", headers=header):
        before = dict(session)
        session["device"] = "another"
    with app.test_request_context("/", headers=header):
        assert dict(session) == before
        assert session["device"] != "another"
