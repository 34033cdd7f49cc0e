"""How a stocktake takes scans: opens and closes bins, leases them, and tells the phone what it has counted so far.

Law: what a hand did is a fact and accepted; parked is only what cannot count: too late, too early, a recount of one's
own count, another's event taken back. Two statements a batch, whatever its length, plus one for each bin that changes.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import CursorResult, delete, update
from sqlalchemy.orm import Session

from app.db import inserting
from app.kernel.exact import ZERO
from app.kernel.i18n import N_
from app.scanning.rules import ScanKind
from app.scanning.tasks import NewScan, Verdict
from app.stocktake.counting.queries import TASK, BinRow, Board, find_board, list_related
from app.stocktake.counting.rules import Act, Count, CountKey, Goods, LeanScan, bounded, fold, is_before_start, rank
from app.stocktake.models import StocktakeBin
from app.stocktake.rules import LEASE, OVER, TAKES_SCANS, BinState

NOT_STARTED: Final = "stocktake_not_started"
TOO_EARLY: Final = "stocktake_too_early"
CLOSED: Final = "stocktake_closed"
UNKNOWN: Final = "stocktake_unknown"
OWN_RECOUNT: Final = "stocktake_own_recount"
NOT_OWN_UNDO: Final = "stocktake_undo_not_own"
BIN_MISSING: Final = "stocktake_bin_missing"
REASONS: Final[dict[str, str]] = {
    NOT_STARTED: N_("This stocktake has not begun."),
    TOO_EARLY: N_("This was scanned before the stocktake began: check the phone's clock and count again."),
    CLOSED: N_("This stocktake is over: the scan came too late to count."),
    UNKNOWN: N_("There is no such stocktake."),
    OWN_RECOUNT: N_("You counted this bin before: somebody else has to recount it."),
    NOT_OWN_UNDO: N_("Somebody else scanned that: only they can undo it."),
    BIN_MISSING: N_("Scan the bin first: this does not say where it lies."),
}
__all__ = ["REASONS", "TASK", "StocktakeTask"]
_ACCEPTED: Final = Verdict(accepted=True)


class StocktakeTask:
    """The stocktake as a destination of scans."""

    def judge(self, session: Session, task_id: int, scans: Sequence[NewScan], now: datetime) -> Sequence[Verdict]:
        """Return one verdict a scan; keep which bins are open, closed and leased."""
        bins = {scan.location_id for scan in scans if scan.location_id is not None}
        board = find_board(session, task_id, bins)
        if board is None or board.state not in TAKES_SCANS:
            return [Verdict(accepted=False, reason=_why_not(board))] * len(scans)
        related = _related(session, task_id, scans, bins)
        verdicts = [_verdict(scan, board, related) for scan in scans]
        taken = [scan for scan, verdict in zip(scans, verdicts, strict=True) if verdict.accepted]
        _keep_bins(session, task_id, board, taken, related, now)
        return _with_counts(scans, verdicts, [*related.values(), *taken])


def _why_not(board: Board | None) -> str:
    if board is None:
        return UNKNOWN
    return CLOSED if board.state in OVER else NOT_STARTED


def _related(session: Session, task_id: int, scans: Sequence[NewScan], bins: set[int]) -> dict[UUID, LeanScan]:
    """Return what was scanned before that these scans add to or take back."""
    # Whether an opening that is taken back was all that its counter did here, only the whole bin tells.
    here = {scan.id for scan in scans if scan.kind is not ScanKind.OPEN_BIN}
    targets = {scan.undoes for scan in scans if scan.undoes is not None} - here
    items = None if targets else {scan.item_id for scan in scans if scan.item_id is not None}
    if not bins or not (targets or items):
        return {}
    return {scan.id: scan for scan in list_related(session, task_id, bins, items, targets)}


def _verdict(scan: NewScan, board: Board, related: dict[UUID, LeanScan]) -> Verdict:
    target = related.get(scan.undoes) if scan.undoes else None
    if target is not None and target.user_id != scan.user_id:
        return Verdict(accepted=False, reason=NOT_OWN_UNDO)
    if scan.kind is ScanKind.UNDO:
        return _ACCEPTED
    if scan.location_id is None:
        return Verdict(accepted=False, reason=BIN_MISSING)
    if board.started_at is not None and is_before_start(scan.occurred_at, scan.uncertainty_ms, board.started_at):
        return Verdict(accepted=False, reason=TOO_EARLY)
    if not board.one_person and _counted_before(scan, board.rows):
        return Verdict(accepted=False, reason=OWN_RECOUNT)
    return _ACCEPTED


def _counted_before(scan: NewScan, rows: Iterable[BinRow]) -> bool:
    return any(row.bin == scan.location_id and row.counter == scan.user_id and row.round < scan.round for row in rows)


# --- bins -----------------------------------------------------------------------------------------------------------


def _keep_bins(
    session: Session,
    stocktake_id: int,
    board: Board,
    scans: Sequence[NewScan],
    related: dict[UUID, LeanScan],
    now: datetime,
) -> None:
    """Keep what the scans did to their bins: opened, closed, opened again."""
    rows = {row.id: row for row in board.rows}
    named = related | {scan.id: scan for scan in scans}
    for scan in scans:
        act = named.get(scan.undoes) if scan.undoes else scan
        if act is None or act.location_id is None or not any(row.bin == act.location_id for row in rows.values()):
            continue  # out of scope: recorded, and reported from the scans
        found = _own_row(rows.values(), act)
        own = found or _begin(session, stocktake_id, rows.values(), act, now)
        if scan.kind is ScanKind.UNDO and act.kind is ScanKind.OPEN_BIN:
            rows |= _take_opening_back(session, own, _counts_of(act, named.values()))
            continue
        after = _after(own, scan, act)
        # Opened once more: perhaps on another phone, which has it from now on.
        is_opened_again = found is not None and scan.kind is ScanKind.OPEN_BIN
        if after != own or is_opened_again:
            values: dict[str, Any] = {"state": after.state, "closed_at": after.closed_at}
            values |= {"device_id": scan.device_id} if is_opened_again else {}
            values["uncertainty_ms"] = bounded(scan.uncertainty_ms)
            session.execute(update(StocktakeBin).where(StocktakeBin.id == own.id).values(**values))
        rows[own.id] = after


def _counts_of(act: Act, scans: Iterable[Act]) -> list[Count]:
    """Return the counts of that bin in that round by whoever did *act*, the latest last."""
    mine = (act.location_id, act.round, act.user_id)
    counts = fold(scans).items()
    return sorted((count for key, count in counts if (key.bin, key.round, key.counter) == mine), key=rank)


def _take_opening_back(session: Session, row: BinRow, counts: Sequence[Count]) -> dict[int, BinRow]:
    """Undo that a counter began: somebody opened the wrong bin. What else they counted there, *counts*, stands."""
    if not counts and not row.is_main:
        session.execute(delete(StocktakeBin).where(StocktakeBin.id == row.id))
        return {row.id: row._replace(counter=None)}
    values: dict[str, Any] = {"state": BinState.WAITING, "counter_id": None, "device_id": None, "closed_at": None}
    values |= {"opened_at": None, "lease_until": None}
    if counts:
        closed_at = counts[-1].closed_at
        values = {"state": BinState.CLOSED if closed_at else BinState.OPEN, "closed_at": closed_at}
    session.execute(update(StocktakeBin).where(StocktakeBin.id == row.id).values(**values))
    after = row._replace(state=values["state"], closed_at=values["closed_at"])
    return {row.id: after if counts else after._replace(counter=None)}


def _own_row(rows: Iterable[BinRow], scan: Act) -> BinRow | None:
    for row in rows:
        if (row.bin, row.round, row.counter) == (scan.location_id, scan.round, scan.user_id):
            return row
    return None


def _after(row: BinRow, scan: NewScan, act: Act) -> BinRow:
    """Return the row after *scan*, which is *act* or takes it back."""
    if scan.kind is ScanKind.CLOSE_BIN:
        return row._replace(state=BinState.CLOSED, closed_at=scan.occurred_at)
    if scan.kind is ScanKind.UNDO:
        return row._replace(state=BinState.OPEN, closed_at=None) if act.kind is ScanKind.CLOSE_BIN else row
    # A scan made before the closing, and only now let in or found by the network, opens nothing.
    if row.closed_at is not None and scan.occurred_at <= row.closed_at and scan.kind is not ScanKind.OPEN_BIN:
        return row
    return row._replace(state=BinState.OPEN, closed_at=None)


def _begin(session: Session, stocktake_id: int, rows: Iterable[BinRow], scan: Act, now: datetime) -> BinRow:
    """Give the counter the round's lease, or, where another has it, a count of their own beside it."""
    begun = {
        "counter_id": scan.user_id,
        "device_id": scan.device_id,
        "state": BinState.OPEN,
        "opened_at": scan.occurred_at,
        "lease_until": now + LEASE,
    }
    for row in rows:
        if row.is_main and row.counter is None and (row.bin, row.round) == (scan.location_id, scan.round):
            # Guarded: two counters may open the same bin in the same moment.
            free = update(StocktakeBin).where(StocktakeBin.id == row.id, StocktakeBin.state == BinState.WAITING)
            if _touched(session.execute(free.values(**begun))):
                return row._replace(counter=scan.user_id, state=BinState.OPEN)
    return _begin_beside(session, stocktake_id, scan, begun | {"lease_until": None})


