"""What is asked about spot counts: the one under way in a bin, those that a closing may have finished."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.company.queries import get_company
from app.db import Quantity
from app.scanning.parse import parse
from app.scanning.resolvers import resolve_bins
from app.stocktake.causes.rules import Place
from app.stocktake.models import Stocktake, StocktakeApproval, StocktakeBin, StocktakeLine
from app.stocktake.rules import LineState, StocktakeState, Tolerance


def find_running(session: Session, bin_id: int) -> Stocktake | None:
    """Return the spot count of this bin that is being counted, None where there is none."""
    running = (Stocktake.spot_bin_id == bin_id, Stocktake.state == StocktakeState.COUNTING)
    return session.scalar(select(Stocktake).where(*running))


def list_running(session: Session, stocktake_ids: Collection[int]) -> list[int]:
    """Return those of these stocktakes that are spot counts being counted. One query."""
    running = (Stocktake.spot_bin_id.is_not(None), Stocktake.state == StocktakeState.COUNTING)
    return list(session.scalars(select(Stocktake.id).where(Stocktake.id.in_(stocktake_ids), *running)))


def list_counts(session: Session, stocktake_id: int) -> list[StocktakeBin]:
    """Return the counts of a spot count's bin, the one that was closed last at the end."""
    statement = select(StocktakeBin).where(StocktakeBin.stocktake_id == stocktake_id)
    return sorted(session.scalars(statement), key=lambda row: (row.closed_at is not None, row.closed_at, row.id))


def passed_lately(session: Session, bin_id: int, since: datetime) -> dict[Place, Decimal]:
    """Return which differences of a bin's places posted themselves since an instant, summed. One query."""
    line = StocktakeLine
    statement = (
        select(line.bin_id, line.item_id, line.lot_id, func.sum(StocktakeApproval.difference, type_=Quantity))
        .join(StocktakeApproval, StocktakeApproval.line_id == line.id)
        .join(Stocktake, Stocktake.id == line.stocktake_id)
        .where(Stocktake.spot_bin_id == bin_id, line.state == LineState.POSTED)
        .where(StocktakeApproval.is_by_rule, StocktakeApproval.at >= since)
        .group_by(line.bin_id, line.item_id, line.lot_id)
    )
    return {Place(*place): quantity for *place, quantity in session.execute(statement)}


def spot_tolerance(session: Session) -> Tolerance:
    """Return how much a spot count may differ and still post itself."""
    company = get_company(session)
    return Tolerance(company.spot_quantity, company.spot_percent, company.spot_value)


def find_bin_named(session: Session, text: str, today: date) -> int | None:
    """Return the bin that a label or a typed code names, None where it names none."""
    codes = [parse(form, today=today) for form in dict.fromkeys((text, text.upper()))]
    found = resolve_bins(session, codes)
    return next((found[code.text][0].id for code in codes if code.text in found), None)
