"""`flask users reset-password`: the way back for a sole owner who forgot the password."""

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from app.db import db
from app.identity.models import AuditEvent, EndedEpoch, User
from app.identity.rules import FAILURES_PER_LOGIN
from tests.conftest import OWNER_LOGIN, OWNER_PASSWORD, SignIn, Write

NEW = "shelves and ledgers"


def reset(app: Flask, *arguments: str, typed: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=["users", "reset-password", *arguments], input=typed)


def enters(app: Flask, password: str) -> bool:
    answer = app.test_client().post("/sign-in", data={"login": OWNER_LOGIN, "password": password})
    return answer.status_code == 303


def owner_id() -> int:
    return db.session.scalars(select(User.id).where(User.login == OWNER_LOGIN)).one()


def test_an_owner_comes_back_and_every_session_ends(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(user_id=owner_id())
    assert client.get("/users").status_code == 200
    result = reset(app, OWNER_LOGIN.upper(), typed=f"{NEW}\n{NEW}\n")
    assert result.exit_code == 0, result.output
    assert NEW not in result.output
    assert "signed out everywhere" in result.output
    assert client.get("/users").status_code == 302
    assert db.session.scalars(select(EndedEpoch.epoch).where(EndedEpoch.user_id == owner_id())).all() == [0]
    assert not enters(app, OWNER_PASSWORD)
    assert enters(app, NEW)


def test_it_stands_in_the_audit_trail_as_done_at_the_server(app: Flask, sign_in: SignIn) -> None:
    assert reset(app, OWNER_LOGIN, typed=f"{NEW}\n{NEW}\n").exit_code == 0
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "user.reset_at_server")).one()
    assert (event.user_id, event.subject, event.details) == (None, f"user:{owner_id()}", {"login": OWNER_LOGIN})
    assert "Password reset at the server" in sign_in("manager").get("/audit").text
    assert "在服务器上重置密码" in sign_in("manager", locale="zh").get("/audit").text


def test_a_password_is_made_and_printed_if_asked_for(app: Flask) -> None:
    result = reset(app, OWNER_LOGIN, "--make")
    assert result.exit_code == 0, result.output
    made = result.output.splitlines()[0].removeprefix("New password: ")
    assert len(made) == 20
    assert enters(app, made)
    assert reset(app, OWNER_LOGIN, "--make").output.splitlines()[0] != result.output.splitlines()[0]


def test_who_tried_too_often_need_not_wait(app: Flask) -> None:
    for number in range(FAILURES_PER_LOGIN):
        assert not enters(app, f"was it this one {number}")
    assert reset(app, OWNER_LOGIN, typed=f"{NEW}\n{NEW}\n").exit_code == 0
    assert enters(app, NEW)


def test_an_unknown_or_inactive_user_and_a_poor_password_are_refused(
    app: Flask, write: Write, make_user: Callable[..., int]
) -> None:
    gone = make_user("seller", login="gone")
    with write() as session:
        session.get_one(User, gone).active = False
    for arguments, typed, said in (
        (["nobody"], None, "Nobody has the login “nobody”."),
        (["gone"], None, "The user “gone” is deactivated; an owner must activate them first."),
        ([OWNER_LOGIN], "short\nshort\n", "A password needs at least 8 characters."),
    ):
        result = reset(app, *arguments, typed=typed)
        assert result.exit_code == 1
        assert f"Error: {said}" in result.output
    assert enters(app, OWNER_PASSWORD)
    assert db.session.scalars(select(AuditEvent).where(AuditEvent.action == "user.reset_at_server")).all() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_different_entries_change_nothing(app: Flask) -> None:
    result = reset(app, OWNER_LOGIN, typed=f"{NEW}\nother words\n")
    assert result.exit_code != 0
    assert enters(app, OWNER_PASSWORD)
