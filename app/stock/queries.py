"""What lies where, from the balances that the ledger keeps: never summed from history."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from app.bulk import in_parts
from app.catalog.models import Category, Item, Lot, Unit
from app.db import Quantity, UtcDateTime
from app.kernel.exact import ZERO
from app.ledger.models import Balance, Cost, Move, Posting
from app.ledger.rules import ids_of
from app.places.models import Location
from app.places.rules import AVAILABLE, End, LocationKind
from app.stock.models import Threshold

Statement = Select[*tuple[Any, ...]]
_Warehouse = aliased(Location, name="warehouse")
_Source = aliased(Location, name="source")
_Target = aliased(Location, name="target")
_NOTHING = literal(ZERO, Quantity)


# --- for others: items and places ask through their registries -------------------------------------------------------


def on_hand_of_item() -> ColumnElement[Decimal]:
    """Return what lies of the row's item in all our places, as a column."""
    total = select(func.sum(Balance.quantity, type_=Quantity)).where(Balance.item_id == Item.id)
    return func.coalesce(total.correlate(Item).scalar_subquery(), _NOTHING, type_=Quantity)


def last_counted_of_item() -> ColumnElement[datetime | None]:
    """Return when any of the row's item was last counted anywhere, as a column; None where nobody ever did."""
    last = select(func.max(Balance.last_anchor_at, type_=UtcDateTime())).where(Balance.item_id == Item.id)
    return last.correlate(Item).scalar_subquery()


def is_in_stock(session: Session, item_id: int) -> bool:
    """Return whether goods of the item lie somewhere."""
    lies = exists().where(Balance.item_id == item_id, Balance.quantity > ZERO)
    return bool(session.scalar(select(lies)))


def has_history(session: Session, item_id: int) -> bool:
    """Return whether goods of the item ever lay anywhere: a balance is kept for good."""
    return bool(session.scalar(select(exists().where(Balance.item_id == item_id))))


def find_holding(session: Session, place_ids: Collection[int]) -> set[int]:
    """Return those of the places in which goods lie."""
    found: set[int] = set()
    for part in in_parts(sorted(place_ids)):
        inside = Balance.location_id.in_(part)
        found |= set(session.scalars(select(Balance.location_id).where(inside, Balance.quantity > ZERO).distinct()))
    return found


# --- on hand ------------------------------------------------------------------------------------------------------


def stock_by_item(warehouse_id: int | None = None) -> tuple[Statement, FromClause]:
    """Return the statement of on hand by item and the totals it is made of (columns on_hand, available).

    Of all places, or of one warehouse with that warehouse's own limits. Value is the item's as a whole.
    """
    total = func.sum(Balance.quantity, type_=Quantity)
    free = func.sum(case((Location.kind.in_(AVAILABLE), Balance.quantity), else_=_NOTHING), type_=Quantity)
    lying = select(Balance.item_id, total.label("on_hand"), free.label("available"))
    lying = lying.join(Location, Location.id == Balance.location_id).group_by(Balance.item_id)
    if warehouse_id is not None:
        lying = lying.where(Location.warehouse_id == warehouse_id)
    totals = lying.subquery("totals")
    limits = and_(Threshold.item_id == Item.id, Threshold.warehouse_id == (warehouse_id or 0))
    statement = (
        select(
            Item.id,
            Item.code,
            Item.name,
            Unit.name.label("unit"),
            Category.name.label("category"),
            _or_nothing(totals.c.on_hand).label("on_hand"),
            _or_nothing(totals.c.available).label("available"),
            func.coalesce(Threshold.minimum, Item.minimum, type_=Quantity).label("minimum"),
            func.coalesce(Threshold.safety, Item.safety, type_=Quantity).label("safety"),
            Cost.value.label("all_value"),
            Cost.quantity.label("all_quantity"),
        )
        .join(Unit, Unit.id == Item.unit_id)
        .outerjoin(Category, Category.id == Item.category_id)
        .outerjoin(totals, totals.c.item_id == Item.id)
        .outerjoin(Threshold, limits)
        .outerjoin(Cost, Cost.item_id == Item.id)
        .where(or_(Item.active, totals.c.on_hand > ZERO))
    )
    return statement, totals


def stock_by_place() -> Statement:
    """Return the statement of what lies where: one row for an item (lot) in a place."""
    return (
        select(
            Item.id.label("item_id"),
            Item.code,
            Item.name,
            Unit.name.label("unit"),
            Lot.id.label("lot_id"),
            Lot.code.label("lot"),
            Lot.expiry,
            Location.id.label("place_id"),
            Location.code.label("place"),
            Location.kind,
            _Warehouse.code.label("warehouse"),
            Balance.quantity.label("on_hand"),
            Balance.last_anchor_at.label("last_counted"),
            Cost.value.label("all_value"),
            Cost.quantity.label("all_quantity"),
        )
        .select_from(Balance)
        .join(Item, Item.id == Balance.item_id)
        .join(Unit, Unit.id == Item.unit_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Location, Location.id == Balance.location_id)
        .join(_Warehouse, _Warehouse.id == Location.warehouse_id)
        .outerjoin(Cost, Cost.item_id == Item.id)
        .where(Balance.quantity > ZERO)
    )


