"""Past counts added up by month, stocktake, place, category, item or counter, and the lines behind every number."""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, FromClause, Row, Select, case, func, select
from sqlalchemy.orm import Session, aliased, join

from app.catalog.models import Category, Item, Lot
from app.catalog.queries import below, list_categories
from app.db import Money, Quantity
from app.identity.models import User
from app.kernel.exact import ZERO
from app.ledger.models import CountAnchor, Move
from app.ledger.rules import Reason
from app.places.models import Location
from app.places.rules import End, LocationKind
from app.stocktake.accuracy.models import StocktakeResult
from app.stocktake.accuracy.rules import By
from app.stocktake.models import Stocktake, StocktakeBin
from app.stocktake.rules import StocktakeState

Statement = Select[*tuple[Any, ...]]
_Warehouse = aliased(Location, name="warehouse")
_Zone = aliased(Location, name="zone")
SHOWN: Final = 5  # counts on the page of an item or of a place
_DIFFERENCE = CountAnchor.counted - CountAnchor.book
_LOSS = func.sum(case((StocktakeResult.difference_value < ZERO, -StocktakeResult.difference_value)), type_=Money)
_SURPLUS = func.sum(case((StocktakeResult.difference_value > ZERO, StocktakeResult.difference_value)), type_=Money)
# What stands for each group: its key, its words, what they are sorted by.
_GROUPS: dict[By, tuple[Any, Any, Any]] = {
    By.MONTH: (StocktakeResult.month, StocktakeResult.month, StocktakeResult.month),
    By.STOCKTAKE: (Stocktake.id, Stocktake.number, Stocktake.number),
    By.WAREHOUSE: (_Warehouse.id, _Warehouse.code, _Warehouse.natural_code),
    By.ZONE: (_Zone.id, _Zone.code, _Zone.natural_code),
    By.BIN: (Location.id, Location.code, Location.natural_code),
    By.CATEGORY: (Category.id, Category.name, Category.name),
    By.ITEM: (Item.id, Item.name, Item.name),
    By.COUNTER: (User.id, User.name, User.name),
}


class Only(Struct, frozen=True):
    """Which past counts are meant; what is None narrows nothing."""

    stocktake: int | None = None
    warehouse: int | None = None
    zone: int | None = None
    bin: int | None = None
    category: int | None = None  # with its parts
    category_only: int | None = None  # without its parts; 0: in no category
    item: int | None = None
    counter: int | None = None
    month: str | None = None
    since: str | None = None  # a month
    wrong: bool = False


def grouped(session: Session, by: By, only: Only) -> Statement:
    """Return the statement of past counts added up: one row a group (id, label, order, and the totals)."""
    key, label, order = _GROUPS[by]
    late = _late().subquery("late")
    statement = (
        select(
            key.label("id"),
            label.label("label"),
            order.label("place"),
            func.count().label("lines"),
            func.count(Stocktake.id.distinct()).label("stocktakes"),
            func.sum(case((CountAnchor.counted == CountAnchor.book, 1), else_=0)).label("matching"),
            func.sum(CountAnchor.book, type_=Quantity).label("book"),
            func.sum(func.abs(_DIFFERENCE), type_=Quantity).label("off"),
            func.sum(StocktakeResult.book_value, type_=Money).label("book_value"),
            func.sum(func.abs(StocktakeResult.difference_value), type_=Money).label("off_value"),
            func.coalesce(_LOSS, 0, type_=Money).label("loss"),
            func.coalesce(_SURPLUS, 0, type_=Money).label("surplus"),
            func.coalesce(func.sum(late.c.value, type_=Money), 0, type_=Money).label("explained"),
        )
        .select_from(_counted(late))
        .join(_Warehouse, _Warehouse.id == Location.warehouse_id)
        .join(_Zone, _Zone.id == Location.parent_id)
        .outerjoin(Category, Category.id == Item.category_id)
        .group_by(key, label, order)
    )
    if by is By.ZONE:
        statement = statement.where(_Zone.kind == LocationKind.ZONE)
    return statement.where(*_clauses(session, only))


def lines_behind(session: Session, only: Only) -> tuple[Statement, FromClause]:
    """Return the statement of the counted lines behind a number, and what late facts explained of them since."""
    late = _late().subquery("late")
    statement = (
        select(
            CountAnchor.item_id,
            CountAnchor.lot_id,
            CountAnchor.location_id,
            CountAnchor.counted_at,
            CountAnchor.book,
            CountAnchor.counted,
            _DIFFERENCE.label("difference"),
            StocktakeResult.difference_value.label("value"),
            StocktakeResult.stocktake_id,
            Stocktake.number,
            Item.name.label("item"),
            Lot.code.label("lot"),
            Location.code.label("bin"),
            User.name.label("counter"),
            late.c.quantity.label("explained"),
        )
        .select_from(_counted(late))
        .join(Lot, Lot.id == CountAnchor.lot_id)
    )
    return statement.where(*_clauses(session, only)), late


