"""What a report is made of, read set-wise: the number of statements does not grow with the number of lines."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from operator import itemgetter
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, and_, case, literal_column, or_, select, union_all
from sqlalchemy.orm import Session

from app.catalog.models import Item, Unit
from app.company.queries import get_company
from app.kernel.exact import ZERO
from app.ledger.models import Balance, Cost, CountAnchor, Move
from app.ledger.rules import Reason, ids_of
from app.places.models import Location
from app.places.rules import End
from app.scanning.queries import list_parked
from app.stocktake.causes.rules import Place
from app.stocktake.counting.queries import TASK, read_counts
from app.stocktake.counting.rules import Count, CountKey, Goods, by_bin, found
from app.stocktake.models import Stocktake, StocktakeApproval, StocktakeBin, StocktakeItem, StocktakeLine
from app.stocktake.report.rules import Facts, Known, Line, Tally, build, tally, window
from app.stocktake.rules import BY_ITEM, StocktakeState

# As a literal, so that the partial indexes of moves are seen to fit.
_OWN: ColumnElement[int] = literal_column(str(max(End)))


class ItemLabel(Struct, frozen=True):
    """How an item is shown."""

    code: str
    name: str
    spec: str
    unit: str
    category: int | None = None


class Report(Struct, dict=True):
    """A stocktake's differences as of `now`; `parked` are its scans that wait for a person."""

    stocktake: Stocktake
    lines: list[Line]
    counts: Mapping[CountKey, Count]
    parked: Sequence[Any]
    one_person: bool
    items: Mapping[int, ItemLabel]
    now: datetime
    has_causes: bool = False  # whether the lines know their likely causes already

    @cached_property
    def total(self) -> Tally:
        """The sums of all lines."""
        return tally(self.lines)

    def find(self, place: Place) -> Line | None:
        """Return the line of *place*, None where the report has none."""
        return next((line for line in self.lines if line.place == place), None)


class Shelves(Struct, frozen=True):
    """What lies in the places of a stocktake now, and what came and went there since an instant.

    `stirs`: when hands moved goods; what the ledger derived, a posted difference above all, moved nothing.
    """

    quantities: Mapping[Place, Decimal]
    changes: Mapping[Place, Sequence[tuple[datetime, Decimal]]]
    stirs: Mapping[Place, Sequence[datetime]]

    def book(self, place: Place, at: datetime) -> Decimal:
        """Return what the books say lay there at an instant, by when goods moved."""
        now, changes = self.quantities.get(place, ZERO), self.changes.get(place)
        if not changes:
            return now
        later = changes[bisect_right(changes, at, key=itemgetter(0)) :]
        return now - sum((change for _, change in later), ZERO)


def read_report(session: Session, stocktake: Stocktake, now: datetime, bins: Collection[int] | None = None) -> Report:
    """Return the report of the whole stocktake, or of some of its *bins*."""
    company = get_company(session)
    counts = read_counts(session, stocktake.id, bins)
    grouped = by_bin(counts.values())
    parked = list_parked(session, TASK, stocktake.id)
    kept = _kept_lines(session, stocktake.id, bins)
    beyond = found(counts.values(), {(line.place.bin, Goods(line.place.item, line.place.lot)) for line in kept})
    scope = _read_scope(session, stocktake)
    others = {bin_id for bin_id, _ in beyond} - scope.bins
    shelves = _read_shelves(session, _Where(stocktake.id, others, bins), _since(counts.values(), now))
    known = [*kept, *_found_lines(beyond, scope)]
    if stocktake.state is not StocktakeState.POSTED:
        known += _arrived_lines(known, shelves, grouped, scope)
    items, costs = _read_items(session, stocktake.id, bins, {line.place.item for line in known if line.id is None})
    facts = Facts(
        known=known,
        counts=grouped,
        book=shelves.book,
        now=now,
        costs=costs,
        tolerance=stocktake.tolerance,
        stirs=shelves.stirs,
        parked_bins=frozenset(row.location_id for row in parked if row.location_id),
        one_person=company.one_person,
    )
    lines = build(facts)
    if stocktake.state is StocktakeState.POSTED and stocktake.posting_seq is not None:
        lines = _as_posted(session, stocktake.posting_seq, lines)
    return Report(stocktake, lines, counts, parked, company.one_person, items, now)


