"""What a posting holds while it works: balances and costs, locked in sorted order.

The order of locks is balances by key, costs by item, the counter last: two postings never wait for each other. SQLite
gives the whole database to one writer, so there a plain read is enough. On PostgreSQL one upsert makes missing rows
and locks all of them in the order given, new or not; a SELECT … FOR UPDATE could not hold the place of a missing row.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, and_, bindparam, or_, select, tuple_
from sqlalchemy.exc import IntegrityError

from app.db import inserting
from app.kernel.exact import ZERO
from app.ledger.costing import Cost
from app.ledger.models import Balance
from app.ledger.models import Cost as CostRow
from app.ledger.rules import Key, UnknownItem, WrongPlace
from app.ledger.shelf import Shelf

FEW = 4
CHUNK = 5_000  # keys a statement; both databases bind at least 32,766 values
_balance: Table = Balance.__table__  # type: ignore[assignment]  # declared as FromClause, is a Table
_cost: Table = CostRow.__table__  # type: ignore[assignment]  # same
_KEY = (_balance.c.item_id, _balance.c.lot_id, _balance.c.location_id)


@cache
def _locker(table: Table, dialect: str) -> Any:
    insertion = inserting(dialect, table)
    held = insertion.on_conflict_do_update(index_elements=list(table.primary_key), set_={"quantity": table.c.quantity})
    return held.returning(*table.c)


@cache
def _keeper(table: Table, dialect: str) -> Any:
    insertion = inserting(dialect, table)
    changed = {column.name: insertion.excluded[column.name] for column in table.c if not column.primary_key}
    return insertion.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)


def hold_balances(connection: Connection, keys: Sequence[Key]) -> dict[Key, Shelf]:
    """Lock the balances of *keys* (sorted), missing ones made, and return them.

    Errors: WrongPlace, before anything else is written.
    """
    shelves = {key: Shelf(key) for key in keys}
    if not keys:
        return shelves
    if connection.dialect.name == "postgresql":
        rows = [{"item_id": key.item, "lot_id": key.lot, "location_id": key.location, "quantity": ZERO} for key in keys]
        with _places_guarded():
            found: Iterable[Any] = connection.execute(_locker(_balance, connection.dialect.name), rows)
    else:
        found = _read(connection, _KEY, keys)
    known = set()
    for row in found:
        key = Key(row.item_id, row.lot_id, row.location_id)
        known.add(key)
        shelves[key] = Shelf(key, row.quantity, row.last_moved_at, row.last_anchor_at, row.last_beyond_at)
    if len(known) < len(keys):
        keep_balances(connection, [shelf for key, shelf in shelves.items() if key not in known])
    return shelves


def hold_costs(connection: Connection, items: Sequence[int]) -> dict[int, Cost]:
    """Lock the costs of *items* (sorted), missing ones made, and return them.

    Errors: UnknownItem, before anything else is written.
    """
    costs = {item: Cost() for item in items}
    if not items:
        return costs
    if connection.dialect.name == "postgresql":
        rows = [{"item_id": item, "quantity": ZERO, "value": ZERO, "last_price": None} for item in items]
        with _items_guarded(items):
            found: Iterable[Any] = connection.execute(_locker(_cost, connection.dialect.name), rows)
    else:
        found = _read(connection, (_cost.c.item_id,), [(item,) for item in items])
    known = set()
    for row in found:
        known.add(row.item_id)
        costs[row.item_id] = Cost(row.quantity, row.value, row.last_price)
    if len(known) < len(items):
        with _items_guarded(items):
            keep_costs(connection, {item: cost for item, cost in costs.items() if item not in known})
    return costs


def keep_balances(connection: Connection, shelves: Iterable[Shelf]) -> None:
    """Write the balances as they are now."""
    rows = [
        {
            "item_id": shelf.key.item,
            "lot_id": shelf.key.lot,
            "location_id": shelf.key.location,
            "quantity": shelf.quantity,
            "last_moved_at": shelf.last_moved_at,
            "last_anchor_at": shelf.last_anchor_at,
            "last_beyond_at": shelf.last_beyond_at,
        }
        for shelf in shelves
    ]
    if rows:
        with _places_guarded():
            connection.execute(_keeper(_balance, connection.dialect.name), rows)


def keep_costs(connection: Connection, costs: dict[int, Cost]) -> None:
    """Write the costs as they are now."""
    rows = [
        {"item_id": item, "quantity": cost.quantity, "value": cost.value, "last_price": cost.last_price}
        for item, cost in costs.items()
    ]
    if rows:
        connection.execute(_keeper(_cost, connection.dialect.name), rows)


@contextmanager
def _places_guarded() -> Iterator[None]:
    """Raise WrongPlace where the database refuses a balance: its triggers know places and lots, and cost nothing."""
    try:
        yield
    except IntegrityError as refused:
        raise WrongPlace from refused


@contextmanager
def _items_guarded(items: Iterable[int]) -> Iterator[None]:
    """Say in our words that the database refused a cost: it is kept of items that there are."""
    try:
        yield
    except IntegrityError as refused:
        raise UnknownItem(items=", ".join(map(str, items))) from refused


def _read(connection: Connection, columns: tuple[Column[Any], ...], keys: Sequence[tuple[int, ...]]) -> Iterable[Any]:
    """Yield the rows of *keys*; a few keys go by a statement made once, for lists are expanded anew each time."""
    if len(keys) <= FEW:
        values = {
            f"{n}_{column.name}": part for n, key in enumerate(keys) for column, part in zip(columns, key, strict=True)
        }
        yield from connection.execute(_read_few(columns, len(keys)), values)
        return
    for start in range(0, len(keys), CHUNK):
        yield from connection.execute(_read_many(columns), {"keys": keys[start : start + CHUNK]})


@cache
def _read_few(columns: tuple[Column[Any], ...], count: int) -> Select[*tuple[Any, ...]]:
    same = [and_(*(column == bindparam(f"{n}_{column.name}") for column in columns)) for n in range(count)]
    return select(columns[0].table).where(or_(*same))


@cache
def _read_many(columns: tuple[Column[Any], ...]) -> Select[*tuple[Any, ...]]:
    return select(columns[0].table).where(tuple_(*columns).in_(bindparam("keys", expanding=True)))
