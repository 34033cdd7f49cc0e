"""The set-up page: only with the token, only once, all or nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import create_app
from app.catalog.models import Unit
from app.company.models import Account, Company
from app.db import db, transaction
from app.identity import setup_token
from app.identity.models import AuditEvent, User
from app.places.models import Location
from tests.conftest import Browser

FACTS = {
    "name": "老街便利店",
    "chart": "small",
    "tax_status": "general",
    "currency": "CNY",
    "locale": "zh",
    "time_zone": "Asia/Shanghai",
    "owner_name": "王老板",
    "owner_login": "Wang",
    "owner_password": "账面要对得上货架",
}


@pytest.fixture
def fresh(empty_database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An installation with tables and nothing in them."""
    app = create_app(
        tmp_path / "fresh",
        SQLALCHEMY_DATABASE_URI=empty_database_url,
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        HTTP_FULL=True,
    )
    app.test_client_class = Browser
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def token(fresh: Flask) -> str:
    return setup_token.issue(Path(fresh.instance_path))


def test_before_the_set_up_every_page_leads_to_where_the_token_is(fresh: Flask, token: str) -> None:
    client = fresh.test_client()
    for path in ("/", "/users", "/sign-in", "/inbox"):
        assert client.get(path).location == "/setup"
    page = client.get("/setup").text
    assert ("终端" in page, "owner_password" in page) == (True, False)
    assert client.get("/api/v1/clock").status_code == 503


def test_the_token_opens_the_page_and_the_page_makes_the_company(fresh: Flask, token: str) -> None:
    client = fresh.test_client()
    assert "owner_password" in client.get(f"/setup?token={token}").text
    assert client.post("/setup", data=FACTS | {"token": token}).location == "/"
    assert "老街便利店" in client.get("/").text  # the owner is signed in
    session = db.session()
    company = session.execute(select(Company)).scalar_one()
    assert (company.name, company.bill_with_goods, company.http_full) == ("老街便利店", True, False)
    assert session.scalar(select(Account.name).where(Account.code == "220202")) == "暂估应付款"
    owner = session.execute(select(User)).scalar_one()
    assert (owner.login, owner.name, owner.roles) == ("wang", "王老板", ["owner"])
    assert session.scalar(select(func.count(Unit.id)))
    assert session.scalar(select(func.count(Location.id)).where(Location.kind == "warehouse")) == 1
    assert set(session.scalars(select(AuditEvent.action))) == {"user.create", "company.set_up"}


def test_the_page_is_closed_afterwards(fresh: Flask, token: str) -> None:
    fresh.test_client().post("/setup", data=FACTS | {"token": token})
    stranger = fresh.test_client()
    assert stranger.get(f"/setup?token={token}").location == "/"
    for used in (token, setup_token.issue(Path(fresh.instance_path))):
        stranger.post("/setup", data=FACTS | {"token": used, "owner_login": "thief"})
    assert db.session.scalars(select(User.login)).all() == ["wang"]


@pytest.mark.parametrize("guess", ["", "guess", "令牌"])
def test_without_the_token_nothing_is_set_up(fresh: Flask, token: str, guess: str) -> None:
    answer = fresh.test_client().post("/setup", data=FACTS | {"token": guess})
    assert (answer.status_code, answer.location) == (303, "/setup?token=?")
    assert db.session.scalar(select(func.count(Company.id))) == 0


@pytest.mark.parametrize(
    "change",
    [{"name": " "}, {"chart": "other"}, {"time_zone": "Mars"}, {"owner_password": "short"}, {"owner_login": "a b"}],
)
def test_a_refused_set_up_keeps_its_token_and_what_was_typed(fresh: Flask, token: str, change: dict[str, str]) -> None:
    client = fresh.test_client()
    refused = client.post("/setup", data=FACTS | {"token": token} | change)
    assert (refused.status_code, "王老板" in refused.text) == (400, True)
    assert db.session.scalar(select(func.count(Company.id))) == 0
    db.session.rollback()
    assert client.post("/setup", data=FACTS | {"token": token}).location == "/"


def test_of_two_set_ups_at_one_moment_the_later_finds_the_token_burnt(
    fresh: Flask, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = Path(fresh.instance_path)
    real = setup_token.burn
    monkeypatch.setattr(setup_token, "burn", lambda path: real(path) and real(path))  # somebody was faster
    answer = fresh.test_client().post("/setup", data=FACTS | {"token": token})
    assert answer.status_code == 409
    with transaction() as session:
        assert session.scalar(select(func.count(User.id))) == 0
    assert not setup_token.check(instance, token)
