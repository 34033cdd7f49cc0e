"""The number of statements does not grow with the stocktake, neither for the report nor for a batch of scans."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from sqlalchemy import event, insert

from app.catalog.models import Item, Unit
from app.db import db
from app.ledger.facts import MoveFact
from app.ledger.service import post
from app.places.models import Location
from app.places.rules import End, LocationKind
from app.stocktake.causes.rules import Place
from tests.conftest import SignIn
from tests.stocktake.shop import COLA, TEA, Shop, now

MOST = 20


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect what is sent to the database."""
    sent: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    yield sent
    event.remove(db.engine, "before_cursor_execute", hear)


def fill(shop: Shop, bins: int, per_bin: int) -> list[int]:
    """Put *per_bin* items into each of so many more bins; return the bins."""
    with shop.write() as session:
        unit = session.query(Unit).first()
        assert unit is not None
        items = [
            {"code": f"X{n}", "name": f"货{n}", "unit_id": unit.id, "own_fields": {}} for n in range(bins * per_bin)
        ]
        ids = list(session.scalars(insert(Item).returning(Item.id, sort_by_parameter_order=True), items))
        here = {"kind": LocationKind.BIN, "parent_id": shop.warehouse, "warehouse_id": shop.warehouse}
        rows = [here | {"code": f"B-{n}"} for n in range(bins)]
        places = list(session.scalars(insert(Location).returning(Location.id, sort_by_parameter_order=True), rows))
        moves = [
            MoveFact(item, Decimal(5), End.OPENING, places[n % bins], now(), value=Decimal(10))
            for n, item in enumerate(ids)
        ]
        post(session, "opening", "many", moves, by=shop.owner, effective_on=now().date(), now=now())
    return places


def test_the_report_takes_the_same_few_statements_whatever_its_size(shop: Shop, sign_in: SignIn) -> None:
    shop.stock(shop.tea, shop.bins[0], 10, 30)
    shop.stock(shop.cola, shop.bins[1], 10, 30)
    client = sign_in("manager")

    def count(stocktake: int) -> int:
        counter = shop.counter(stocktake)
        counter.count(shop.bins[0], [(TEA, 8)])
        counter.scan(shop.bins[1], "NOBODY-KNOWS-IT")
        counter.count(shop.bins[1], [(COLA, 11)])
        shop.finish(stocktake)
        shop.recount(stocktake, Place(shop.bins[1], shop.cola, 0))
        db.session.remove()
        with statements() as sent:
            assert client.get(f"/stocktakes/{stocktake}/report?show=all").status_code == 200
        return len(sent)

    small = count(shop.plan(*shop.bins[:2]))
    places = fill(shop, bins=40, per_bin=10)
    large = count(shop.plan(*shop.bins[:2], *places))
    assert large == small <= MOST


def test_a_batch_of_scans_takes_the_same_few_statements_whatever_its_length(shop: Shop) -> None:
    bin_id = shop.bins[0]
    counter = shop.counter(shop.plan(bin_id))
    counter.open(bin_id)

    def scans(number: int) -> int:
        events = [counter.phone.event(TEA, location=bin_id) for _ in range(number)]
        db.session.remove()
        with statements() as sent:
            answers = counter.phone.send(*events)
        assert answers[-1]["status"] == "accepted"
        return len([statement for statement in sent if "stocktake" in statement or "FROM scan" in statement])

    assert scans(1) == scans(50)
