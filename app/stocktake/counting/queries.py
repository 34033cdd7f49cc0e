"""What is asked of the scan record while counting goes on: one statement for a batch, light enough for every scan."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from app.company.models import Company
from app.scanning.models import Scan
from app.scanning.queries import list_scans
from app.scanning.rules import ScanKind, ScanStatus
from app.scanning.tasks import NewScan
from app.stocktake.counting.rules import Count, CountKey, fold
from app.stocktake.models import Stocktake, StocktakeBin
from app.stocktake.rules import BinState, StocktakeState

TASK: Final = "stocktake"
# What a count cannot be folded without, whatever goods it is about.
_FRAMES: Final = (ScanKind.OPEN_BIN, ScanKind.CLOSE_BIN, ScanKind.UNDO)

_scan = Scan.__table__.c
_COLUMNS = tuple(_scan[name] for name in NewScan.__dataclass_fields__)


class BinRow(NamedTuple):
    """One count of a bin as it is kept for the eye."""

    id: int
    bin: int
    round: int
    is_main: bool
    counter: int | None
    state: BinState
    closed_at: datetime | None


@dataclass(frozen=True)
class Board:
    """The stocktake and the bins that a batch of scans speaks of."""

    state: StocktakeState
    one_person: bool
    rows: list[BinRow] = field(default_factory=list)


def read_counts(session: Session, stocktake_id: int) -> dict[CountKey, Count]:
    """Return every count of the stocktake, folded from its scans."""
    return fold(list_scans(session, TASK, stocktake_id))


def find_board(session: Session, stocktake_id: int, bins: Collection[int]) -> Board | None:
    """Return the stocktake and its rows of *bins*; it cannot be posted or cancelled before this transaction ends."""
    rows = session.execute(_board(stocktake_id, bins)).all()
    if not rows:
        return None
    first = rows[0]
    found = [BinRow(*row[2:]) for row in rows if row[2] is not None]
    return Board(first.state, bool(first.one_person), found)


def _board(stocktake_id: int, bins: Collection[int]) -> Select[Any]:
    here = and_(StocktakeBin.stocktake_id == Stocktake.id, StocktakeBin.bin_id.in_(bins))
    one_person = select(Company.one_person).where(Company.id == 1).scalar_subquery()
    return (
        select(
            Stocktake.state.label("state"),
            one_person.label("one_person"),
            StocktakeBin.id,
            StocktakeBin.bin_id,
            StocktakeBin.round,
            StocktakeBin.is_main,
            StocktakeBin.counter_id,
            StocktakeBin.state.label("bin_state"),
            StocktakeBin.closed_at,
        )
        .outerjoin(StocktakeBin, here)
        .where(Stocktake.id == stocktake_id)
        # Posting takes the row for itself: scans either come before it and are posted, or after it and are parked.
        .with_for_update(read=True, of=Stocktake)
    )


def list_related(
    session: Session, stocktake_id: int, bins: Collection[int], items: Collection[int] | None, targets: Collection[UUID]
) -> list[NewScan]:
    """Return the accepted scans of *bins* about *items* (None: about any), what frames them there, and *targets*."""
    about = and_(
        _scan.task_kind == TASK,
        _scan.task_id == stocktake_id,
        _scan.location_id.in_(bins),
        *(() if items is None else (or_(_scan.item_id.in_(items), _scan.kind.in_(_FRAMES)),)),
    )
    which = or_(about, _scan.id.in_(targets)) if targets else about
    rows = session.execute(select(*_COLUMNS).where(which, _scan.status == ScanStatus.ACCEPTED))
    return [NewScan(*row) for row in rows]
