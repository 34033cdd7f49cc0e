"""What lies where, and the moves behind every number, on both databases."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.catalog.models import Item
from app.catalog.rules import ItemDraft, ThresholdNegative, TrackingFixed
from app.catalog.service import edit_item
from app.db import db
from app.identity.models import AuditEvent
from app.places.rules import End, PlaceHoldsGoods
from app.places.service import set_active
from app.stock.models import Threshold
from app.stock.queries import (
    count_below_minimum,
    find_holding,
    limits_of_item,
    moves_behind,
    on_hand_of_item,
    stock_by_item,
    stock_by_lot,
    stock_by_place,
    stock_of_item,
    stock_of_place,
)
from app.stock.service import Limits, set_thresholds
from tests.conftest import Write
from tests.stock.conftest import Shop

NOW = datetime(2026, 3, 3, tzinfo=UTC)


def by_item(warehouse_id: int | None = None) -> dict[str, tuple[Decimal, Decimal]]:
    statement, _ = stock_by_item(warehouse_id)
    return {row.name: (row.on_hand, row.available) for row in db.session.execute(statement)}


def test_on_hand_is_told_by_item_warehouse_place_and_lot(shop: Shop) -> None:
    shop.move("6", shop.tea, "5", shop.places["A-2"], shop.places["W1-QC"])
    assert by_item() == {"冰红茶": (Decimal(29), Decimal(24)), "面粉": (Decimal("10.5"), Decimal("10.5"))}
    assert by_item(shop.places["W2"]) == {"冰红茶": (Decimal(4), Decimal(4)), "面粉": (Decimal(0), Decimal(0))}
    places = {(row.place, row.lot): row.on_hand for row in db.session.execute(stock_by_place())}
    assert places == {
        ("A-1", ""): Decimal(20),
        ("W1-QC", ""): Decimal(5),
        ("B-1", ""): Decimal(4),
        ("A-1", "旧"): Decimal(3),
        ("A-1", "新"): Decimal("7.5"),
    }
    lots = {row.lot: row.on_hand for row in db.session.execute(stock_by_lot())}
    assert lots == {"旧": Decimal(3), "新": Decimal("7.5")}
    assert db.session.execute(stock_by_lot(shop.places["W2"])).all() == []
    assert [row.place for row in stock_of_item(db.session(), shop.tea)] == ["A-1", "W1-QC", "B-1"]
    assert [row.lot for row in stock_of_place(db.session(), shop.places["A-1"])] == ["", "旧", "新"]
    column = select(on_hand_of_item()).where(Item.id == shop.tea)
    assert db.session.scalar(column) == Decimal(29)


def test_every_move_shows_what_the_number_was_after_it(shop: Shop) -> None:
    a_1, a_2 = shop.places["A-1"], shop.places["A-2"]
    shop.move("6", shop.tea, "8", a_1, a_2)
    shop.move("7", shop.tea, "3", a_1, End.CUSTOMER)

    def story(**behind: int) -> list[tuple[Decimal, Decimal]]:
        table = moves_behind(**behind)
        rows = db.session.execute(select(table.c.change, table.c.balance).order_by(table.c.id))
        return [(change, balance) for change, balance in rows]

    def decimals(*pairs: tuple[int, int]) -> list[tuple[Decimal, Decimal]]:
        return [(Decimal(change), Decimal(balance)) for change, balance in pairs]

    assert story(item_id=shop.tea) == decimals((20, 20), (5, 25), (4, 29), (0, 29), (-3, 26))
    assert story(item_id=shop.tea, place_id=a_1) == decimals((20, 20), (-8, 12), (-3, 9))
    assert story(item_id=shop.tea, place_id=a_2) == decimals((5, 5), (8, 13))
    assert story(item_id=shop.flour, lot_id=shop.old) == decimals((3, 3))
    assert [change for change, _ in story(place_id=a_1)] == [20, 3, Decimal("7.5"), -8, -3]


def test_the_last_balance_of_every_key_is_what_lies_there(shop: Shop) -> None:
    shop.move("6", shop.tea, "30", shop.places["A-1"], End.CUSTOMER)  # ten more than the books had
    for row in stock_of_item(db.session(), shop.tea):
        table = moves_behind(item_id=shop.tea, place_id=row.place_id, lot_id=row.lot_id)
        assert db.session.scalar(select(table.c.balance).order_by(table.c.id.desc()).limit(1)) == row.on_hand
    table = moves_behind(item_id=shop.tea)
    assert db.session.scalar(select(table.c.balance).order_by(table.c.id.desc()).limit(1)) == Decimal(9)


def test_a_warehouse_may_want_other_limits_than_the_item(shop: Shop, write: Write) -> None:
    first, second = shop.places["W1"], shop.places["W2"]
    with write() as session:
        set_thresholds(session, shop.tea, {first: Limits(None, None), second: Limits(Decimal(6), None)}, shop.by, NOW)
    rows = {row.code: (row.on_hand, row.minimum, row.safety) for row in limits_of_item(db.session(), shop.tea)}
    assert rows == {"W1": (Decimal(25), None, None), "W2": (Decimal(4), Decimal(6), Decimal(0))}
    wanted = {row.name: row.minimum for row in db.session.execute(stock_by_item(second)[0])}
    assert wanted == {"冰红茶": Decimal(6), "面粉": Decimal(0)}
    db.session.remove()
    with write() as session:
        set_thresholds(session, shop.tea, {}, shop.by, NOW)
    assert db.session.scalars(select(Threshold)).all() == []
    told = db.session.scalars(select(AuditEvent.details).where(AuditEvent.action == "stock.threshold")).all()
    assert told == [{"W2": {"old": None, "new": ["6", "0"]}}, {"W2": {"old": ["6", "0"], "new": None}}]
    db.session.remove()
    with pytest.raises(ThresholdNegative), write() as session:
        set_thresholds(session, shop.tea, {second: Limits(Decimal(-1), None)}, shop.by, NOW)
    with pytest.raises(IntegrityError), write() as session:
        session.add(Threshold(item_id=shop.tea, warehouse_id=second, minimum=Decimal(-1), safety=Decimal(0)))


def test_the_minimum_is_reached_at_the_minimum(shop: Shop) -> None:
    shop.move("6", shop.tea, "18", shop.places["A-1"], End.CUSTOMER)
    assert count_below_minimum(db.session()) == 0  # 11 left
    db.session.remove()
    shop.move("7", shop.tea, "1", shop.places["A-1"], End.CUSTOMER)
    assert count_below_minimum(db.session()) == 1  # 10 left
    db.session.remove()
    shop.move("8", shop.tea, "50", End.OPENING, shop.places["A-1"], value="100")
    assert count_below_minimum(db.session()) == 0


def test_items_and_places_know_of_goods_through_their_registries(shop: Shop, write: Write) -> None:
    places = shop.places
    assert find_holding(db.session(), places.values()) == {places["A-1"], places["A-2"], places["B-1"]}
    db.session.remove()
    with pytest.raises(PlaceHoldsGoods, match="B-1"), write() as session:
        set_active(session, places["W2"], False, shop.by, NOW)
    shop.move("6", shop.tea, "4", places["B-1"], End.CUSTOMER)
    with write() as session:
        set_active(session, places["W2"], False, shop.by, NOW)
    lots = ItemDraft("冰红茶", "瓶", tracks_lots=True)
    with pytest.raises(TrackingFixed), write() as session:
        edit_item(session, shop.tea, lots, shop.by, NOW)
    shop.move("7", shop.tea, "20", places["A-1"], End.CUSTOMER)
    shop.move("8", shop.tea, "5", places["A-2"], End.CUSTOMER)
    with write() as session:
        assert edit_item(session, shop.tea, lots, shop.by, NOW).tracks_lots
