"""Closed periods: they take nothing, a late fact gets the first open day."""

from datetime import date

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from app.company.models import Company
from app.company.rules import NotSetUp
from app.db import db
from app.ledger.models import Posting
from app.ledger.periods import close_period
from app.ledger.rules import NotClosable
from app.ledger.verify import verify
from app.places.rules import End
from tests.ledger.conftest import NOW, Shop, at

MARCH = date(2026, 3, 31)


def close(shop: Shop, until: date) -> None:
    with shop.write() as session:
        close_period(session, until, by=shop.user, now=NOW)


def test_a_late_fact_gets_the_first_open_day(shop: Shop) -> None:
    shop.receive("r0", "1", "1.00", 1)
    close(shop, MARCH)
    shop.post(
        "late",
        entries=[],
        counts=[],
        moves=[shop.move("1", 2, source=shop.bin_a, target=End.CUSTOMER)],
        on=date(2026, 3, 5),
    )
    session = db.session()
    assert session.scalar(select(Posting.effective_on).where(Posting.key == "late")) == date(2026, 4, 1)
    assert verify(session) == []


def test_a_day_in_an_open_period_stays(shop: Shop) -> None:
    close(shop, MARCH)
    moves = [shop.move("1", 2, source=shop.bin_a, target=End.CUSTOMER)]
    assert shop.post("k", moves, on=date(2026, 4, 9)).effective_on == date(2026, 4, 9)


def test_periods_close_in_order_and_only_once_they_are_over(shop: Shop) -> None:
    close(shop, date(2026, 3, 10))
    close(shop, date(2026, 3, 20))
    for wrong in (date(2026, 3, 15), date(2026, 3, 20), date(2026, 4, 1)):  # closed, closed, today in Shanghai
        with pytest.raises(NotClosable):
            close(shop, wrong)
    assert verify(db.session()) == []


def test_the_day_is_over_by_the_company_s_own_clock(shop: Shop) -> None:
    with shop.write() as session:
        session.get_one(Company, 1).time_zone = "America/Los_Angeles"
    with pytest.raises(NotClosable):
        close(shop, MARCH)  # 1 April, 1:00 UTC: it is still March there
    with shop.write() as session:
        session.delete(session.get_one(Company, 1))
    with pytest.raises(NotSetUp):
        close(shop, MARCH)


def test_the_database_itself_refuses_a_posting_of_a_closed_day(shop: Shop) -> None:
    close(shop, MARCH)
    sneak = {"seq": 1, "kind": "x", "key": "x", "digest": "0" * 64, "by": shop.user, "recorded_at": at(1)}
    sneak["seal"] = "0" * 64
    with pytest.raises(IntegrityError, match="closed period"), shop.write() as session:
        session.execute(insert(Posting), [sneak | {"effective_on": date(2026, 3, 5)}])
