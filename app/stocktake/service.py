"""Commands about a stocktake: plan, start, finish counting, ask for recounts, take bins over, cancel.

Law: every change of state is a guarded UPDATE, so of two people who do it at once one is told.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, cast

from msgspec import Struct, field
from sqlalchemy import CursorResult, Select, delete, insert, literal, select, update
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.queries import below as categories_below
from app.catalog.queries import list_categories
from app.company.numbers import next_number
from app.company.queries import get_company
from app.identity.audit import audit
from app.kernel.exact import ZERO
from app.ledger.models import Balance
from app.notices.service import settle as settle_notices
from app.places.models import Location
from app.places.queries import below as places_below
from app.places.queries import find_places
from app.stocktake.causes.rules import Place
from app.stocktake.classes.queries import items_in_classes
from app.stocktake.counting.rules import Count, rank
from app.stocktake.models import Stocktake, StocktakeBin, StocktakeItem, StocktakeLine
from app.stocktake.queries import get_stocktake
from app.stocktake.report.queries import Report, read_report
from app.stocktake.rules import (
    BY_BIN,
    BY_ITEM,
    COUNTABLE,
    BinState,
    LineState,
    NoSuchLine,
    NothingInScope,
    Scope,
    ScopeKind,
    StateChanged,
    StocktakeState,
    Tolerance,
    WrongState,
    ensure_can_become,
    ensure_scope,
    ensure_tolerance,
)
from app.stocktake.spot.holding import ensure_no_other

SERIES: Final = "ST"
NAMED: Final = 50  # bins that the audit trail names; of more, their stocktake tells


class Plan(Struct, frozen=True):
    """What somebody wants to have counted, and how."""

    warehouse_id: int
    scope: Scope
    blind: bool = True
    tolerance: Tolerance = field(default_factory=Tolerance)
    note: str = ""


def plan(session: Session, draft: Plan, by: int, now: datetime) -> Stocktake:
    """Write a stocktake down that somebody wants; what it takes is frozen only at its start."""
    stocktake = write_down(session, draft, by, now)
    [warehouse] = _codes(session, [stocktake.warehouse_id])  # the database has it: the plan refers to it
    facts: dict[str, object] = {"number": stocktake.number, "in_warehouse": warehouse}
    facts["scope"] = f"scope:{stocktake.scope_kind}"
    if stocktake.scope_kind in BY_BIN and len(stocktake.scope_ids) <= NAMED:
        facts["bins"] = _codes(session, stocktake.scope_ids)
    audit(session, by, "stocktake.plan", subject(stocktake.id), facts, now)
    return stocktake


def write_down(session: Session, draft: Plan, by: int, now: datetime) -> Stocktake:
    """Write a stocktake down for a command that tells the audit trail itself why there is one."""
    ensure_scope(draft.scope)
    ensure_tolerance(draft.tolerance)
    day = get_company(session).day_of(now)
    stocktake = Stocktake(
        number=next_number(session, SERIES, day),
        warehouse_id=draft.warehouse_id,
        scope_kind=draft.scope.kind,
        scope_ids=sorted(set(draft.scope.ids)),
        blind=draft.blind,
        tolerance_quantity=draft.tolerance.quantity,
        tolerance_percent=draft.tolerance.percent,
        tolerance_value=draft.tolerance.value,
        note=draft.note,
        created_by=by,
        created_at=now,
    )
    session.add(stocktake)
    session.flush()
    return stocktake


def start(session: Session, stocktake_id: int, by: int, now: datetime) -> None:
    """Freeze the scope and let counting begin. Errors: NothingInScope."""
    stocktake = get_stocktake(session, stocktake_id)
    if stocktake.state is not StocktakeState.DRAFT:  # from review, too, one goes back to counting
        raise WrongState(number=stocktake.number)
    stocktake = move_on(session, stocktake_id, StocktakeState.COUNTING, started_at=now)
    items = _items_in_scope(session, stocktake, now)
    if items is not None:
        frozen = [{"stocktake_id": stocktake.id, "item_id": item} for item in items]
        if frozen:
            session.execute(insert(StocktakeItem), frozen)
    bins = bins_in_scope(session, stocktake)
    if not bins:
        raise NothingInScope
    session.execute(
        insert(StocktakeBin),
        [{"stocktake_id": stocktake.id, "bin_id": bin_id, "round": 1, "is_main": True} for bin_id in bins],
    )
    _expect_what_the_books_have(session, stocktake)
    settle_notices(session, subject(stocktake.id), now)
    audit(session, by, "stocktake.start", subject(stocktake.id), {"bins": len(bins)}, now)


def resume(session: Session, stocktake_id: int, by: int, now: datetime) -> None:
    """Go on counting what was not counted yet."""
    move_on(session, stocktake_id, StocktakeState.COUNTING)
    audit(session, by, "stocktake.resume", subject(stocktake_id), {}, now)


def cancel(session: Session, stocktake_id: int, by: int, now: datetime) -> None:
    """End a stocktake without any adjustment."""
    stocktake = move_on(session, stocktake_id, StocktakeState.CANCELLED)
    settle_notices(session, subject(stocktake.id), now)
    audit(session, by, "stocktake.cancel", subject(stocktake.id), {"number": stocktake.number}, now)


def free_bin(session: Session, stocktake_id: int, bin_id: int, by: int, now: datetime) -> None:
    """End the lease of whoever counts a bin, so that somebody else may count it; both counts are kept and compared."""
    leased = update(StocktakeBin).where(
        StocktakeBin.stocktake_id == stocktake_id,
        StocktakeBin.bin_id == bin_id,
        StocktakeBin.state == BinState.OPEN,
        StocktakeBin.lease_until > now,
    )
    # Void from its beginning on: of two who take over at once, either may have the later now.
    if rows_touched(session, leased.values(lease_until=StocktakeBin.opened_at)):
        audit(session, by, "stocktake.free_bin", subject(stocktake_id), {"bin": _codes(session, [bin_id])}, now)


def ask_recount(session: Session, stocktake_id: int, places: Collection[Place], by: int, now: datetime) -> list[int]:
    """Have these lines counted anew, each in the next round of its bin, by somebody else; return their bins.

    An approval that a line has already is over. A stocktake in review, or approved, goes back to counting.
    """
    stocktake = hold(session, stocktake_id)
    if stocktake.state is StocktakeState.APPROVED:
        move_on(session, stocktake_id, StocktakeState.REVIEW)
    if stocktake.state is not StocktakeState.COUNTING:
        move_on(session, stocktake_id, StocktakeState.COUNTING)
    settle(session, stocktake, now, {place.bin for place in places})
    lines = lines_at(session, stocktake_id, places)
    if len(lines) < len(set(places)):
        raise NoSuchLine
    bins = sorted({line.bin_id for line in lines})
    rounds = _open_rounds(session, stocktake_id, bins, by)
    for line in lines:
        line.asked, line.state, line.has_changed = rounds[line.bin_id], LineState.OPEN, False
    session.flush()
    facts = {"lines": len(lines), "bins": _codes(session, bins)}
    audit(session, by, "stocktake.recount", subject(stocktake_id), facts, now)
    return bins


def _codes(session: Session, bins: Sequence[int]) -> list[str]:
    # The audit trail names bins as people do.
    found = find_places(session, bins)
    return [found[bin_id].code for bin_id in bins if bin_id in found]


def _open_rounds(session: Session, stocktake_id: int, bins: Sequence[int], by: int) -> dict[int, int]:
    """Return the waiting round of each bin, made where the last one has begun."""
    last: dict[int, StocktakeBin] = {}
    mains = select(StocktakeBin).where(
        StocktakeBin.stocktake_id == stocktake_id, StocktakeBin.bin_id.in_(bins), StocktakeBin.is_main
    )
    for row in session.scalars(mains.order_by(StocktakeBin.round).with_for_update()):
        last[row.bin_id] = row
    for bin_id, row in last.items():
        if row.state is not BinState.WAITING:
            fresh = StocktakeBin(
                stocktake_id=stocktake_id, bin_id=bin_id, round=row.round + 1, state=BinState.WAITING, asked_by=by
            )
            session.add(fresh)
            last[bin_id] = fresh
    return {bin_id: row.round for bin_id, row in last.items()}


def drop_idle_rounds(session: Session, stocktake_id: int, bins: Collection[int]) -> None:
    """Forget the rounds of *bins* that nobody began and no line asks for any more: their bins are counted again."""
    is_asked = select(StocktakeLine.id).where(
        StocktakeLine.stocktake_id == StocktakeBin.stocktake_id,
        StocktakeLine.bin_id == StocktakeBin.bin_id,
        StocktakeLine.asked >= StocktakeBin.round,
    )
    idle = delete(StocktakeBin).where(
        StocktakeBin.stocktake_id == stocktake_id,
        StocktakeBin.bin_id.in_(bins),
        StocktakeBin.round > 1,
        StocktakeBin.state == BinState.WAITING,
        ~is_asked.exists(),
    )
    session.execute(idle.execution_options(synchronize_session=False))


# --- states -----------------------------------------------------------------------------------------------------------


def hold(session: Session, stocktake_id: int) -> Stocktake:
    """Return the stocktake, locked: scans, approvals and postings of it wait or have ended."""
    locked = select(Stocktake).where(Stocktake.id == stocktake_id).with_for_update()
    stocktake = session.scalar(locked.execution_options(populate_existing=True))
    return stocktake or get_stocktake(session, stocktake_id)


def move_on(session: Session, stocktake_id: int, wanted: StocktakeState, **values: object) -> Stocktake:
    """Change the state if the change is listed and nobody was faster; return the stocktake, locked.

    Errors: NoSuchStocktake, WrongState, StateChanged, BeingSpotCounted.
    """
    stocktake = get_stocktake(session, stocktake_id)
    ensure_can_become(stocktake.number, stocktake.state, wanted)
    if wanted is StocktakeState.COUNTING and stocktake.spot_bin_id is not None:
        ensure_no_other(session, stocktake.spot_bin_id)
    guarded = update(Stocktake).where(Stocktake.id == stocktake_id, Stocktake.state == stocktake.state)
    if not rows_touched(session, guarded.values(state=wanted, **values)):
        raise StateChanged(number=stocktake.number)
    session.refresh(stocktake)
    return stocktake


def rows_touched(session: Session, statement: Any) -> int:
    """Return how many rows an UPDATE changed."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def subject(stocktake_id: int) -> str:
    """Return the word by which the audit trail names the stocktake."""
    return f"stocktake:{stocktake_id}"


