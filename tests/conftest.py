"""Fixtures every test shares: a fresh database per test on SQLite and on PostgreSQL, signed-in clients, real data."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from werkzeug.test import TestResponse

from app import create_app
from app.company.rules import Chart, Settings, SetUp, TaxStatus
from app.company.service import on_set_up, set_up
from app.db import db, transaction
from app.handheld import service as handheld_service
from app.handheld.groups import Groups
from app.identity.audit import ACTIONS, SUBJECTS, WORDS
from app.identity.models import AuditEvent, Device, User
from app.identity.rules import Role
from app.identity.service import NewUser
from tests.postgres import postgres_url

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
BACKENDS = ("sqlite", "postgresql")
OWNER_LOGIN = "owner"
OWNER_PASSWORD = "the owner's own words"
_numbers = itertools.count()
# Kept by server: making a connection takes as long as copying a database.
_administrations: dict[str, Connection] = {}

SignIn = Callable[..., FlaskClient]
Write = Callable[[], AbstractContextManager[Session]]


# Details whose keys are data: the codes of warehouses.
KEYED_BY_DATA = frozenset({"stock.threshold"})


@event.listens_for(AuditEvent, "before_insert")
def _is_said_in_words(_mapper: object, _connection: Connection, row: AuditEvent) -> None:
    """Refuse what the audit trail could only show as a word of the program: an auditor reads no code."""
    kind = row.subject.partition(":")[0]
    assert row.action in ACTIONS, f"the audit trail has no name for {row.action}"
    assert kind in SUBJECTS, f"the audit trail has no name for {kind}"
    unknown = row.details.keys() - WORDS.keys()
    assert row.action in KEYED_BY_DATA or not unknown, f"{row.action}: the audit trail has no words for {unknown}"


class Browser(FlaskClient):
    """A client whose every request has an application context of its own, as served requests have.

    Inside the context that the `app` fixture pushes, flask would keep `g`, and with it who is signed in, from one
    request to the next.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request."""
        with self.application.app_context():
            return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data; absent in a newcomer's clone, never absent where CI is set."""
    if not SHARED_DATA.exists():
        if os.environ.get("CI"):
            pytest.fail("CI must have the real data beside the checkout")
        pytest.skip("the real data are not beside this checkout")
    return SHARED_DATA


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with every table and a company, made once and copied per test."""
    path = tmp_path_factory.mktemp("template") / "zhangshi.db"
    _fill(f"sqlite:///{path}", path.parent)
    with create_engine(f"sqlite:///{path}").connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def postgres_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL database with every table and a company; tests copy it as a template."""
    server = postgres_url()
    if server is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have PostgreSQL")
        pytest.skip("PostgreSQL is not installed")
    url = make_url(server).set(database=f"zs_template_{os.getpid()}")
    run_on_postgres(server, f'CREATE DATABASE "{url.database}"')
    _fill(url.render_as_string(hide_password=False), tmp_path_factory.mktemp("pg"))
    yield url.render_as_string(hide_password=False)
    run_on_postgres(server, f'DROP DATABASE "{url.database}" WITH (FORCE)')


def run_on_postgres(server: str, statement: str) -> None:
    """Run what PostgreSQL takes outside transactions only."""
    if server not in _administrations:
        _administrations[server] = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect()
    _administrations[server].execute(text(statement))


@pytest.fixture(scope="session", autouse=True)
def _administrations_closed() -> Iterator[None]:
    yield
    while _administrations:
        _administrations.popitem()[1].close()


