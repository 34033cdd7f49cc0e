"""A password that somebody else gave lets its user in to choose another one, and to do nothing else."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.db import db
from app.identity.models import User
from tests.conftest import OWNER_LOGIN, OWNER_PASSWORD, SignIn

GIVEN, OWN = "given by the owner", "known to nobody else"
NEW = {"present": GIVEN, "new": OWN, "again": OWN}


def enter(app: Flask, login: str, password: str, following: str = "") -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    fields = {"login": login, "password": password, "next": following}
    assert client.post("/sign-in", data=fields).status_code == 303
    return client


@pytest.fixture
def newcomer(app: Flask, sign_in: SignIn) -> FlaskClient:
    """A manager whom the owner has just added, signed in."""
    facts = {"login": "li", "name": "李", "password": GIVEN, "roles": ["manager"]}
    assert sign_in("owner").post("/users/new", data=facts).status_code == 303
    return enter(app, "li", GIVEN)


def test_nothing_opens_before_an_own_password_is_chosen(newcomer: FlaskClient) -> None:
    asked = newcomer.get("/items/?q=tea")
    assert (asked.status_code, asked.location) == (302, "/profile/password?next=/items/?q%3Dtea")
    assert newcomer.post("/profile", data={"locale": "zh", "theme": "dark"}).location == "/profile/password"
    assert newcomer.get("/api/v1/openapi.json").status_code == 401
    assert newcomer.post("/api/v1/scans", json={}).status_code == 401
    page = newcomer.get(asked.location).text
    assert 'name="next" type="hidden" value="/items/?q=tea"' in page
    assert "/partners" not in page  # the menu would lead nowhere


def test_with_an_own_password_one_goes_on_to_where_one_wanted(app: Flask, newcomer: FlaskClient) -> None:
    changed = newcomer.post("/profile/password", data=NEW | {"next": "/items/?q=tea"})
    assert (changed.status_code, changed.location) == (303, "/items/?q=tea")
    assert newcomer.get("/items/").status_code == 200
    assert newcomer.get("/profile/password").location == "/profile"
    assert enter(app, "li", OWN).get("/items/").status_code == 200


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"new": GIVEN, "again": GIVEN}, "This is the current password. Choose another one."),
        ({"present": "a wrong sentence"}, "The current password is wrong."),
        ({"again": "something else"}, "The two new passwords differ."),
        ({"next": "https://elsewhere.example"}, None),
    ],
)
def test_a_slip_keeps_one_on_the_page_of_the_new_password(
    newcomer: FlaskClient, typed: dict[str, str], sentence: str | None
) -> None:
    answer = newcomer.post("/profile/password", data=NEW | typed)
    if sentence is None:
        assert answer.location == "/"
        return
    assert answer.status_code == 400
    assert sentence in answer.text
    assert "Choose your own password" in answer.text
    assert newcomer.get("/items/").status_code == 302


def test_one_may_leave_instead(newcomer: FlaskClient) -> None:
    assert newcomer.post("/sign-out").location == "/sign-in"
    assert newcomer.get("/profile/password").location.startswith("/sign-in")


def test_a_reset_by_the_owner_asks_for_an_own_password(app: Flask, sign_in: SignIn, newcomer: FlaskClient) -> None:
    newcomer.post("/profile/password", data=NEW)
    number = db.session.scalars(select(User.id).where(User.login == "li")).one()
    sign_in("owner").post(f"/users/{number}/password", data={"password": GIVEN})
    assert enter(app, "li", GIVEN).get("/items/").location.startswith("/profile/password")


def test_an_owner_who_resets_their_own_password_has_chosen_it(app: Flask) -> None:
    owner = enter(app, OWNER_LOGIN, OWNER_PASSWORD)
    number = db.session.scalars(select(User.id).where(User.login == OWNER_LOGIN)).one()
    assert owner.post(f"/users/{number}/password", data={"password": OWN}).status_code == 303
    assert enter(app, OWNER_LOGIN, OWN).get("/items/").status_code == 200


@pytest.mark.parametrize(("arguments", "typed", "opens"), [(["--make"], None, False), ([], f"{OWN}\n{OWN}\n", True)])
def test_a_password_that_a_terminal_has_shown_is_replaced(
    app: Flask, arguments: list[str], typed: str | None, *, opens: bool
) -> None:
    command = ["users", "reset-password", OWNER_LOGIN, *arguments]
    result = app.test_cli_runner().invoke(args=command, input=typed)
    made = result.output.splitlines()[0].removeprefix("New password: ") if arguments else OWN
    client = enter(app, OWNER_LOGIN, made)
    assert (client.get("/items/").status_code == 200) is opens
