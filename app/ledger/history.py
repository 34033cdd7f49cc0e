"""What happened to a key since an instant: read only for facts that come late, or for books as of an instant.

Each question is one statement for any number of keys, each with its own instant; it walks only what came after, so
its cost does not grow with the past.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    column,
    func,
    literal_column,
    select,
    union_all,
    values,
)

from app.db import UtcDateTime
from app.kernel.exact import ZERO
from app.ledger.holding import CHUNK
from app.ledger.models import Balance, CountAnchor, Move
from app.ledger.rules import Key, Reason
from app.ledger.shelf import Anchor, Beyond, Shelf
from app.places.rules import End

_OWN: ColumnElement[int] = literal_column(str(max(End)))  # as a literal, so that the partial indexes are seen to fit


def load_history(connection: Connection, since: Mapping[Key, datetime], shelves: Mapping[Key, Shelf]) -> None:
    """Give the shelves of late facts the counts, open beyond-book moves and changes from their instant on."""
    for asked in _chunks(since):
        for row in connection.execute(_legs(asked)):
            shelves[_key(row)].changes.append((row.occurred_at, row.change))
        for row in connection.execute(_anchors_from(asked)):
            key = _key(row)
            anchor = Anchor(
                key, row.counted_at, row.unit_cost, row.id, lost=row.lost or ZERO, booked=row.booked or ZERO
            )
            shelves[key].anchors.append(anchor)
        for row in connection.execute(_open_beyond_book_from(asked)):
            beyond = Beyond(
                row.occurred_at,
                row.quantity - (row.returned or ZERO),
                row.quantity,
                row.value,
                row.returned or ZERO,
                row.given_back or ZERO,
                row.id,
            )
            if beyond.open:
                shelves[_key(row)].beyond.append(beyond)
    for key in since:
        shelves[key].sort()


def books_as_of(connection: Connection, instants: Mapping[Key, datetime]) -> dict[Key, Decimal]:
    """Return what the books say lay there at each key's instant, by when goods moved."""
    books: dict[Key, Decimal] = dict.fromkeys(instants, ZERO)
    for asked in _chunks(instants):
        for row in connection.execute(_balances_and_later(asked)):
            books[_key(row)] = row.quantity - (row.later or ZERO)
    return books


def _key(row: Any) -> Key:
    return Key(row.item, row.lot, row.location)


def _chunks(instants: Mapping[Key, datetime]) -> Iterator[CTE]:
    """Yield the asked keys as a table of the statement, a bounded number at a time."""
    pairs = iter(sorted(instants.items()))
    while chunk := list(islice(pairs, CHUNK)):
        asked = values(
            column("item", BigInteger),
            column("lot", BigInteger),
            column("location", BigInteger),
            column("since", UtcDateTime),
            name="asked",
        ).data([(*key, instant) for key, instant in chunk])
        yield asked.cte("asked")


def _legs(asked: CTE) -> Select[Any]:
    """Select what came and went at the asked keys after their instants, one row a leg."""
    here = and_(Move.item_id == asked.c.item, Move.lot_id == asked.c.lot, Move.occurred_at > asked.c.since)
    names = (asked.c.item, asked.c.lot, asked.c.location, Move.occurred_at)
    came = select(*names, Move.quantity.label("change")).join(
        asked, and_(here, Move.target_id == asked.c.location, Move.target_id > _OWN)
    )
    went = select(*names, (-Move.quantity).label("change")).join(
        asked, and_(here, Move.source_id == asked.c.location, Move.source_id > _OWN)
    )
    legs = union_all(came, went).subquery("legs")
    return select(legs)


def _balances_and_later(asked: CTE) -> Select[Any]:
    legs = _legs(asked).subquery("later_legs")
    later = (
        select(
            legs.c.item, legs.c.lot, legs.c.location, func.sum(legs.c.change, type_=Move.quantity.type).label("later")
        )
        .group_by(legs.c.item, legs.c.lot, legs.c.location)
        .subquery("later")
    )
    return (
        select(asked.c.item, asked.c.lot, asked.c.location, Balance.quantity, later.c.later)
        .join(
            Balance,
            and_(
                Balance.item_id == asked.c.item,
                Balance.lot_id == asked.c.lot,
                Balance.location_id == asked.c.location,
            ),
        )
        .outerjoin(
            later,
            and_(later.c.item == asked.c.item, later.c.lot == asked.c.lot, later.c.location == asked.c.location),
        )
    )


def _anchors_from(asked: CTE) -> Select[Any]:
    at = Move.__table__.alias("at")
    money = at.c.value + at.c.variance
    lost = func.sum(case((at.c.source_id == End.LOSS, -at.c.quantity), else_=at.c.quantity), type_=at.c.quantity.type)
    booked = func.sum(case((at.c.source_id == End.LOSS, -money), else_=money), type_=at.c.value.type)
    of_it = at.c.anchor_id == CountAnchor.id
    return select(
        *(asked.c.item, asked.c.lot, asked.c.location, CountAnchor.id, CountAnchor.counted_at, CountAnchor.unit_cost),
        select(lost).where(of_it).scalar_subquery().label("lost"),
        select(booked).where(of_it).scalar_subquery().label("booked"),
    ).join(
        asked,
        and_(
            CountAnchor.item_id == asked.c.item,
            CountAnchor.lot_id == asked.c.lot,
            CountAnchor.location_id == asked.c.location,
            CountAnchor.counted_at >= asked.c.since,
        ),
    )


def _open_beyond_book_from(asked: CTE) -> Select[Any]:
    back = Move.__table__.alias("back")
    of_it = back.c.gives_back_id == Move.id
    returned = select(func.sum(back.c.quantity, type_=Move.quantity.type)).where(of_it).scalar_subquery()
    money = select(func.sum(back.c.value + back.c.variance, type_=Move.variance.type)).where(of_it).scalar_subquery()
    return select(
        asked.c.item,
        asked.c.lot,
        asked.c.location,
        Move.id,
        Move.occurred_at,
        Move.quantity,
        Move.value,
        returned.label("returned"),
        money.label("given_back"),
    ).join(
        asked,
        and_(
            Move.item_id == asked.c.item,
            Move.lot_id == asked.c.lot,
            Move.target_id == asked.c.location,
            Move.reason == literal_column(f"'{Reason.BEYOND_BOOK.value}'"),
            Move.occurred_at >= asked.c.since,
        ),
    )
