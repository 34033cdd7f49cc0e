"""What is known of every place and item that could be counted, and what calls for it.

The number of statements does not grow with the number of places, items or counts.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.catalog.models import Item
from app.db import Money
from app.kernel.exact import ZERO
from app.ledger.costing import Cost
from app.ledger.models import Balance, CountAnchor
from app.ledger.models import Cost as CostRow
from app.ledger.queries import BeyondBook, list_beyond_book
from app.places.models import Location
from app.stocktake.accuracy.models import StocktakeResult
from app.stocktake.classes.queries import get_policy, item_classes
from app.stocktake.classes.rules import AbcClass
from app.stocktake.models import Stocktake, StocktakeBin
from app.stocktake.planning.rules import (
    LOOK_BACK,
    Evidence,
    Goods,
    Past,
    Reason,
    Standing,
    Taken,
    assess,
    best,
    score,
    standings,
)
from app.stocktake.rules import BY_BIN, BY_ITEM, COUNTABLE, OVER, NothingProposed, StocktakeState

EARLIEST = datetime.min.replace(tzinfo=UTC)
_Warehouse = aliased(Location, name="warehouse")


class Candidate(Struct, frozen=True):
    """A place or an item that could be counted; `busy`: the number of a stocktake that has it already."""

    id: int
    code: str
    name: str
    warehouses: Mapping[int, str]
    lines: int
    value: Decimal
    counted_at: datetime | None
    reasons: tuple[Reason, ...]
    busy: str = ""

    @property
    def score(self) -> int:
        """The points of its reasons together."""
        return score(self.reasons)


class Candidates(Struct, frozen=True):
    """The candidates, those that call loudest first, what the items in their reasons are called, and each class."""

    rows: Sequence[Candidate]
    items: Mapping[int, str]
    classes: Mapping[AbcClass, Standing]


class _Line(Struct, frozen=True):
    """A balance with where it lies."""

    place: int
    warehouse: int
    goods: Goods


def read_bins(session: Session, now: datetime, warehouse_id: int | None = None) -> Candidates:
    """Return every place in use where goods can be counted, with what calls for it."""
    places = _places(session, warehouse_id)
    looked_at = _looked_at(session)
    goods: dict[int, list[Goods]] = defaultdict(list)
    for line in _lines(session, now, warehouse_id, looked_at):
        goods[line.place].append(line.goods)
    past = _past(session, now, CountAnchor.location_id, warehouse_id)
    taken = _taken(list_beyond_book(session), by_item=False)
    evidence = {
        place.id: Evidence(
            goods.get(place.id, ()), past.get(place.id, Past()), taken.get(place.id, Taken()), looked_at.get(place.id)
        )
        for place in places
    }
    policy = get_policy(session)
    reasons = assess(evidence, policy, now)
    classes = standings(chain.from_iterable(goods.values()), policy, now)
    busy = _busy_bins(session)
    rows = [
        Candidate(
            id=place.id,
            code=place.code,
            name=place.name,
            warehouses={place.warehouse_id: place.warehouse},
            lines=len(evidence[place.id].goods),
            value=evidence[place.id].value,
            counted_at=evidence[place.id].counted_at,
            reasons=reasons[place.id],
            busy=busy.get(place.id, ""),
        )
        for place in places
    ]
    return Candidates(_loudest_first(rows), _item_names(session, rows), classes)


def read_items(session: Session, now: datetime, warehouse_id: int | None = None) -> Candidates:
    """Return every item that lies somewhere, with what calls for counting it wherever it lies."""
    goods: dict[int, list[Goods]] = defaultdict(list)
    warehouses: dict[int, set[int]] = defaultdict(set)
    for line in _lines(session, now, warehouse_id, _looked_at(session)):
        goods[line.goods.item].append(line.goods)
        warehouses[line.goods.item].add(line.warehouse)
    past = _past(session, now, CountAnchor.item_id, warehouse_id)
    here = {place.id for place in _places(session, warehouse_id)}
    taken = _taken([beyond for beyond in list_beyond_book(session) if beyond.key.location in here], by_item=True)
    evidence = {
        item: Evidence(lines, past.get(item, Past()), taken.get(item, Taken())) for item, lines in goods.items()
    }
    policy = get_policy(session)
    reasons = assess(evidence, policy, now)
    classes = standings(chain.from_iterable(goods.values()), policy, now)
    names = {place.id: place.code for place in _warehouses(session)}
    rows = [
        Candidate(
            id=item.id,
            code=item.code,
            name=item.name,
            warehouses={number: names[number] for number in sorted(warehouses[item.id])},
            lines=len(goods[item.id]),
            value=evidence[item.id].value,
            counted_at=evidence[item.id].counted_at,
            reasons=reasons[item.id],
        )
        for item in session.execute(select(Item.id, Item.code, Item.name).order_by(Item.code))
        if item.id in evidence
    ]
    return Candidates(_loudest_first(rows), {row.id: row.name for row in rows}, classes)


def top_bins(session: Session, warehouse_id: int, most: int, now: datetime) -> tuple[int, ...]:
    """Return the places of a warehouse that call loudest and that no stocktake has yet. Errors: NothingProposed."""
    rows = read_bins(session, now, warehouse_id).rows
    found = best({row.id: row.score for row in rows if not row.busy}, most)
    if not found:
        raise NothingProposed
    return tuple(found)


# --- where, and what lies there ---------------------------------------------------------------------------------------


def _places(session: Session, warehouse_id: int | None) -> Sequence[Any]:
    statement = (
        select(Location.id, Location.code, Location.name, Location.warehouse_id, _Warehouse.code.label("warehouse"))
        .join(_Warehouse, _Warehouse.id == Location.warehouse_id)
        .where(Location.active, Location.kind.in_(COUNTABLE))
        .order_by(_Warehouse.natural_code, Location.walk, Location.natural_code)
    )
    return session.execute(_of(statement, warehouse_id)).all()


def _warehouses(session: Session) -> Sequence[Any]:
    ids = select(Location.warehouse_id).where(Location.warehouse_id.is_not(None)).distinct()
    return session.execute(select(Location.id, Location.code).where(Location.id.in_(ids))).all()


def _of(statement: Select[*tuple[Any, ...]], warehouse_id: int | None) -> Select[*tuple[Any, ...]]:
    return statement if warehouse_id is None else statement.where(Location.warehouse_id == warehouse_id)


def _lines(session: Session, now: datetime, warehouse_id: int | None, looked_at: Mapping[int, datetime]) -> list[_Line]:
    """Return what lies where at cost; whoever closed a whole bin later than its goods' own count spoke of them too."""
    classes = item_classes(session, get_policy(session), now)
    statement = (
        select(
            *(Balance.item_id, Balance.location_id, Location.warehouse_id, Balance.quantity, Balance.last_anchor_at),
            *(CostRow.quantity, CostRow.value, CostRow.last_price),
        )
        .join(Location, Location.id == Balance.location_id)
        .outerjoin(CostRow, CostRow.item_id == Balance.item_id)
        .where(Balance.quantity > ZERO, Location.active, Location.kind.in_(COUNTABLE))
    )
    lines = []
    for item, place, warehouse, quantity, counted, *cost in session.execute(_of(statement, warehouse_id)):
        worth = Cost(*cost).worth(quantity) if cost[0] is not None else None
        known = [instant for instant in (counted, looked_at.get(place)) if instant]
        goods = Goods(item, worth or ZERO, classes.get(item, AbcClass.C), max(known, default=None))
        lines.append(_Line(place, warehouse, goods))
    return lines


