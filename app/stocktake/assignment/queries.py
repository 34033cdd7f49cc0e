"""What is asked about assignments: the bins that can be somebody's, who may count, and whose a bin is."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.company.queries import get_company
from app.identity.models import User
from app.identity.queries import users_who_may
from app.identity.rules import Permission
from app.places.queries import find_places, list_bins
from app.stocktake.assignment.models import StocktakeAssignment
from app.stocktake.assignment.rules import Bin
from app.stocktake.models import Stocktake, StocktakeBin, StocktakeLine
from app.stocktake.rules import BinState, StocktakeState, state_of_round


class Assigned(NamedTuple):
    """Whose a bin is in its round."""

    user_id: int
    name: str


class BinChoice(Struct, frozen=True):
    """A bin that can be somebody's: where it is, its round, how far that is, whose it is now."""

    bin: Bin
    zone: str
    round: int
    state: BinState
    assigned: Assigned | None


def list_counters(session: Session) -> list[tuple[int, str]]:
    """Return id and name of everybody who may count, by name."""
    may_scan = users_who_may(session, Permission.SCAN)
    return [
        (row.id, row.name) for row in session.scalars(select(User).where(User.id.in_(may_scan)).order_by(User.name))
    ]


def list_assigned(session: Session, stocktake_id: int) -> dict[tuple[int, int], Assigned]:
    """Return whose the bins of a stocktake are, by bin and round. One query."""
    statement = (
        select(StocktakeAssignment.bin_id, StocktakeAssignment.round, User.id, User.name)
        .join(User, User.id == StocktakeAssignment.user_id)
        .where(StocktakeAssignment.stocktake_id == stocktake_id)
    )
    return {(bin_id, round_): Assigned(user, name) for bin_id, round_, user, name in session.execute(statement)}


def list_rounds_begun(session: Session, stocktake_id: int, user_id: int) -> dict[int, int]:
    """Return the first round of each bin that the user counted; none where one person may recount, too."""
    if get_company(session).one_person:
        return {}
    statement = (
        select(StocktakeBin.bin_id, func.min(StocktakeBin.round).label("first"))
        .where(StocktakeBin.stocktake_id == stocktake_id, StocktakeBin.counter_id == user_id)
        .group_by(StocktakeBin.bin_id)
    )
    return {row.bin_id: row.first for row in session.execute(statement)}


def list_choices(session: Session, stocktake: Stocktake, planned: Collection[int]) -> list[BinChoice]:
    """Return the bins in the order of walking, each in its latest round; *planned*: those of a plan not yet begun."""
    rounds = _rounds(session, stocktake.id)
    wanted = planned if stocktake.state is StocktakeState.DRAFT else rounds.keys()
    lines = count_lines(session, stocktake.id)
    assigned = list_assigned(session, stocktake.id)
    walked = list_bins(session, place_ids=wanted) if wanted else []
    zones = find_places(session, {row.parent_id for row in walked})
    return [
        _choice(row, zones[row.parent_id].code, rounds.get(row.id, ()), lines.get(row.id, 0), assigned)
        for row in walked
    ]


def _choice(
    row: Any, zone: str, rounds: Sequence[Any], lines: int, assigned: dict[tuple[int, int], Assigned]
) -> BinChoice:
    last = max((each.round for each in rounds), default=1)
    state = state_of_round({each.state for each in rounds if each.round == last})
    before = frozenset(each.counter_id for each in rounds if each.round < last and each.counter_id)
    return BinChoice(Bin(row.id, row.code, lines, before), zone, last, state, assigned.get((row.id, last)))


def _rounds(session: Session, stocktake_id: int) -> dict[int, list[Any]]:
    statement = select(StocktakeBin.bin_id, StocktakeBin.round, StocktakeBin.state, StocktakeBin.counter_id)
    found: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(statement.where(StocktakeBin.stocktake_id == stocktake_id)):
        found[row.bin_id].append(row)
    return found


def count_lines(session: Session, stocktake_id: int) -> dict[int, int]:
    """Return how many lines each bin of a stocktake has; bins without any are left out."""
    line = StocktakeLine.__table__.c
    statement = select(line.bin_id, func.count()).where(line.stocktake_id == stocktake_id).group_by(line.bin_id)
    return {bin_id: count for bin_id, count in session.execute(statement)}  # noqa: C416  # rows are no pairs to dict()
