"""What phones are told beside the answers to their scans: which bins they have open, which lots are known."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.models import Lot
from app.ledger.models import Balance
from app.stocktake.models import StocktakeBin
from app.stocktake.rules import BinState

MOST_LOTS: Final = 60  # a thumb scrolls no further; the others can be typed


def say_where_open(session: Session, view: dict[str, Any], user_id: int, device: UUID) -> None:
    """Write into each bin of the phone's *view* on which phone the user has it open. One query."""
    open_on = _open_on(session, view["id"], user_id)
    for bin_ in view["bins"]:
        on = open_on.get((bin_["id"], bin_["round"]))
        bin_["open_on"] = None if on is None else "here" if on == device else "elsewhere"


def _open_on(session: Session, stocktake_id: int, user_id: int) -> dict[tuple[int, int], UUID | None]:
    """Return on which device the user has bins open, by bin and round."""
    rows = session.execute(
        select(StocktakeBin.bin_id, StocktakeBin.round, StocktakeBin.device_id).where(
            StocktakeBin.stocktake_id == stocktake_id,
            StocktakeBin.counter_id == user_id,
            StocktakeBin.state == BinState.OPEN,
        )
    )
    return {(bin_id, round_number): device for bin_id, round_number, device in rows}


def list_lots(session: Session, item_id: int) -> list[tuple[str, date | None]]:
    """Return code and expiry of the item's lots: those in stock first, of them those that expire first. One query."""
    on_hand = func.coalesce(func.sum(Balance.quantity), 0)
    statement = (
        select(Lot.code, Lot.expiry)
        .outerjoin(Balance, Balance.lot_id == Lot.id)
        .where(Lot.item_id == item_id)
        .group_by(Lot.id, Lot.code, Lot.expiry)
        .order_by(on_hand == 0, Lot.expiry.is_(None), Lot.expiry, Lot.id.desc())
        .limit(MOST_LOTS)
    )
    return [(code, expiry) for code, expiry in session.execute(statement)]
