"""Users, roles and the audit trail of what owners change."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, run
from app.identity import service
from app.identity.audit import audit, changes
from app.identity.models import AuditEvent, User
from app.identity.queries import get_user, users_who_may
from app.identity.rules import LastOwner, LoginTaken, Permission, Role, RolesMissing
from app.kernel.errors import RuleBroken
from tests.conftest import OWNER_LOGIN, SignIn, Write

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NEW = {"login": "li.ming", "name": "李明", "password": "shelves and books", "roles": ["warehouse", "seller"]}


def owner_id() -> int:
    found = db.session.scalar(select(User.id).where(User.login == OWNER_LOGIN))
    assert found is not None
    return found


def last_audit() -> AuditEvent:
    found = db.session.scalar(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1))
    assert found is not None
    return found


def test_an_owner_adds_a_user_who_can_sign_in(app: Flask, sign_in: SignIn) -> None:
    assert sign_in("owner").post("/users/new", data=NEW).location == "/users"
    entered = app.test_client().post("/sign-in", data={"login": "Li.Ming", "password": NEW["password"]})
    assert entered.status_code == 303
    facts = db.session.scalar(select(AuditEvent.details).where(AuditEvent.action == "user.create").offset(1))
    assert facts == {"login": "li.ming", "name": "李明", "roles": ["warehouse", "seller"]}


@ON_SQLITE
@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"login": OWNER_LOGIN.upper()}, 409),
        ({"login": "a b"}, 400),
        ({"password": "aaaaaaaa"}, 400),
        ({"roles": []}, 400),
    ],
)
def test_a_user_that_breaks_a_rule_is_not_added(sign_in: SignIn, change: dict[str, object], status: int) -> None:
    owner = sign_in("owner")
    before = db.session.query(User).count()
    refused = owner.post("/users/new", data=NEW | change)
    assert (refused.status_code, "李明" in refused.text) == (status, True)
    db.session.rollback()
    assert db.session.query(User).count() == before


@ON_SQLITE
def test_a_change_of_roles_ends_the_sessions_and_is_in_the_audit_trail(
    sign_in: SignIn, make_user: Callable[..., int]
) -> None:
    user = make_user("seller", name="阿强")
    theirs, owner = sign_in(user_id=user), sign_in("owner")
    assert theirs.get("/profile").status_code == 200
    assert owner.post(f"/users/{user}", data={"name": "阿强", "roles": ["buyer", "seller"]}).status_code == 303
    assert theirs.get("/profile").status_code == 302
    assert last_audit().details == {"roles": {"old": ["seller"], "new": ["buyer", "seller"]}}
    assert "采购" in sign_in("owner", locale="zh").get("/audit").text


@ON_SQLITE
def test_a_new_name_ends_no_session(sign_in: SignIn, make_user: Callable[..., int]) -> None:
    user = make_user("seller")
    theirs = sign_in(user_id=user)
    sign_in("owner").post(f"/users/{user}", data={"name": "改名", "roles": ["seller"]})
    assert "改名" in theirs.get("/profile").text


@ON_SQLITE
def test_a_deactivated_user_is_out_at_once_and_comes_back_only_by_signing_in(
    sign_in: SignIn, make_user: Callable[..., int]
) -> None:
    user = make_user("seller")
    theirs, owner = sign_in(user_id=user), sign_in("owner")
    owner.post(f"/users/{user}/deactivate")
    assert theirs.get("/profile").status_code == 302
    owner.post(f"/users/{user}/activate")
    assert (theirs.get("/profile").status_code, get_user(db.session(), user).active) == (302, True)


@ON_SQLITE
def test_a_reset_password_ends_the_sessions(sign_in: SignIn, make_user: Callable[..., int]) -> None:
    user = make_user("seller")
    theirs, owner = sign_in(user_id=user), sign_in("owner")
    assert owner.post(f"/users/{user}/password", data={"password": "short"}).status_code == 400
    assert theirs.get("/profile").status_code == 200
    assert owner.post(f"/users/{user}/password", data={"password": "a new sentence"}).status_code == 303
    assert theirs.get("/profile").status_code == 302


@ON_SQLITE
def test_the_last_owner_stays(sign_in: SignIn, make_user: Callable[..., int]) -> None:
    owner = owner_id()
    client = sign_in(user_id=owner)
    for path, data in ((f"/users/{owner}", {"name": "x", "roles": ["viewer"]}), (f"/users/{owner}/deactivate", {})):
        assert client.post(path, data=data).status_code == 409
    make_user("owner")
    assert client.post(f"/users/{owner}/deactivate").status_code == 303


def test_two_owners_cannot_remove_each_other_at_one_moment(app: Flask, make_user: Callable[..., int]) -> None:
    pair = [owner_id(), make_user("owner")]
    db.session.remove()
    start, refused = threading.Barrier(2), []

    def remove(other: int, by: int) -> None:
        start.wait()
        with app.app_context():
            try:
                run(lambda session: service.deactivate_user(session, other, by, NOW))
            except LastOwner:
                refused.append(other)

    threads = [threading.Thread(target=remove, args=each) for each in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), users_who_may(db.session(), Permission.MANAGE_COMPANY)) == (1, refused)


def test_a_login_is_taken_whatever_its_case(write: Write) -> None:
    new = service.NewUser.checked(OWNER_LOGIN.upper(), "", "shelves and books", {Role.VIEWER})
    with pytest.raises(LoginTaken), write() as session:
        service.create_user(session, new, None, NOW)
    with pytest.raises(RolesMissing):
        service.NewUser.checked("x", "", "shelves and books", set())


def test_the_audit_trail_keeps_exact_values_and_names_what_changed(write: Write) -> None:
    facts = {
        "sale_price": Decimal("3.500000"),
        "due_on": NOW.date(),
        "device": UUID(int=7),
        "roles": {Role.SELLER, Role.BUYER},
        **changes({"minimum": 1, "safety": 2}, {"minimum": 1, "safety": 3}),
    }
    with write() as session:
        audit(session, None, "item.edit", "item:1", facts, NOW)
    assert last_audit().details == {
        "sale_price": "3.5",
        "due_on": "2026-11-23",
        "device": str(UUID(int=7)),
        "roles": ["buyer", "seller"],
        "safety": {"old": 2, "new": 3},
    }
    with pytest.raises(TypeError), write() as session:
        audit(session, None, "item.edit", "item:1", {"sale_price": 3.5}, NOW)


@ON_SQLITE
def test_the_audit_trail_is_searched_filtered_and_exported(sign_in: SignIn, write: Write) -> None:
    with write() as session:
        audit(session, None, "item.edit", "item:4711", {}, NOW)
    manager = sign_in("manager")
    assert "Item 4711" in manager.get("/audit?q=4711").text
    assert "Item 4711" not in manager.get("/audit?action=user.create").text
    workbook = manager.get("/audit?format=xlsx")
    assert (workbook.status_code, workbook.data[:2]) == (200, b"PK")


@ON_SQLITE
def test_the_audit_trail_leads_to_people_only_whoever_may_see_them(sign_in: SignIn, write: Write) -> None:
    with write() as session:
        audit(session, None, "user.edit", "user:1", {}, NOW)
    assert 'href="/users/1"' in sign_in("owner").get("/audit").text
    managers = sign_in("manager").get("/audit").text
    assert "User 老板" in managers
    assert 'href="/users/1"' not in managers


@ON_SQLITE
def test_a_device_is_given_a_name(sign_in: SignIn) -> None:
    manager = sign_in("manager")
    page = manager.get("/devices").text
    device = page.split("/devices/")[1].split('"')[0]
    manager.post(f"/devices/{device}", data={"name": "3号手持"})
    assert "3号手持" in manager.get("/devices").text
    assert last_audit().action == "device.rename"
    assert manager.post(f"/devices/{device}", data={"name": "x" * 121}).status_code == 400


def test_rules_that_are_broken_speak_for_themselves() -> None:
    assert issubclass(LastOwner, RuleBroken)
    assert "last active owner" in str(LastOwner())