# --- scope ------------------------------------------------------------------------------------------------------------


def _items_in_scope(session: Session, stocktake: Stocktake, now: datetime) -> list[int] | None:
    """Return the items that a scope by item takes, None where it takes whatever lies in its bins."""
    match stocktake.scope_kind:
        case ScopeKind.LIST:
            return list(stocktake.scope_ids)
        case ScopeKind.ABC:
            return items_in_classes(session, stocktake.scope_ids, now)
        case ScopeKind.CATEGORY:
            return _items_in_categories(session, stocktake)
        case _:
            return None


def _items_in_categories(session: Session, stocktake: Stocktake) -> list[int]:
    nodes = list_categories(session)
    inside = set().union(*(categories_below(nodes, category) for category in stocktake.scope_ids))
    return list(session.scalars(select(Item.id).where(Item.category_id.in_(inside)).order_by(Item.id)))


def bins_in_scope(session: Session, stocktake: Stocktake) -> list[int]:
    """Return the bins that the stocktake takes; a scope by item takes those in which its frozen items lie."""
    here = select(Location.id).where(
        Location.warehouse_id == stocktake.warehouse_id, Location.kind.in_(COUNTABLE), Location.active
    )
    match stocktake.scope_kind:
        case ScopeKind.ZONE:
            zones = set().union(*(places_below(session, zone) for zone in stocktake.scope_ids))
            here = here.where(Location.parent_id.in_(zones))
        case ScopeKind.BINS | ScopeKind.PROPOSED:
            here = here.where(Location.id.in_(stocktake.scope_ids))
        case ScopeKind.CATEGORY | ScopeKind.ABC | ScopeKind.LIST:
            here = here.where(Location.id.in_(_balances_in_scope(stocktake).with_only_columns(Balance.location_id)))
    return list(session.scalars(here.order_by(Location.id)))


