"""Making stocktakes of what was proposed: one for each warehouse that the chosen places or items lie in."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from app.stocktake.models import Stocktake
from app.stocktake.planning.queries import Candidate
from app.stocktake.rules import NothingProposed, Scope, ScopeKind
from app.stocktake.service import Plan, plan


def plan_chosen(
    session: Session, chosen: Collection[Candidate], kind: ScopeKind, by: int, now: datetime
) -> list[Stocktake]:
    """Plan to count *chosen*, places (PROPOSED) or items (LIST). Errors: NothingProposed."""
    by_warehouse: dict[int, list[int]] = defaultdict(list)
    for candidate in chosen:
        for warehouse in candidate.warehouses:
            by_warehouse[warehouse].append(candidate.id)
    if not by_warehouse:
        raise NothingProposed
    return [plan(session, Plan(warehouse, Scope(kind, tuple(ids))), by, now) for warehouse, ids in by_warehouse.items()]


def choose(rows: Collection[Candidate], ids: Collection[int], most: int) -> list[Candidate]:
    """Return the candidates with these ids, else the first *most* that call for a count and that nobody has yet."""
    if ids:
        return [row for row in rows if row.id in ids]
    free = (row for row in rows if row.score > 0 and not row.busy)
    return [row for row, _ in zip(free, range(most), strict=False)]
