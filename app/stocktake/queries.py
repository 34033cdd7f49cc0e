"""What pages and phones ask about stocktakes: the list, one of them, its bins and how far they are."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from sqlalchemy import Row, Select, case, func, select, union
from sqlalchemy.orm import Session, aliased

from app.bulk import in_parts
from app.catalog.models import Item, Lot
from app.catalog.queries import find_items_by_codes, find_packs_by_codes, list_categories
from app.identity.models import User
from app.kernel.exact import ZERO
from app.kernel.gtin import barcode_key
from app.kernel.owncode import OwnKind, make_own_code
from app.ledger.models import Balance
from app.places.models import Location
from app.places.queries import PlaceFacts, find_places_by_codes
from app.places.rules import LEAVES, LocationKind, expand_range
from app.stocktake.assignment.queries import Assigned, list_assigned, list_rounds_begun
from app.stocktake.classes.rules import AbcClass
from app.stocktake.models import Stocktake, StocktakeBin, StocktakeLine
from app.stocktake.rules import (
    BinState,
    BinsUnknown,
    ItemsUnknown,
    NoSuchStocktake,
    Scope,
    ScopeKind,
    StocktakeState,
    state_of_round,
)

_Warehouse = aliased(Location)
# What a recount asks for, by bin and round.
Recounts = Mapping[tuple[int, int], list[dict[str, Any]]]


class BinView(Struct, frozen=True):
    """A bin of a stocktake as it stands: the state of its latest round, and who counts or counted it."""

    id: int
    code: str
    name: str
    state: BinState
    round: int
    counters: tuple[str, ...]
    opened_at: datetime | None
    closed_at: datetime | None
    lease_until: datetime | None

    @property
    def counter(self) -> str | None:
        """The names of the counters in one word, None where nobody counted yet."""
        return ", ".join(self.counters) or None


class Progress(Struct, frozen=True):
    """How far counting is."""

    bins: int
    closed: int
    open: int

    @property
    def percent(self) -> int:
        """Closed bins of all, in whole percent."""
        return 100 * self.closed // self.bins if self.bins else 0


class StocktakeView(Struct, frozen=True):
    """A stocktake with the names its page shows."""

    row: Stocktake
    warehouse: str
    created_by: str
    posted_by: str | None
    scope: tuple[str, ...] = ()
    bins: Sequence[BinView] = field(default_factory=tuple)

    @property
    def progress(self) -> Progress:
        """How far counting is."""
        return progress_of(self.bins)


def find_stocktake(session: Session, stocktake_id: int) -> Stocktake | None:
    """Return the stocktake, None where there is none."""
    return session.get(Stocktake, stocktake_id)


def get_stocktake(session: Session, stocktake_id: int) -> Stocktake:
    """Return the stocktake. Errors: NoSuchStocktake."""
    found = find_stocktake(session, stocktake_id)
    if found is None:
        raise NoSuchStocktake
    return found


def stocktake_rows() -> Select[*tuple[Any, ...]]:
    """Return the statement of the list of stocktakes: one row each, with its bins counted."""
    latest = (
        select(StocktakeBin.stocktake_id, StocktakeBin.bin_id, func.max(StocktakeBin.round).label("round"))
        .group_by(StocktakeBin.stocktake_id, StocktakeBin.bin_id)
        .subquery()
    )
    is_closed = case((StocktakeBin.state == BinState.CLOSED, StocktakeBin.bin_id))
    bins = (
        select(
            StocktakeBin.stocktake_id,
            func.count(StocktakeBin.bin_id.distinct()).label("bins"),
            func.count(is_closed.distinct()).label("closed"),
        )
        .join(
            latest,
            (latest.c.stocktake_id == StocktakeBin.stocktake_id)
            & (latest.c.bin_id == StocktakeBin.bin_id)
            & (latest.c.round == StocktakeBin.round),
        )
        .group_by(StocktakeBin.stocktake_id)
        .subquery()
    )
    return (
        select(
            Stocktake.id,
            Stocktake.number,
            Stocktake.state,
            Stocktake.scope_kind,
            Stocktake.scope_ids,
            Stocktake.spot_bin_id,
            Stocktake.blind,
            Stocktake.created_at,
            Stocktake.note,
            _Warehouse.code.label("warehouse"),
            User.name.label("created_by"),
            func.coalesce(bins.c.bins, 0).label("bins"),
            func.coalesce(bins.c.closed, 0).label("closed"),
        )
        .join(_Warehouse, _Warehouse.id == Stocktake.warehouse_id)
        .join(User, User.id == Stocktake.created_by)
        .outerjoin(bins, bins.c.stocktake_id == Stocktake.id)
    )


def list_under_way(session: Session, states: Collection[StocktakeState]) -> Sequence[Row[Any]]:
    """Return the stocktakes in these states with their bins counted, the oldest first. One query."""
    return session.execute(stocktake_rows().where(Stocktake.state.in_(states)).order_by(Stocktake.id)).all()


def get_view(session: Session, stocktake_id: int) -> StocktakeView:
    """Return the stocktake with everything its page shows. Errors: NoSuchStocktake."""
    creator, poster = aliased(User), aliased(User)
    statement = (
        select(Stocktake, _Warehouse.code, _Warehouse.name, creator.name, poster.name)
        .join(_Warehouse, _Warehouse.id == Stocktake.warehouse_id)
        .join(creator, creator.id == Stocktake.created_by)
        .outerjoin(poster, poster.id == Stocktake.posted_by)
        .where(Stocktake.id == stocktake_id)
    )
    found = session.execute(statement).one_or_none()
    if found is None:
        raise NoSuchStocktake
    row, code, name, created_by, posted_by = found
    bins = list_bins(session, stocktake_id)
    return StocktakeView(row, f"{code} {name}".strip(), created_by, posted_by, (), bins)


def list_bins(session: Session, stocktake_id: int) -> list[BinView]:
    """Return the bins of a stocktake by their codes, each as its latest round stands. One query."""
    statement = (
        select(StocktakeBin, Location.code, Location.name, User.name)
        .join(Location, Location.id == StocktakeBin.bin_id)
        .outerjoin(User, User.id == StocktakeBin.counter_id)
        .where(StocktakeBin.stocktake_id == stocktake_id)
        .order_by(
            Location.walk, Location.natural_code, StocktakeBin.round, StocktakeBin.is_main.desc(), StocktakeBin.id
        )
    )
    by_bin: dict[int, list[Any]] = defaultdict(list)
    for found in session.execute(statement):
        by_bin[found[0].bin_id].append(found)
    return [_bin_view(rows) for rows in by_bin.values()]


def _bin_view(rows: Sequence[Any]) -> BinView:
    """Return the bin of *rows*, its counts in order of rounds."""
    last = rows[-1][0].round
    latest = [row for row in rows if row[0].round == last]
    main: StocktakeBin = latest[0][0]
    counts = [row[0] for row in latest]
    closings = [count.closed_at for count in counts if count.closed_at]
    return BinView(
        id=main.bin_id,
        code=latest[0][1],
        name=latest[0][2],
        state=state_of_round({count.state for count in counts}),
        round=last,
        counters=tuple(row[3] for row in latest if row[3]),
        opened_at=main.opened_at,
        closed_at=max(closings, default=None),
        lease_until=main.lease_until,
    )


def progress_of(bins: Sequence[BinView]) -> Progress:
    """Return how many bins are closed and open."""
    states = [each.state for each in bins]
    return Progress(len(states), states.count(BinState.CLOSED), states.count(BinState.OPEN))


def phone_view(session: Session, stocktake_id: int, now: datetime, user_id: int) -> dict[str, Any]:
    """Return what a phone needs to count: the bins, their labels' codes, and what a recount asks for.

    A bin whose counter's lease has ended stands as waiting: whoever comes may count it. What is counted comes last, so
    that the next bin stands on top. `mine` are the bins that *user_id* is asked to count, they come first;
    `expected_empty` those in which the books have nothing; `own_recount` those that somebody else has to recount. Five
    queries, and three more for recounts.
    """
    stocktake = get_stocktake(session, stocktake_id)
    bins = list_bins(session, stocktake_id)
    assigned, filled = list_assigned(session, stocktake_id), _filled_bins(session, stocktake_id)
    recounted = any(each.round > 1 for each in bins)
    recounts = _recounts(session, stocktake_id) if recounted else {}
    begun = list_rounds_begun(session, stocktake_id, user_id) if recounted else {}
    return {
        "id": stocktake.id,
        "number": stocktake.number,
        "state": stocktake.state.value,
        "blind": stocktake.blind,
        "bins": sorted(
            (_phone_bin(each, recounts, now) | _asked(each, assigned, user_id, filled, begun) for each in bins),
            key=lambda each: (
                each["state"] == BinState.CLOSED,
                each["own_recount"],
                not each["mine"],
                each["assigned"] is not None,
            ),
        ),
    }


def _asked(
    view: BinView,
    assigned: Mapping[tuple[int, int], Assigned],
    user_id: int,
    filled: Collection[int],
    begun: Mapping[int, int],
) -> dict[str, Any]:
    """Return whose the bin is, whether the books say that it is empty, and whether the user may not recount it."""
    whose = assigned.get((view.id, view.round))
    return {
        "assigned": whose.name if whose else None,
        "mine": whose is not None and whose.user_id == user_id,
        "expected_empty": view.id not in filled,
        "own_recount": begun.get(view.id, view.round) < view.round,
    }


def _filled_bins(session: Session, stocktake_id: int) -> set[int]:
    """Return the bins in which the stocktake expects anything, or anything lies by now."""
    expected = select(StocktakeLine.bin_id).where(StocktakeLine.stocktake_id == stocktake_id)
    lying = (
        select(Balance.location_id)
        .join(StocktakeBin, StocktakeBin.bin_id == Balance.location_id)
        .where(StocktakeBin.stocktake_id == stocktake_id, Balance.quantity > ZERO)
    )
    return set(session.scalars(union(expected, lying)))


def _phone_bin(
    view: BinView, recounts: Mapping[tuple[int, int], list[dict[str, Any]]], now: datetime
) -> dict[str, Any]:
    ended = view.state is BinState.OPEN and view.lease_until is not None and view.lease_until <= now
    return {
        "id": view.id,
        "code": view.code,
        "name": view.name,
        "state": (BinState.WAITING if ended else view.state).value,
        "round": view.round,
        "counter": view.counter,
        "codes": [make_own_code(OwnKind.BIN, view.id), view.code],
        "recount": recounts.get((view.id, view.round), []),
    }


def _recounts(session: Session, stocktake_id: int) -> Recounts:
    """Return what each round after the first asks for, by bin and round."""
    statement = (
        select(StocktakeLine.bin_id, StocktakeLine.asked, Item.code, Item.name, Lot.code)
        .join(Item, Item.id == StocktakeLine.item_id)
        .join(Lot, Lot.id == StocktakeLine.lot_id)
        .where(StocktakeLine.stocktake_id == stocktake_id, StocktakeLine.asked > 1)
        .order_by(Item.code)
    )
    asked: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for bin_id, round_number, code, name, lot in session.execute(statement):
        asked[bin_id, round_number].append({"code": code, "name": name, "lot": lot or None})
    return asked


# --- what people type -------------------------------------------------------------------------------------------------


def find_bin_ids(session: Session, warehouse_id: int, codes: Sequence[str]) -> tuple[int, ...]:
    """Return the ids of these bins of a warehouse; `A..B` is every bin from one to the other. Errors: BinsUnknown."""
    wanted = [code for typed in codes for code in _spread(typed)]
    found = find_places_by_codes(session, wanted)
    unknown = [code for code in wanted if code not in found or not _is_countable(found[code], warehouse_id)]
    if unknown:
        raise BinsUnknown(codes=_some(unknown))
    return tuple(facts.id for facts in found.values())


def find_item_ids(session: Session, codes: Sequence[str]) -> tuple[int, ...]:
    """Return the ids of the items with these codes or barcodes. Errors: ItemsUnknown."""
    by_code = find_items_by_codes(session, codes)
    rest = [code for code in codes if code not in by_code]
    by_barcode = find_packs_by_codes(session, rest)
    unknown = [code for code in rest if barcode_key(code) not in by_barcode]
    if unknown:
        raise ItemsUnknown(codes=_some(unknown))
    return tuple(sorted({*by_code.values(), *(pack.item_id for pack in by_barcode.values())}))


def list_zones(session: Session) -> list[tuple[int, str]]:
    """Return every zone with its way from the warehouse, for choosing."""
    statement = select(Location.id, _Warehouse.code, Location.code, Location.name).join(
        _Warehouse, _Warehouse.id == Location.warehouse_id
    )
    zones = statement.where(Location.kind == LocationKind.ZONE, Location.active).order_by(
        _Warehouse.natural_code, Location.natural_code
    )
    return [
        (number, f"{warehouse} / {code} {name}".strip()) for number, warehouse, code, name in session.execute(zones)
    ]


def _spread(typed: str) -> list[str]:
    first, between, last = typed.partition("..")
    return expand_range(first.upper(), last.upper()) if between else [typed]


def _is_countable(facts: PlaceFacts, warehouse_id: int) -> bool:
    return facts.kind in LEAVES and facts.active and facts.warehouse_id == warehouse_id


def _some(codes: Sequence[str]) -> str:
    """Return the first few of *codes* for a sentence."""
    return ", ".join(codes[:10]) + (" …" if len(codes) > 10 else "")  # noqa: PLR2004  # a sentence holds no more


def list_scope_names(session: Session, stocktake: Stocktake) -> list[str]:
    """Return what a scope names, as people know it: zones, bins, categories, classes or items. One query."""
    return list(name_scopes(session, [stocktake]).get(stocktake.id, ()))


def name_scopes(session: Session, rows: Collection[Any], most: int | None = None) -> dict[int, list[str]]:
    """Return what the scopes of these rows (id, scope_kind, scope_ids) name, by id; of each at most *most*.

    One query a kind of scope, however many rows.
    """
    found: dict[int, list[str]] = {}
    for kind in {row.scope_kind for row in rows} - {ScopeKind.WAREHOUSE}:
        scopes = {row.id: row.scope_ids[:most] for row in rows if row.scope_kind is kind}
        names = _names_of(session, kind, {number for ids in scopes.values() for number in ids})
        turn = {number: position for position, number in enumerate(names)}
        for row_id, ids in scopes.items():
            known = sorted({number for number in ids if number in turn}, key=turn.__getitem__)
            found[row_id] = [names[number] for number in known]
    return found


def _names_of(session: Session, kind: ScopeKind, ids: Collection[int]) -> dict[int, str]:
    """Return the names of what scopes of a kind hold, in the order in which people expect them."""
    if kind is ScopeKind.CATEGORY:
        return {node.id: node.path for node in list_categories(session) if node.id in ids}
    if kind is ScopeKind.ABC:
        return {number: AbcClass(number).name for number in sorted(ids)}
    asked = select(Location.id, Location.code).order_by(Location.natural_code)
    if kind is ScopeKind.LIST:
        asked = select(Item.id, Item.name).order_by(Item.name)
    key = asked.selected_columns[0]
    parts = in_parts(sorted(ids))
    return {number: name for part in parts for number, name in session.execute(asked.where(key.in_(part)))}


def list_scope_codes(session: Session, scope: Scope) -> list[str]:
    """Return the codes of a scope of bins or items, as people type them; none for other scopes. One query."""
    if scope.kind is ScopeKind.LIST:
        return list(session.scalars(select(Item.code).where(Item.id.in_(scope.ids)).order_by(Item.code)))
    if scope.kind is not ScopeKind.BINS:
        return []
    places = select(Location.code).where(Location.id.in_(scope.ids)).order_by(Location.natural_code)
    return list(session.scalars(places))