def last_counts_of_item(session: Session, item_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the item's last counted lines, the latest first."""
    statement, _ = lines_behind(session, Only(item=item_id))
    return session.execute(statement.order_by(CountAnchor.counted_at.desc(), CountAnchor.id).limit(SHOWN)).all()


def last_counts_of_place(session: Session, place_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the last counts of a place, the latest first: also one that found it empty."""
    lines = grouped(session, By.STOCKTAKE, Only(bin=place_id)).subquery("lines")
    closed = (
        select(
            StocktakeBin.stocktake_id,
            func.max(StocktakeBin.closed_at).label("closed_at"),
            func.max(StocktakeBin.round).label("rounds"),
        )
        .where(StocktakeBin.bin_id == place_id, StocktakeBin.closed_at.is_not(None))
        .group_by(StocktakeBin.stocktake_id)
        .subquery("closed")
    )
    statement = (
        select(
            Stocktake.id,
            Stocktake.number,
            closed.c.closed_at,
            closed.c.rounds,
            func.coalesce(lines.c.lines, 0).label("lines"),
            func.coalesce(lines.c.matching, 0).label("matching"),
            lines.c.loss,
            lines.c.surplus,
        )
        .join(closed, closed.c.stocktake_id == Stocktake.id)
        .outerjoin(lines, lines.c.id == Stocktake.id)
        .where(Stocktake.state == StocktakeState.POSTED)
        .order_by(closed.c.closed_at.desc())
        .limit(SHOWN)
    )
    return session.execute(statement).all()


def counters_of(session: Session, place_id: int, stocktakes: Sequence[int]) -> dict[int, list[str]]:
    """Return who counted a place in each of these stocktakes."""
    statement = (
        select(StocktakeBin.stocktake_id, User.name)
        .join(User, User.id == StocktakeBin.counter_id)
        .where(StocktakeBin.bin_id == place_id, StocktakeBin.stocktake_id.in_(stocktakes))
        .order_by(StocktakeBin.round, StocktakeBin.id)
    )
    found: dict[int, list[str]] = {}
    for stocktake, name in session.execute(statement):
        names = found.setdefault(stocktake, [])
        if name not in names:
            names.append(name)
    return found


def _counted(late: FromClause) -> FromClause:
    """Return the counted lines with what they are about, who counted them, and what was explained since."""
    return (
        join(StocktakeResult, CountAnchor, CountAnchor.id == StocktakeResult.anchor_id)
        .join(Stocktake, Stocktake.id == StocktakeResult.stocktake_id)
        .join(Location, Location.id == CountAnchor.location_id)
        .join(Item, Item.id == CountAnchor.item_id)
        .join(User, User.id == StocktakeResult.counter_id)
        .outerjoin(late, late.c.anchor_id == StocktakeResult.anchor_id)
    )


def _late() -> Statement:
    """Return what facts that came after a count's posting gave back of its difference: signed as differences are."""
    back, amount = Move.source_id == End.LOSS, Move.value + Move.variance
    return (
        select(
            Move.anchor_id,
            func.sum(case((back, Move.quantity), else_=-Move.quantity), type_=Quantity).label("quantity"),
            func.sum(case((back, amount), else_=-amount), type_=Money).label("value"),
        )
        .where(Move.anchor_id.is_not(None), Move.reason == Reason.GIVE_BACK)
        .group_by(Move.anchor_id)
    )


def _clauses(session: Session, only: Only) -> list[ColumnElement[bool]]:
    wanted: list[tuple[Any, Any]] = [
        (StocktakeResult.stocktake_id, only.stocktake),
        (StocktakeResult.counter_id, only.counter),
        (StocktakeResult.month, only.month),
        (Location.warehouse_id, only.warehouse),
        (Location.parent_id, only.zone),
        (CountAnchor.location_id, only.bin),
        (CountAnchor.item_id, only.item),
    ]
    clauses: list[ColumnElement[bool]] = [column == value for column, value in wanted if value is not None]
    if only.category is not None:
        clauses.append(Item.category_id.in_(below(list_categories(session), only.category)))
    if only.category_only is not None:
        clauses.append(func.coalesce(Item.category_id, 0) == only.category_only)
    if only.since is not None:
        clauses.append(StocktakeResult.month >= only.since)
    if only.wrong:
        clauses.append(CountAnchor.counted != CountAnchor.book)
    return clauses
