"""The list of tries to sign in: who tried, from where, on what, and whether it was let in."""

import io
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import Select, func, select, text

from app.db import db
from app.identity.listings import sign_in_listing
from app.identity.models import Device, EndedSession, SignInAttempt
from app.identity.rules import TRIES_KEPT
from app.kernel.clock import utc_now
from app.web.listing import Listing
from app.wiring import NIGHTLY
from tests.conftest import OWNER_LOGIN, OWNER_PASSWORD, SignIn, Write

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Try = Callable[..., None]


@pytest.fixture
def tried(write: Write) -> Try:
    """Write that somebody tried to sign in."""

    def add(login: str, *, address: str = "192.0.2.7", device: UUID | None = None, succeeded: bool = False) -> None:
        with write() as session:
            session.add(
                SignInAttempt(login=login, address=address, device_id=device, at=utc_now(), succeeded=succeeded)
            )

    return add


def body(client: FlaskClient, query: str = "") -> str:
    answer = client.get(f"/users/sign-ins{query}")
    assert answer.status_code == 200
    return answer.text.split('id="list-body"')[1]


def test_a_failed_sign_in_is_seen_with_who_where_and_what_came_of_it(
    app: Flask, sign_in: SignIn, make_user: Callable[..., int]
) -> None:
    person = make_user("warehouse", login="wang", name="王师傅")
    for login, password in ((" WANG ", "a guess"), ("stranger", "a guess"), (OWNER_LOGIN, OWNER_PASSWORD)):
        app.test_client().post("/sign-in", data={"login": login, "password": password})
    owner = sign_in("owner")
    shown = body(owner)
    assert f'href="/users/{person}"' in shown
    assert all(each in shown for each in ("wang", "王师傅", "stranger", "Unknown", "127.0.0.1", "Failed", "Succeeded"))
    assert shown.index(OWNER_LOGIN) < shown.index("stranger") < shown.index("wang")
    failed, came_in = body(owner, "?result=failed"), body(owner, "?result=succeeded")
    assert ("stranger" in failed, "老板" in failed) == (True, False)
    assert ("stranger" in came_in, "老板" in came_in) == (False, True)


@ON_SQLITE
def test_a_try_on_a_known_device_leads_to_the_device(tried: Try, write: Write, sign_in: SignIn) -> None:
    phone = uuid4()
    with write() as session:
        session.add(Device(id=phone, name="三号手机", first_seen_at=utc_now(), last_seen_at=utc_now()))
        nameless = Device(id=uuid4(), first_seen_at=utc_now(), last_seen_at=utc_now())
        session.add(nameless)
    tried("wang", device=phone)
    tried("wang", device=nameless.id)
    shown = body(sign_in("manager"))
    assert f'href="/devices/{phone}"' in shown
    assert "三号手机" in shown
    assert str(nameless.id)[:8] in shown


@ON_SQLITE
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=WANG", {"wang", "wangfu"}),
        ("q=王师傅", {"wang"}),
        ("q=198.51", {"li"}),
        ("q=192.0.2.7+wangfu", {"wangfu"}),
        ("q=%25", set()),
        ("who=nobody", {"wangfu", "li"}),
        ("who=999999", {"wang", "wangfu", "li"}),
        ("who=nobody&result=succeeded", set()),
        ("result=nonsense&sort=nonsense", {"wang", "wangfu", "li"}),
    ],
)
def test_it_is_searched_and_narrowed(
    tried: Try, sign_in: SignIn, make_user: Callable[..., int], query: str, found: set[str]
) -> None:
    make_user("warehouse", login="wang", name="王师傅")
    tried("wang")
    tried("wangfu")
    tried("li", address="198.51.100.9")
    shown = body(sign_in("manager"), f"?{query}").replace("\n", "")
    assert {login for login in ("wang", "wangfu", "li") if f">{login}<" in shown} == found
    assert ("Nothing found" in shown) == (not found)


def test_every_column_sorts(tried: Try, sign_in: SignIn) -> None:
    tried("b", succeeded=True)
    tried("a")
    manager = sign_in("manager")
    for column in ("login", "at", "succeeded", "user_name", "address", "device_name"):
        assert "aria-sort" in body(manager, f"?sort={column}")
    assert body(manager, "?sort=login").index(">a<") < body(manager, "?sort=login").index(">b<")
    assert body(manager, "?sort=-succeeded").index(">b<") < body(manager, "?sort=-succeeded").index(">a<")