def _since(counts: Iterable[Count], now: datetime) -> datetime:
    span = window(counts)
    return min(span[0], now) if span else now


# --- lines ----------------------------------------------------------------------------------------------------------


def _kept_lines(session: Session, stocktake_id: int, bins: Collection[int] | None) -> list[Known]:
    line = StocktakeLine.__table__.c
    standing = and_(StocktakeApproval.line_id == line.id, StocktakeApproval.serial == line.approvals)
    statement = (
        select(
            *(line.id, line.bin_id, line.item_id, line.lot_id, line.is_found, line.asked, line.state),
            *(line.has_changed, StocktakeApproval.difference, StocktakeApproval.reason, StocktakeApproval.note),
        )
        .join(Location, Location.id == line.bin_id)
        .outerjoin(StocktakeApproval, standing)
        .where(line.stocktake_id == stocktake_id)
        .order_by(Location.walk, Location.natural_code, line.id)
    )
    if bins is not None:
        statement = statement.where(line.bin_id.in_(bins))
    rows = session.connection().execute(statement)
    return [
        Known(
            Place(bin_id, item, lot), number, is_found, True, asked, state, changed, approved, reason or "", note or ""
        )
        for number, bin_id, item, lot, is_found, asked, state, changed, approved, reason, note in rows
    ]


class _Scope(Struct, frozen=True):
    """What a stocktake takes: its bins, and its items where it takes only some (else None)."""

    bins: frozenset[int]
    items: frozenset[int] | None

    def holds(self, bin_id: int, item: int) -> bool:
        """Return whether goods of *item* in a bin are to be counted here."""
        return bin_id in self.bins and (self.items is None or item in self.items)


def _read_scope(session: Session, stocktake: Stocktake) -> _Scope:
    bins = session.scalars(select(StocktakeBin.bin_id).where(StocktakeBin.stocktake_id == stocktake.id))
    if stocktake.scope_kind not in BY_ITEM:
        return _Scope(frozenset(bins), None)
    items = session.scalars(select(StocktakeItem.item_id).where(StocktakeItem.stocktake_id == stocktake.id))
    return _Scope(frozenset(bins), frozenset(items))


def _found_lines(beyond: Mapping[tuple[int, Goods], int], scope: _Scope) -> list[Known]:
    """Return lines for what was scanned though the books expected none there."""
    return [
        Known(Place(bin_id, *goods), is_found=True, in_scope=scope.holds(bin_id, goods.item), asked=first)
        for (bin_id, goods), first in sorted(beyond.items())
    ]


def _arrived_lines(
    known: Iterable[Known], shelves: Shelves, counts: Mapping[int, Sequence[Count]], scope: _Scope
) -> list[Known]:
    """Return lines for what the books brought into a bin after the start: whoever closed the bin spoke of it too."""
    there = {line.place for line in known}
    closings = {bin_id: [count.closed_at for count in own if count.closed_at] for bin_id, own in counts.items()}
    return [
        Known(place)
        for place in sorted(shelves.quantities)
        if place not in there
        and scope.holds(place.bin, place.item)
        and any(shelves.book(place, at) for at in closings.get(place.bin, ()))
    ]


# --- books ----------------------------------------------------------------------------------------------------------


class _Where(Struct, frozen=True):
    """Which places to read: those of a stocktake (or some of them), and others that goods were found in."""

    stocktake_id: int
    others: Collection[int]
    bins: Collection[int] | None

    def holds(self, location: Any) -> ColumnElement[bool]:
        """Return the clause that keeps the rows of these places."""
        if self.bins is not None:
            return and_(location.in_(self.bins))
        own = location.in_(select(StocktakeBin.bin_id).where(StocktakeBin.stocktake_id == self.stocktake_id))
        return or_(own, location.in_(self.others)) if self.others else own


