"""What is asked about approvals: the one that holds for each line, all of one line, and who counted."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, select, union
from sqlalchemy.orm import Session

from app.catalog.models import Item, Lot
from app.identity.models import User
from app.places.models import Location
from app.scanning.models import Scan, ScanResolution
from app.scanning.rules import ScanDecision, ScanStatus
from app.stocktake.counting.queries import TASK
from app.stocktake.models import StocktakeApproval, StocktakeBin, StocktakeLine
from app.stocktake.rules import LineState
from app.stocktake.sheets.models import StocktakeSheet, StocktakeSheetEntry


def list_counters(session: Session, stocktake_id: int) -> set[int]:
    """Return who made a scan of the stocktake that counts, let one in as it stands, or typed a sheet of it.

    Whoever lets a scan in answers for it: its sender could not be believed. To say what a code means is no count.
    """
    of_task = and_(Scan.task_kind == TASK, Scan.task_id == stocktake_id)
    scanned = select(Scan.user_id).where(of_task, Scan.status == ScanStatus.ACCEPTED)
    let_in = select(ScanResolution.user_id).join(Scan, Scan.id == ScanResolution.scan_id)
    let_in = let_in.where(of_task, ScanResolution.decision != ScanDecision.DROP)
    vouched = select(ScanResolution.decided_by).join(Scan, Scan.id == ScanResolution.scan_id)
    vouched = vouched.where(of_task, ScanResolution.decision == ScanDecision.TAKE)
    typed = (
        select(StocktakeSheetEntry.entered_by)
        .join(StocktakeSheet, StocktakeSheet.id == StocktakeSheetEntry.sheet_id)
        .where(StocktakeSheet.stocktake_id == stocktake_id)
    )
    return {user for user in session.scalars(union(scanned, let_in, vouched, typed)) if user is not None}


def trail_rows(stocktake_id: int) -> Select[*tuple[Any, ...]]:
    """Return the statement of the trail: every approval of a stocktake with its goods and who gave it."""
    return (
        select(
            *(StocktakeApproval.id, StocktakeApproval.at, StocktakeApproval.serial, StocktakeApproval.counted),
            *(StocktakeApproval.book, StocktakeApproval.difference, StocktakeApproval.reason, StocktakeApproval.note),
            *(
                StocktakeApproval.is_own_count,
                StocktakeApproval.is_by_rule,
                StocktakeApproval.unit_cost,
                User.name.label("by"),
            ),
            *(StocktakeLine.bin_id, StocktakeLine.item_id, StocktakeLine.lot_id, StocktakeLine.approvals),
            *(StocktakeLine.state, Item.name.label("item"), Item.code, Lot.code.label("lot")),
            Location.code.label("bin"),
        )
        .join(StocktakeLine, StocktakeLine.id == StocktakeApproval.line_id)
        .join(User, User.id == StocktakeApproval.by_id)
        .join(Item, Item.id == StocktakeLine.item_id)
        .join(Lot, Lot.id == StocktakeLine.lot_id)
        .join(Location, Location.id == StocktakeLine.bin_id)
        .where(StocktakeLine.stocktake_id == stocktake_id)
    )


def counters_by_bin(session: Session, stocktake_id: int) -> dict[int, str]:
    """Return who counted each bin, in the order of rounds. One query."""
    statement = (
        select(StocktakeBin.bin_id, User.name)
        .join(User, User.id == StocktakeBin.counter_id)
        .where(StocktakeBin.stocktake_id == stocktake_id)
        .order_by(StocktakeBin.bin_id, StocktakeBin.round, StocktakeBin.id)
    )
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for bin_id, name in session.execute(statement):
        found[bin_id][name] = None
    return {bin_id: ", ".join(names) for bin_id, names in found.items()}


def standing_approvals(session: Session, stocktake_id: int) -> dict[int, StocktakeApproval]:
    """Return the approval that holds of each approved line, by the line's id."""
    statement = (
        select(StocktakeApproval)
        .join(StocktakeLine, _standing())
        .where(StocktakeLine.stocktake_id == stocktake_id, StocktakeLine.state != LineState.OPEN)
    )
    return {approval.line_id: approval for approval in session.scalars(statement)}


def list_standing(session: Session, stocktake_id: int) -> dict[int, tuple[StocktakeApproval, str]]:
    """Return the approval that holds of each approved line with who gave it, by the line's id. One query."""
    statement = (
        select(StocktakeApproval, User.name)
        .join(StocktakeLine, _standing())
        .join(User, User.id == StocktakeApproval.by_id)
        .where(StocktakeLine.stocktake_id == stocktake_id, StocktakeLine.state != LineState.OPEN)
    )
    return {approval.line_id: (approval, name) for approval, name in session.execute(statement)}


def _standing() -> ColumnElement[bool]:
    return and_(StocktakeApproval.line_id == StocktakeLine.id, StocktakeApproval.serial == StocktakeLine.approvals)


def list_approvals(session: Session, line_ids: Collection[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return every approval of these lines with who gave it, the latest first: (StocktakeApproval, name)."""
    statement = (
        select(StocktakeApproval, User.name)
        .join(User, User.id == StocktakeApproval.by_id)
        .where(StocktakeApproval.line_id.in_(line_ids))
        .order_by(StocktakeApproval.id.desc())
    )
    return session.execute(statement).all()