# --- what happened there ----------------------------------------------------------------------------------------------


def _looked_at(session: Session) -> dict[int, datetime]:
    """Return when each place was last counted as a whole: also one that turned out empty."""
    statement = (
        select(StocktakeBin.bin_id, func.max(StocktakeBin.closed_at))
        .join(Stocktake, Stocktake.id == StocktakeBin.stocktake_id)
        .where(
            Stocktake.state == StocktakeState.POSTED,
            Stocktake.scope_kind.not_in(BY_ITEM),
            StocktakeBin.closed_at.is_not(None),
        )
        .group_by(StocktakeBin.bin_id)
    )
    return {place: instant for place, instant in session.execute(statement) if instant}


def _past(
    session: Session, now: datetime, key: InstrumentedAttribute[int], warehouse_id: int | None
) -> dict[int, Past]:
    wrong = func.sum(case((CountAnchor.counted != CountAnchor.book, 1), else_=0))
    value = func.sum(func.abs(StocktakeResult.difference_value), type_=Money)
    statement = (
        select(key, func.count(), wrong, value)
        .select_from(CountAnchor)
        .join(Location, Location.id == CountAnchor.location_id)
        .outerjoin(StocktakeResult, StocktakeResult.anchor_id == CountAnchor.id)
        .where(CountAnchor.counted_at >= now - LOOK_BACK)
        .group_by(key)
    )
    rows = session.execute(_of(statement, warehouse_id))
    return {number: Past(lines, int(off), worth or ZERO) for number, lines, off, worth in rows}


def _taken(beyond: Collection[BeyondBook], *, by_item: bool) -> dict[int, Taken]:
    found: dict[int, Taken] = {}
    for each in beyond:
        number = each.key.item if by_item else each.key.location
        known = found.get(number, Taken())
        found[number] = Taken(known.times + 1, known.quantity + each.open)
    return found


def _busy_bins(session: Session) -> dict[int, str]:
    """Return the places that a stocktake counts or is about to count, with its number."""
    counting = (
        select(StocktakeBin.bin_id, Stocktake.number)
        .join(Stocktake, Stocktake.id == StocktakeBin.stocktake_id)
        .where(Stocktake.state.not_in(OVER))
    )
    found = dict(session.execute(counting).all())
    drafts = select(Stocktake.scope_ids, Stocktake.number).where(
        Stocktake.state == StocktakeState.DRAFT, Stocktake.scope_kind.in_(BY_BIN)
    )
    for places, number in session.execute(drafts):
        found.update(dict.fromkeys(places, number))
    return found


# --- how it is shown --------------------------------------------------------------------------------------------------


def _loudest_first(rows: Sequence[Candidate]) -> list[Candidate]:
    """Return *rows* by score; of equal ones those longest not counted, then in the order of walking."""
    return sorted(rows, key=lambda row: (-row.score, row.counted_at is not None, row.counted_at or EARLIEST))


def _item_names(session: Session, rows: Sequence[Candidate]) -> dict[int, str]:
    if not any(reason.item for row in rows for reason in row.reasons):
        return {}
    return dict(session.execute(select(Item.id, Item.name)).all())
