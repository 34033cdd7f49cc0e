"""Posting: what each fact does to goods and money."""

from decimal import Decimal

from sqlalchemy import select

from app.db import db
from app.ledger.models import Balance
from app.ledger.queries import list_beyond_book, on_hand
from app.ledger.verify import verify
from tests.ledger.conftest import Shop


def test_a_receipt_a_sale_and_a_count_move_the_books(shop: Shop) -> None:
    shop.receive("r1", "12", "42.00", 1)
    posted = shop.issue("s1", "1", 2)
    assert posted.values == (Decimal("3.50"),)
    shop.count("c1", "10", 3)
    assert on_hand(db.session(), shop.items[:1]) == {shop.items[0]: Decimal(10)}


def test_a_late_receipt_explains_what_went_beyond_book(shop: Shop) -> None:
    shop.receive("r1", "10", "42.00", 1)
    shop.issue("s2", "13", 5)
    assert [row.open for row in list_beyond_book(db.session())] == [Decimal(3)]
    db.session.rollback()
    shop.receive("r2", "5", "50", 4)
    assert not list_beyond_book(db.session())
    assert db.session.scalar(select(Balance.quantity)) == 2


def test_verify(shop: Shop) -> None:
    shop.receive("r1", "10", "42.00", 1)
    shop.issue("s2", "13", 5)
    shop.receive("r2", "5", "50", 4)
    shop.count("c1", "3", 6)
    shop.issue("s4", "1", 3)
    shop.count("c2", "0", 2)
    assert verify(db.session()) == []