def _begin_beside(session: Session, stocktake_id: int, scan: Act, begun: dict[str, Any]) -> BinRow:
    key = {"stocktake_id": stocktake_id, "bin_id": scan.location_id, "round": scan.round}
    insert = inserting(session.get_bind().dialect.name, StocktakeBin)
    insert = insert.values(**key, is_main=False, uncertainty_ms=0, **begun)
    # The same counter's second phone may have been faster: then the row is there, and this takes it.
    again = insert.on_conflict_do_update(
        index_elements=["stocktake_id", "bin_id", "round", "counter_id"], set_={"round": scan.round}
    ).returning(StocktakeBin.id, StocktakeBin.is_main, StocktakeBin.state, StocktakeBin.closed_at)
    row = session.execute(again).one()
    return BinRow(row.id, scan.location_id or 0, scan.round, row.is_main, scan.user_id, row.state, row.closed_at)


def _touched(result: Any) -> bool:
    return isinstance(result, CursorResult) and result.rowcount == 1


# --- what the phone is told -------------------------------------------------------------------------------------------


def _with_counts(scans: Sequence[NewScan], verdicts: Sequence[Verdict], events: Sequence[Act]) -> list[Verdict]:
    """Return the verdicts with what the counter's own count of each line comes to after the whole batch."""
    belongs: dict[UUID, CountKey] = {}
    counts = fold(events, belongs)
    named = {event.id: event for event in events}

    def own_count(scan: NewScan) -> Decimal | None:
        act = named.get(scan.undoes) if scan.undoes else scan
        if act is None or act.item_id is None:
            return None
        key = belongs.get(act.id)
        return counts[key].counted.get(Goods(act.item_id, act.lot_id), ZERO) if key else ZERO

    return [
        replace(verdict, counted=own_count(scan)) if verdict.accepted else verdict
        for scan, verdict in zip(scans, verdicts, strict=True)
    ]