class _Compiled(BytecodeCache):
    """Keeps compiled templates for all applications of the run: each test makes one of its own."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if kept := self._kept.get(bucket.key):
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_compiled = _Compiled()


def _fill(url: str, folder: Path) -> None:
    app = create_app(folder, SQLALCHEMY_DATABASE_URI=url, TESTING=True)
    with app.app_context():
        db.create_all()
        on_set_up.clear()  # no units and places yet: tests make their own; the next create_app() fills it again
        owner = NewUser.checked(OWNER_LOGIN, "老板", OWNER_PASSWORD, {Role.OWNER})
        facts = SetUp(Settings(name="测试商贸", tax_status=TaxStatus.GENERAL), Chart.SMALL)
        with transaction() as session:
            set_up(session, facts, owner, datetime(2026, 1, 1, tzinfo=UTC))
        db.engine.dispose()


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database with a company, on each backend in turn."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "zhangshi.db")
        yield f"sqlite:///{tmp_path / 'zhangshi.db'}"
        return
    template = make_url(request.getfixturevalue("postgres_template"))
    url = template.set(database=f"zs_{os.getpid()}_{next(_numbers)}")
    server = template.set(database="postgres").render_as_string(hide_password=False)
    run_on_postgres(server, f'CREATE DATABASE "{url.database}" TEMPLATE "{template.database}"')
    yield url.render_as_string(hide_password=False)
    run_on_postgres(server, f'DROP DATABASE "{url.database}" WITH (FORCE)')


@pytest.fixture(params=BACKENDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a table, on each backend in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'zhangshi.db'}"
        return
    server = make_url(request.getfixturevalue("postgres_template")).set(database="postgres")
    url = server.set(database=f"zs_empty_{os.getpid()}_{next(_numbers)}")
    run_on_postgres(server.render_as_string(hide_password=False), f'CREATE DATABASE "{url.database}"')
    yield url.render_as_string(hide_password=False)
    run_on_postgres(server.render_as_string(hide_password=False), f'DROP DATABASE "{url.database}" WITH (FORCE)')


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a fresh database, its context pushed."""
    app = create_app(
        tmp_path, SQLALCHEMY_DATABASE_URI=database_url, TESTING=True, WTF_CSRF_ENABLED=False, HTTP_FULL=True
    )
    app.test_client_class = Browser
    app.jinja_env.bytecode_cache = _compiled
    with app.app_context():
        yield app
        db.session.remove()
        # A session used after a command has ended it takes a connection that nobody gives back.
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # a QueuePool
        db.engine.dispose()


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have scans that come at the same moment meet in the database alone, as those do that came to two processes."""
    take_group, limit = handheld_service._take_group, handheld_service.GROUP  # noqa: SLF001  # asked for no other way
    monkeypatch.setattr(handheld_service, "_groups_of", lambda _engine: Groups(take_group, limit))


@pytest.fixture
def write(app: Flask) -> Write:
    """transaction(), asked for together with the application it needs."""
    assert app
    return transaction


@pytest.fixture
def make_user(write: Write) -> Callable[..., int]:
    """Make a user who holds the named roles; return the id."""

    def make(*roles: str, login: str | None = None, name: str | None = None) -> int:
        login = login or f"{'-'.join(roles)}{next(_numbers)}"
        with write() as session:
            user = User(
                login=login,
                name=name or login,
                password_hash="!",
                roles=[Role(role) for role in roles],
                created_at=datetime.now(UTC),
            )
            session.add(user)
            session.flush()
            return user.id

    return make


@pytest.fixture
def sign_in(app: Flask, write: Write, make_user: Callable[..., int]) -> SignIn:
    """Return a client signed in as a fresh user of the named roles (or as the given user id), on a fresh device."""

    def enter(*roles: str, user_id: int | None = None, locale: str = "en") -> FlaskClient:
        number = user_id or make_user(*roles)
        client, device, now = app.test_client(), uuid4(), datetime.now(UTC)
        with write() as session:
            session.add(Device(id=device, first_seen_at=now, last_seen_at=now, last_user_id=number))
        client.set_cookie("locale", locale)
        with client.session_transaction() as browser:
            browser["_user_id"] = f"{number}.0"
            browser["_fresh"] = True
            browser["device"] = str(device)
        return client

    return enter