@ON_SQLITE
def test_many_are_paged_and_all_of_them_are_in_the_workbook(tried: Try, sign_in: SignIn) -> None:
    logins = [f"login{number:02}" for number in range(60)]
    for login in logins:
        tried(login)
    tried("=1+1" + "w" * 56)
    manager = sign_in("manager")
    assert "1 / 2" in body(manager)
    assert "login00" in body(manager, "?page=2")
    sheet = manager.get("/users/sign-ins?format=xlsx").data
    heading, *rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet)).get_sheet_by_index(0).to_python()
    assert heading == ["Login", "When", "Result", "User", "Address", "Device"]
    assert [row[0] for row in rows] == ["=1+1" + "w" * 56, *reversed(logins)]
    assert {(row[2], row[3]) for row in rows} == {("Failed", "Unknown")}


@ON_SQLITE
def test_nobody_tried_yet_and_how_long_tries_are_kept_is_said(sign_in: SignIn) -> None:
    assert "Each time a password is asked for" in body(sign_in("owner"))
    assert "in the last 90 days" in sign_in("owner").get("/users/sign-ins").text
    assert "最近 90 天内" in sign_in("owner", locale="zh").get("/users/sign-ins").text


@ON_SQLITE
def test_users_and_each_of_them_lead_there_and_so_does_the_audit_trail(
    tried: Try, sign_in: SignIn, make_user: Callable[..., int]
) -> None:
    li, other = make_user("seller", login="li"), make_user("seller", login="li.ming")
    tried("li")
    tried("li.ming")
    owner, manager = sign_in("owner"), sign_in("manager")
    assert 'href="/users/sign-ins"' in owner.get("/users").text
    assert f'href="/users/sign-ins?who={li}"' in owner.get(f"/users/{li}").text
    narrowed = body(owner, f"?who={li}").replace("\n", "")
    assert (">li<" in narrowed, f'href="/users/{other}"' in narrowed) == (True, False)
    assert 'href="/users/sign-ins"' in manager.get("/audit").text


@ON_SQLITE
def test_a_manager_is_led_to_no_page_that_only_owners_see(
    tried: Try, sign_in: SignIn, make_user: Callable[..., int]
) -> None:
    person = make_user("seller", login="li")
    tried("li")
    page = sign_in("manager").get("/users/sign-ins").text
    assert f"/users/{person}" not in page
    assert 'href="/users"' not in page
    assert sign_in("warehouse").get("/users/sign-ins").status_code == 403


def test_tries_and_ended_sessions_are_forgotten_after_ninety_days(app: Flask, write: Write) -> None:
    now = utc_now()
    for age in (TRIES_KEPT + timedelta(minutes=1), TRIES_KEPT - timedelta(minutes=1)):
        with write() as session:
            session.add(SignInAttempt(login="li", address="192.0.2.7", at=now - age, succeeded=False))
            session.add(EndedSession(id=uuid4(), ended_at=now - age))
    for _ in range(2):
        next(job for job in NIGHTLY if job.name == "tidy").run(now)
        for kept in (SignInAttempt, EndedSession):
            assert db.session.scalar(select(func.count()).select_from(kept)) == 1


def _plan(statement: Select[*tuple[object, ...]]) -> str:
    explain = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"
    compiled = statement.compile(dialect=db.engine.dialect, compile_kwargs={"literal_binds": True})
    rows: Sequence[Sequence[object]] = db.session.execute(text(f"{explain} {compiled}")).all()
    return "\n".join(str(tuple(row)) for row in rows)


def _first_page(listing: Listing) -> Select[*tuple[object, ...]]:
    return listing.statement.order_by(*listing.order).limit(listing.size)


def test_the_first_page_is_read_in_the_order_of_an_index_however_many_tries_there_are(app: Flask, write: Write) -> None:
    now: datetime = utc_now()
    with write() as session:
        session.add_all(
            SignInAttempt(login=f"login{number % 50}", address="192.0.2.7", at=now, succeeded=False)
            for number in range(3_000)
        )
    with write() as session:
        session.execute(text("ANALYZE"))
    with app.test_request_context():
        plan = _plan(_first_page(sign_in_listing(db.session())))
    assert not any(word in plan for word in ("TEMP B-TREE FOR ORDER BY", "Sort"))
    assert db.engine.dialect.name == "sqlite" or "Index Scan Backward using pk_sign_in_attempt" in plan
