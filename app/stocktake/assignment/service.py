"""Commands about who counts what: ask counters for bins, take that back.

Law: of two managers who share bins out at once the later one holds, whole; nobody is locked out of a bin by it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, tuple_
from sqlalchemy.orm import Session

from app.company.queries import get_company
from app.identity.audit import audit
from app.stocktake.assignment.models import StocktakeAssignment
from app.stocktake.assignment.queries import BinChoice, list_choices, list_counters
from app.stocktake.assignment.rules import (
    NoBinChosen,
    NobodyChosen,
    NotACounter,
    ensure_others_recount,
    share_out,
)
from app.stocktake.models import Stocktake
from app.stocktake.rules import OVER, BinState, StocktakeState, WrongState
from app.stocktake.service import bins_in_scope, hold, subject


def assign(
    session: Session, stocktake_id: int, bins: Collection[int], counters: Sequence[int], by: int, now: datetime
) -> int:
    """Ask *counters* to count *bins*, shared evenly in the order of walking; return how many bins that are.

    Bins that are counted already are left as they are. Errors: NobodyChosen, NoBinChosen, NotACounter, CountedBefore.
    """
    names = dict(list_counters(session))
    if not counters:
        raise NobodyChosen
    if not set(counters) <= names.keys():
        raise NotACounter
    chosen = _chosen(session, stocktake_id, bins)
    shares = share_out([each.bin for each in chosen], list(dict.fromkeys(counters)))
    one_person = get_company(session).one_person
    ensure_others_recount([each.bin for each in chosen], shares, names, one_person=one_person)
    _forget(session, stocktake_id, chosen)
    told = {"assigned_by": by, "assigned_at": now, "stocktake_id": stocktake_id}
    session.execute(
        insert(StocktakeAssignment),
        [told | {"bin_id": each.bin.id, "round": each.round, "user_id": shares[each.bin.id]} for each in chosen],
    )
    facts = {"bins": len(chosen), "counters": sorted(names[user] for user in set(shares.values()))}
    audit(session, by, "stocktake.assign", subject(stocktake_id), facts, now)
    return len(chosen)


def release(session: Session, stocktake_id: int, bins: Collection[int], by: int, now: datetime) -> int:
    """Make *bins* anybody's again; return how many bins that are. Errors: NoBinChosen."""
    chosen = _chosen(session, stocktake_id, bins)
    _forget(session, stocktake_id, chosen)
    audit(session, by, "stocktake.release", subject(stocktake_id), {"bins": len(chosen)}, now)
    return len(chosen)


def planned_bins(session: Session, stocktake: Stocktake) -> list[int]:
    """Return the bins that a plan not yet begun would count."""
    return bins_in_scope(session, stocktake) if stocktake.state is StocktakeState.DRAFT else []


def _chosen(session: Session, stocktake_id: int, bins: Collection[int]) -> list[BinChoice]:
    stocktake = hold(session, stocktake_id)
    if stocktake.state in OVER:
        raise WrongState(number=stocktake.number)
    choices = list_choices(session, stocktake, planned_bins(session, stocktake))
    wanted = set(bins)
    chosen = [each for each in choices if each.bin.id in wanted and each.state is not BinState.CLOSED]
    if not chosen:
        raise NoBinChosen
    return chosen


def _forget(session: Session, stocktake_id: int, chosen: Sequence[BinChoice]) -> None:
    key = tuple_(StocktakeAssignment.bin_id, StocktakeAssignment.round)
    of_these = delete(StocktakeAssignment).where(
        StocktakeAssignment.stocktake_id == stocktake_id, key.in_([(each.bin.id, each.round) for each in chosen])
    )
    session.execute(of_these)
