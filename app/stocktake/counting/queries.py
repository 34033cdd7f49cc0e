"""What is asked of the scan record while counting goes on: one statement for a batch, light enough for every scan."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from msgspec import Struct, field
from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, bindparam, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from app.bulk import named, one_of, padded
from app.company.models import Company
from app.scanning.models import Scan, ScanResolution
from app.scanning.rules import ScanDecision, ScanKind, ScanStatus
from app.stocktake.counting.rules import Count, CountKey, LeanScan, fold
from app.stocktake.models import Stocktake, StocktakeBin
from app.stocktake.rules import BinState, StocktakeState

TASK: Final = "stocktake"
# Bins that are asked for each by itself. Cost: where PostgreSQL knows nothing of the scans of a task yet it takes them
# for few, and looks through all of them for a list of bins, which is a hundred times slower after some ten thousand.
APART: Final = 16
# What a count cannot be folded without, whatever goods it is about.
_FRAMES: Final = (ScanKind.OPEN_BIN, ScanKind.CLOSE_BIN, ScanKind.UNDO)

_scan = Scan.__table__.c
_DECIDED: Final = frozenset({"user_id", "item_id", "lot_id", "location_id", "quantity"})


_stocktake, _bin, _company = Stocktake.__table__.c, StocktakeBin.__table__.c, Company.__table__.c


class BinRow(NamedTuple):
    """One count of a bin as it is kept for the eye."""

    id: int
    bin: int
    round: int
    is_main: bool
    counter: int | None
    state: BinState
    closed_at: datetime | None


class Board(Struct, frozen=True):
    """The stocktake and the bins that a batch of scans speaks of."""

    state: StocktakeState
    one_person: bool
    started_at: datetime | None = None
    rows: list[BinRow] = field(default_factory=list)


def read_counts(session: Session, stocktake_id: int, bins: Collection[int] | None = None) -> dict[CountKey, Count]:
    """Return every count of the stocktake, or of some of its *bins*, folded from its scans. Two statements."""
    of_task = and_(_scan.task_kind == TASK, _scan.task_id == stocktake_id)
    accepted = select(*(_scan[name] for name in LeanScan._fields)).where(of_task, _scan.status == ScanStatus.ACCEPTED)
    let_in = (
        select(*(_as_decided(name) for name in LeanScan._fields))
        .join(ScanResolution, ScanResolution.scan_id == _scan.id)
        .where(of_task, ScanResolution.decision != ScanDecision.DROP)
    )
    if bins is not None:
        # What an undo takes back says where it was; the undo itself need not.
        is_undo = _scan.kind == ScanKind.UNDO
        accepted = accepted.where(or_(_scan.location_id.in_(bins), is_undo))
        let_in = let_in.where(or_(_as_decided("location_id").in_(bins), is_undo))
    # Core rows from the connection: a session would wrap each in its own way at twice the cost.
    connection = session.connection()
    rows = [*connection.execute(accepted), *connection.execute(let_in)]
    return fold(map(LeanScan._make, rows))


def _as_decided(name: str) -> ColumnElement[Any]:
    """Return what a person decided about a parked scan where they said something, else what the scan says."""
    decided = ScanResolution.__table__.c
    return func.coalesce(decided[name], _scan[name]) if name in _DECIDED else _scan[name]


def find_board(session: Session, stocktake_id: int, bins: Collection[int]) -> Board | None:
    """Return the stocktake and its rows of *bins*; it cannot be posted or cancelled before this transaction ends."""
    places = padded(bins)
    rows = session.execute(_board(len(places)), {"stocktake": stocktake_id} | named("bin", places)).all()
    if not rows:
        return None
    first = rows[0]
    found = [BinRow(*row[3:]) for row in rows if row[3] is not None]
    return Board(first.state, bool(first.one_person), first.started_at, found)


def list_related(
    session: Session, stocktake_id: int, bins: Collection[int], items: Collection[int] | None, targets: Collection[UUID]
) -> list[LeanScan]:
    """Return the accepted scans of *bins* about *items* (None: about any), what frames them there, and *targets*.

    A target that is one of the others, too, is there twice.
    """
    goods, undone = padded(items or ()), padded(targets)
    places = [*bins, *[None] * (len(padded(bins)) - len(bins))]  # no bin: the last one is not read again
    statement = _related(len(places), None if items is None else len(goods), len(undone))
    wanted = {"stocktake": stocktake_id} | named("bin", places) | named("item", goods) | named("target", undone)
    return [LeanScan._make(row) for row in session.execute(statement, wanted)]


# Every scan asks these: built once for each number of values, they cost a fifth of being built anew.
@lru_cache(maxsize=32)
def _board(bins: int) -> Select[Any]:
    own = and_(_bin.stocktake_id == _stocktake.id, one_of(_bin.bin_id, "bin", bins))
    return (
        select(
            _stocktake.state.label("state"),
            select(_company.one_person).where(_company.id == 1).scalar_subquery().label("one_person"),
            _stocktake.started_at,
            _bin.id,
            _bin.bin_id,
            _bin.round,
            _bin.is_main,
            _bin.counter_id,
            _bin.state.label("bin_state"),
            _bin.closed_at,
        )
        .select_from(Stocktake.__table__)
        .outerjoin(StocktakeBin.__table__, own)
        .where(_stocktake.id == bindparam("stocktake"))
        # Posting takes the row for itself: scans either come before it and are posted, or after it and are parked.
        .with_for_update(read=True, of=Stocktake.__table__)
    )


@lru_cache(maxsize=32)
def _related(bins: int, items: int | None, targets: int) -> Select[Any] | CompoundSelect[Any]:
    accepted = _scan.status == ScanStatus.ACCEPTED
    of_task = and_(_scan.task_kind == TASK, _scan.task_id == bindparam("stocktake"), accepted)
    if items is not None:
        of_task = and_(of_task, or_(one_of(_scan.item_id, "item", items), _scan.kind.in_(map(literal, _FRAMES))))
    places: list[ColumnElement[bool]] = [one_of(_scan.location_id, "bin", bins)]
    if bins <= APART:
        places = [_scan.location_id == bindparam(f"bin_{number}") for number in range(bins)]
    which = [and_(of_task, place) for place in places]
    if targets:
        which.append(and_(one_of(_scan.id, "target", targets), accepted))
    parts = [select(*(_scan[name] for name in LeanScan._fields)).where(each) for each in which]
    return parts[0] if len(parts) == 1 else union_all(*parts)
