"""What is asked about approvals: the one that holds for each line, all of one line, and who counted."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, and_, select, union
from sqlalchemy.orm import Session

from app.identity.models import User
from app.scanning.models import Scan, ScanResolution
from app.scanning.rules import ScanStatus
from app.stocktake.counting.queries import TASK
from app.stocktake.models import StocktakeApproval, StocktakeLine
from app.stocktake.rules import LineState


def list_counters(session: Session, stocktake_id: int) -> set[int]:
    """Return who made any scan of the stocktake that counts, or let one in."""
    of_task = and_(Scan.task_kind == TASK, Scan.task_id == stocktake_id)
    scanned = select(Scan.user_id).where(of_task, Scan.status == ScanStatus.ACCEPTED)
    let_in = select(ScanResolution.user_id).join(Scan, Scan.id == ScanResolution.scan_id).where(of_task)
    return {user for user in session.scalars(union(scanned, let_in)) if user is not None}


def standing_approvals(session: Session, stocktake_id: int) -> dict[int, StocktakeApproval]:
    """Return the approval that holds of each approved line, by the line's id."""
    last = and_(StocktakeApproval.line_id == StocktakeLine.id, StocktakeApproval.serial == StocktakeLine.approvals)
    statement = (
        select(StocktakeApproval)
        .join(StocktakeLine, last)
        .where(StocktakeLine.stocktake_id == stocktake_id, StocktakeLine.state != LineState.OPEN)
    )
    return {approval.line_id: approval for approval in session.scalars(statement)}


def list_approvals(session: Session, line_ids: Collection[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return every approval of these lines with who gave it, the latest first: (StocktakeApproval, name)."""
    statement = (
        select(StocktakeApproval, User.name)
        .join(User, User.id == StocktakeApproval.by_id)
        .where(StocktakeApproval.line_id.in_(line_ids))
        .order_by(StocktakeApproval.id.desc())
    )
    return session.execute(statement).all()