def _balances_in_scope(stocktake: Stocktake) -> Select[*tuple[Any, ...]]:
    present: Select[*tuple[Any, ...]] = select(Balance.location_id, Balance.item_id, Balance.lot_id).where(
        Balance.quantity > ZERO
    )
    if stocktake.scope_kind not in BY_ITEM:
        return present
    items = select(StocktakeItem.item_id).where(StocktakeItem.stocktake_id == stocktake.id)
    return present.where(Balance.item_id.in_(items))


def _expect_what_the_books_have(session: Session, stocktake: Stocktake) -> None:
    """Freeze the lines: what the books have in the bins now. One statement, whatever their number."""
    bins = select(StocktakeBin.bin_id).where(StocktakeBin.stocktake_id == stocktake.id)
    expected = _balances_in_scope(stocktake).where(Balance.location_id.in_(bins))
    rows = expected.with_only_columns(
        literal(stocktake.id),
        Balance.location_id,
        Balance.item_id,
        Balance.lot_id,
        literal(False),
        literal(1),
        literal(LineState.OPEN.value),
        literal(0),
        literal(False),
    ).order_by(Balance.location_id, Balance.item_id, Balance.lot_id)
    columns = ["stocktake_id", "bin_id", "item_id", "lot_id", "is_found", "asked", "state", "approvals", "has_changed"]
    session.execute(insert(StocktakeLine).from_select(columns, rows))


