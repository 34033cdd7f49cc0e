"""The page that closes periods."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from app.db import db
from app.identity.models import AuditEvent
from app.ledger.models import PeriodClosing
from tests.conftest import SignIn


def test_finance_closes_a_month_and_the_trail_says_so(sign_in: SignIn) -> None:
    client = sign_in("finance")
    assert client.post("/periods", data={"until": "2026-01-31"}).status_code == 303
    assert db.session.scalars(select(PeriodClosing.until)).all() == [date(2026, 1, 31)]
    assert "period.close" in db.session.scalars(select(AuditEvent.action)).all()
    assert b"2026-01-31" in client.get("/periods").data


@pytest.mark.parametrize(("until", "status"), [("", 400), ("nonsense", 400), ("2099-01-01", 409)])
def test_a_wrong_day_is_answered_with_a_sentence_and_closes_nothing(sign_in: SignIn, until: str, status: int) -> None:
    answer = sign_in("finance").post("/periods", data={"until": until})
    assert answer.status_code == status
    assert b'role="alert"' in answer.data
    assert db.session.scalars(select(PeriodClosing.until)).all() == []


def test_the_last_day_that_is_named_can_be_closed(sign_in: SignIn) -> None:
    client = sign_in("finance", locale="zh")
    refused = client.post("/periods", data={"until": "2099-01-01"}).text
    named = re.search(r"最晚可结账到 ([\d-]+)。", refused)
    assert named
    assert client.post("/periods", data={"until": named[1]}).status_code == 303
    assert f"截至 {named[1]} 已全部结账。" in client.post("/periods", data={"until": named[1]}).text


def test_a_period_is_closed_once(sign_in: SignIn) -> None:
    client = sign_in("manager")
    client.post("/periods", data={"until": "2026-01-31"})
    assert client.post("/periods", data={"until": "2026-01-31"}).status_code == 409
