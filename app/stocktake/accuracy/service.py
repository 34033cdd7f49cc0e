"""Keeping what a posting said: one row for each counted line, written with it."""

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import Table, and_, case, insert, select
from sqlalchemy.orm import Session

from app.company.queries import CompanyFacts
from app.kernel.exact import ZERO, round_money
from app.ledger.models import CountAnchor, Move
from app.ledger.rules import Reason, ids_of
from app.places.rules import End
from app.stocktake.accuracy.models import StocktakeResult
from app.stocktake.causes.rules import Place
from app.stocktake.report.rules import Line

_insert = insert(cast("Table", StocktakeResult.__table__))


def keep_results(
    session: Session, stocktake_id: int, posting: int, lines: Iterable[Line], company: CompanyFacts
) -> None:
    """Keep how right the books were for each of *lines*, which *posting* has just entered. Two statements."""
    anchors = _anchors(session, posting)
    rows = [
        {
            "anchor_id": anchor.id,
            "stocktake_id": stocktake_id,
            "counter_id": line.deciding.key.counter,
            "counted_on": (day := company.day_of(anchor.counted_at)),
            "month": f"{day:%Y-%m}",
            "book_value": None if line.unit_cost is None else round_money(anchor.book * line.unit_cost),
            "difference_value": anchor.value or ZERO,
        }
        for line in lines
        if line.deciding and (anchor := anchors.get(line.place))
    ]
    if rows:
        session.connection().execute(_insert, rows)  # plain rows: a session takes half as long again


def _anchors(session: Session, posting: int) -> dict[Place, Any]:
    anchor, move = CountAnchor.__table__.c, Move.__table__.c
    value = case((move.source_id == End.LOSS, move.value), else_=-move.value)
    statement = (
        select(
            *(anchor.id, anchor.location_id, anchor.item_id, anchor.lot_id, anchor.counted_at, anchor.book),
            value.label("value"),
        )
        .outerjoin(Move.__table__, and_(move.anchor_id == anchor.id, move.reason == Reason.DIFFERENCE))
        .where(anchor.id.between(*ids_of(posting)))
    )
    return {Place(row.location_id, row.item_id, row.lot_id): row for row in session.connection().execute(statement)}
