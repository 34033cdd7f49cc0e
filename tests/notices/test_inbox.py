"""The inbox: told once, read by each in their own language."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import db
from app.identity.rules import Permission
from app.kernel.i18n import N_
from app.notices.kinds import KINDS, Kind, message, register
from app.notices.models import Notice
from app.notices.queries import count_unread
from app.notices.service import notify, settle
from tests.conftest import SignIn, Write

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def kind() -> Iterator[str]:
    """A kind of notice for the tests alone; its words are translated already."""
    words = N_("%(name)s can sign in now, and is then asked for a password of their own.")
    register(Kind("test", N_("Stocktake"), words, words=frozenset({"word"})))
    yield "test"
    del KINDS["test"]


def test_everybody_who_may_is_told_once(write: Write, make_user: Callable[..., int]) -> None:
    make_user("manager")
    make_user("viewer")
    with write() as session:
        assert (
            notify(session, Permission.APPROVE, "test", "k1", NOW, {"name": "盘点"}) == 2
        )  # the owner and the manager
    make_user("manager")
    with write() as session:
        assert notify(session, Permission.APPROVE, "test", "k1", NOW, {"name": "盘点"}) == 1  # who came since
        assert notify(session, Permission.APPROVE, "test", "k1", NOW, {"name": "盘点"}) == 0
    assert db.session.scalar(select(func.count(Notice.id))) == 3


def test_a_user_reads_a_notice_and_goes_where_it_leads(
    write: Write, sign_in: SignIn, make_user: Callable[..., int]
) -> None:
    user = make_user("warehouse")
    with write() as session:
        notify(session, user, "test", "k1", NOW, {"name": "<李>"}, link="/menu")
        notify(session, user, "test", "k2", NOW, {"name": "王"})
    client = sign_in(user_id=user)
    page = client.get("/inbox").text
    assert ("&lt;李&gt; can sign in now, and" in page, "(2)" in page) == (True, True)
    first = db.session.scalar(select(Notice.id).where(Notice.key == "k1"))
    db.session.rollback()
    assert client.post(f"/inbox/{first}").location == "/menu"
    assert count_unread(db.session(), user) == 1
    client.post("/inbox/read")
    db.session.rollback()
    assert count_unread(db.session(), user) == 0
    assert "李&gt; 现在可以登录了" in sign_in(user_id=user, locale="zh").get("/inbox").text


def test_nobody_opens_anothers_notice(write: Write, sign_in: SignIn, make_user: Callable[..., int]) -> None:
    user = make_user("warehouse")
    with write() as session:
        notify(session, user, "test", "k1", NOW, {"name": "x"})
    notice = db.session.scalar(select(Notice.id))
    assert sign_in("owner").post(f"/inbox/{notice}").status_code == 404


def test_what_is_done_is_settled_for_everybody(write: Write, make_user: Callable[..., int]) -> None:
    users = [make_user("warehouse"), make_user("warehouse")]
    with write() as session:
        for user in users:
            notify(session, user, "test", "k1", NOW, {"name": "x"}, subject="stocktake:12")
        notify(session, users[0], "test", "k2", NOW, {"name": "x"}, subject="stocktake:13")
        settle(session, "stocktake:12", NOW)
    assert [count_unread(db.session(), user) for user in users] == [1, 0]


def test_a_kind_that_nobody_registered_is_a_mistake_that_shows(write: Write) -> None:
    with pytest.raises(LookupError), write() as session:
        notify(session, Permission.APPROVE, "unheard-of", "k", NOW)


def test_facts_that_are_words_are_translated_too(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        assert message("job.failed", {"job": "Users", "error": "x"}) == "用户：x"
        assert message("gone", {}) == ""