def _read_shelves(session: Session, where: _Where, since: datetime) -> Shelves:
    """Return balances, and every change since an instant. Two statements, walking only what came after it."""
    balance = Balance.__table__.c
    own = where.holds(balance.location_id)
    connection = session.connection()  # plain rows: a session's cost twice as much
    rows = connection.execute(select(balance.location_id, balance.item_id, balance.lot_id, balance.quantity).where(own))
    quantities = {Place(bin_id, item, lot): quantity for bin_id, item, lot, quantity in rows}
    changes: dict[Place, list[tuple[datetime, Decimal]]] = defaultdict(list)
    stirs: dict[Place, list[datetime]] = defaultdict(list)
    for bin_id, item, lot, at, change, reason in connection.execute(_changes(own, since)):
        changes[Place(bin_id, item, lot)].append((at, change))
        if reason is Reason.PRIMARY:
            stirs[Place(bin_id, item, lot)].append(at)
    for each in changes.values():
        each.sort()
    return Shelves(quantities, changes, stirs)


def _changes(own: ColumnElement[bool], since: datetime) -> Any:
    of_goods = and_(Move.item_id == Balance.item_id, Move.lot_id == Balance.lot_id, Move.occurred_at >= since)
    place = (Balance.location_id, Balance.item_id, Balance.lot_id, Move.occurred_at)
    came = select(*place, Move.quantity, Move.reason).join(
        Move, and_(of_goods, Move.target_id == Balance.location_id, Move.target_id > _OWN)
    )
    went = select(*place, -Move.quantity, Move.reason).join(
        Move, and_(of_goods, Move.source_id == Balance.location_id, Move.source_id > _OWN)
    )
    return union_all(came.where(own), went.where(own))


def _read_items(
    session: Session, stocktake_id: int, bins: Collection[int] | None, others: Collection[int]
) -> tuple[dict[int, ItemLabel], dict[int, Decimal]]:
    """Return how the items are shown and what a base unit costs, where somebody knows. One statement."""
    lines = select(StocktakeLine.item_id).where(StocktakeLine.stocktake_id == stocktake_id)
    if bins is not None:
        lines = lines.where(StocktakeLine.bin_id.in_(bins))
    statement = (
        select(
            *(Item.id, Item.code, Item.name, Item.spec, Unit.name, Item.category_id),
            *(Cost.quantity, Cost.value, Cost.last_price),
        )
        .join(Unit, Unit.id == Item.unit_id)
        .outerjoin(Cost, Cost.item_id == Item.id)
        .where(or_(Item.id.in_(lines), Item.id.in_(others)) if others else Item.id.in_(lines))
    )
    labels: dict[int, ItemLabel] = {}
    costs: dict[int, Decimal] = {}
    for item, code, name, spec, unit, category, quantity, value, last in session.connection().execute(statement):
        labels[item] = ItemLabel(code, name, spec, unit, category)
        if last is not None:
            costs[item] = value / quantity if quantity else last
    return labels, costs


# --- after posting ----------------------------------------------------------------------------------------------------


def _as_posted(session: Session, posting: int, lines: Sequence[Line]) -> list[Line]:
    """Return the lines as they were posted: from then on the books hold the difference, so it is read, not computed."""
    anchors = _read_anchors(session, posting)
    return [_posted_line(line, anchors[line.place]) if line.place in anchors else line for line in lines]


def _read_anchors(session: Session, posting: int) -> dict[Place, Any]:
    """Return what was counted, what the books said then, and what the difference was worth, by place."""
    anchor, move = CountAnchor.__table__.c, Move.__table__.c
    value = case((move.source_id == End.LOSS, move.value), else_=-move.value)
    statement = (
        select(anchor.location_id, anchor.item_id, anchor.lot_id, anchor.book, anchor.counted, value.label("value"))
        .outerjoin(Move.__table__, and_(move.anchor_id == anchor.id, move.reason == Reason.DIFFERENCE))
        .where(anchor.id.between(*ids_of(posting)))
    )
    return {Place(*row[:3]): row for row in session.connection().execute(statement)}


def _posted_line(line: Line, row: Any) -> Line:
    return replace(line, book=row.book, counted=row.counted, booked_value=row.value or ZERO, is_beyond=False)