def stock_by_lot(warehouse_id: int | None = None) -> Statement:
    """Return the statement of on hand by lot, of items that are kept by lot or have lots."""
    total = func.sum(Balance.quantity, type_=Quantity)
    lying = select(Balance.item_id, Balance.lot_id, total.label("on_hand"))
    lying = lying.join(Location, Location.id == Balance.location_id).where(Balance.quantity > ZERO, Balance.lot_id > 0)
    if warehouse_id is not None:
        lying = lying.where(Location.warehouse_id == warehouse_id)
    totals = lying.group_by(Balance.item_id, Balance.lot_id).subquery("totals")
    return (
        select(
            Item.id.label("item_id"),
            Item.code,
            Item.name,
            Unit.name.label("unit"),
            Lot.id.label("lot_id"),
            Lot.code.label("lot"),
            Lot.expiry,
            totals.c.on_hand,
            Cost.value.label("all_value"),
            Cost.quantity.label("all_quantity"),
        )
        .select_from(totals)
        .join(Item, Item.id == totals.c.item_id)
        .join(Unit, Unit.id == Item.unit_id)
        .join(Lot, Lot.id == totals.c.lot_id)
        .outerjoin(Cost, Cost.item_id == Item.id)
    )


def stock_of_item(session: Session, item_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return where the item lies, in the order of walking."""
    order = (_Warehouse.natural_code, Location.walk, Location.natural_code, Lot.expiry, Lot.code)
    return session.execute(stock_by_place().where(Balance.item_id == item_id).order_by(*order)).all()


def stock_of_place(session: Session, place_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return what lies in the place, by name."""
    order = (Item.name, Item.id, Lot.expiry, Lot.code)
    return session.execute(stock_by_place().where(Balance.location_id == place_id).order_by(*order)).all()


def limits_of_item(session: Session, item_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return each warehouse in use with what lies there of the item and its own limits, None where it has none."""
    total = func.sum(Balance.quantity, type_=Quantity)
    lying = select(Location.warehouse_id, total.label("on_hand")).join(Balance, Balance.location_id == Location.id)
    totals = lying.where(Balance.item_id == item_id).group_by(Location.warehouse_id).subquery("totals")
    limits = and_(Threshold.item_id == item_id, Threshold.warehouse_id == _Warehouse.id)
    statement = (
        select(
            _Warehouse.id,
            _Warehouse.code,
            _Warehouse.name,
            _or_nothing(totals.c.on_hand).label("on_hand"),
            Threshold.minimum,
            Threshold.safety,
        )
        .outerjoin(totals, totals.c.warehouse_id == _Warehouse.id)
        .outerjoin(Threshold, limits)
        .where(_Warehouse.kind == LocationKind.WAREHOUSE, _Warehouse.active)
        .order_by(_Warehouse.natural_code)
    )
    return session.execute(statement).all()


def names_of_items(session: Session, item_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Return name and base unit of each item."""
    statement = select(Item.id, Item.name, Unit.name).join(Unit, Unit.id == Item.unit_id)
    return {
        number: (name, unit)
        for part in in_parts(sorted(item_ids))
        for number, name, unit in session.execute(statement.where(Item.id.in_(part)))
    }


def count_below_minimum(session: Session) -> int:
    """Return how many items in use have come down to their minimum, all warehouses together."""
    reached = (Item.active, Item.minimum > ZERO, on_hand_of_item() <= Item.minimum)
    return session.scalar(select(func.count(Item.id)).where(*reached)) or 0


# --- the moves behind a number ------------------------------------------------------------------------------------


def moves_behind(
    *,
    item_id: int | None = None,
    place_id: int | None = None,
    lot_id: int | None = None,
    posting_seq: int | None = None,
) -> FromClause:
    """Return the moves behind a number: of an item, of a place, of both, as a table with `change` and `balance`.

    `change` is what the move did to the number asked for. `balance` is what it was after the move, in the order of
    the books; only for one item, since bottles and boxes make no sum.
    """
    change = _change(place_id)
    running = func.sum(change, type_=Quantity).over(order_by=Move.id) if item_id is not None else _NOTHING
    statement = (
        select(
            Move.id,
            Move.posting_seq,
            Move.item_id,
            Move.quantity,
            Move.occurred_at,
            Move.reason,
            Move.value,
            Posting.kind,
            Posting.key,
            Posting.by,
            Posting.recorded_at,
            Item.name.label("item"),
            Unit.name.label("unit"),
            Lot.id.label("lot_id"),
            Lot.code.label("lot"),
            _Source.code.label("source"),
            _Source.id.label("source_id"),
            _Target.code.label("target"),
            _Target.id.label("target_id"),
            change.label("change"),
            running.label("balance"),
        )
        .join(Posting, Posting.seq == Move.posting_seq)
        .join(Item, Item.id == Move.item_id)
        .join(Unit, Unit.id == Item.unit_id)
        .join(Lot, Lot.id == Move.lot_id)
        .join(_Source, _Source.id == Move.source_id)
        .join(_Target, _Target.id == Move.target_id)
    )
    if item_id is not None:
        statement = statement.where(Move.item_id == item_id)
    if lot_id is not None:
        statement = statement.where(Move.lot_id == lot_id)
    if place_id is not None:
        statement = statement.where(_touches(place_id))
    if posting_seq is not None:
        statement = statement.where(Move.id.between(*ids_of(posting_seq)))
    return statement.subquery("moves")


def _change(place_id: int | None) -> ColumnElement[Decimal]:
    if place_id is not None:
        return case((Move.target_id == place_id, Move.quantity), else_=-Move.quantity)
    from_us, to_us = Move.source_id > max(End), Move.target_id > max(End)
    return case((and_(to_us, ~from_us), Move.quantity), (and_(from_us, ~to_us), -Move.quantity), else_=_NOTHING)


def _touches(place_id: int) -> ColumnElement[bool]:
    # By the keys that ever lay there: so the index on (item, lot, place) leads to the moves.
    keys = select(Balance.item_id).where(Balance.location_id == place_id)
    return and_(Move.item_id.in_(keys), or_(Move.source_id == place_id, Move.target_id == place_id))


def _or_nothing(column: ColumnElement[Any]) -> ColumnElement[Decimal]:
    return func.coalesce(column, _NOTHING, type_=Quantity)