# --- what counting brought --------------------------------------------------------------------------------------------


def settle(session: Session, stocktake: Stocktake, now: datetime, bins: Collection[int] | None = None) -> Report:
    """Make lines of what came to light in scope, let the bins say what their scans say; return the report.

    Of the whole stocktake, or of some of its *bins*. The caller holds the stocktake's row.
    """
    report = read_report(session, stocktake, now, bins)
    rows = [
        {
            "stocktake_id": stocktake.id,
            "bin_id": line.place.bin,
            "item_id": line.place.item,
            "lot_id": line.place.lot,
            "is_found": line.known.is_found,
            "asked": line.known.asked,
        }
        for line in report.lines
        if line.known.id is None and line.known.in_scope
    ]
    if rows:
        session.execute(insert(StocktakeLine), rows)
    _keep_instants(session, stocktake.id, report.counts.values())
    return report


def _keep_instants(session: Session, stocktake_id: int, counts: Iterable[Count]) -> None:
    """Correct the bins whose kept state differs from what their scans say (scans let in late, clocks set back)."""
    latest = {(count.key.bin, count.key.round, count.key.counter): count for count in sorted(counts, key=rank)}
    counted = StocktakeBin.counter_id.is_not(None)
    for row in session.scalars(select(StocktakeBin).where(StocktakeBin.stocktake_id == stocktake_id, counted)):
        count = latest.get((row.bin_id, row.round, row.counter_id or 0))
        if count is not None:
            row.state = BinState.CLOSED if count.is_complete else BinState.OPEN
            row.opened_at, row.closed_at = count.opened_at, count.closed_at
            row.uncertainty_ms = count.uncertainty_ms
    session.flush()


def lines_at(session: Session, stocktake_id: int, places: Collection[Place]) -> list[StocktakeLine]:
    """Return the kept lines at these places, locked in their order."""
    wanted = set(places)
    statement = select(StocktakeLine).where(
        StocktakeLine.stocktake_id == stocktake_id, StocktakeLine.bin_id.in_({place.bin for place in wanted})
    )
    rows = session.scalars(statement.order_by(StocktakeLine.id).with_for_update())
    return [row for row in rows if Place(row.bin_id, row.item_id, row.lot_id) in wanted]
