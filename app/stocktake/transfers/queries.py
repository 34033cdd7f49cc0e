"""What is asked about a stocktake's transfers."""

from collections import Counter
from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.catalog.models import Item
from app.identity.models import User
from app.ledger.models import Posting
from app.places.models import Location
from app.stocktake.causes.rules import Place
from app.stocktake.transfers.models import StocktakeTransfer
from app.stocktake.transfers.rules import NoSuchTransfer

_Source, _Target = aliased(Location), aliased(Location)


class TransferView(Struct, frozen=True):
    """A transfer with its names; `taken_back` is the posting that reversed it."""

    id: int
    short: Place
    over: Place
    item: str
    source: str
    target: str
    quantity: Decimal
    posting: int
    taken_back: int | None
    by: str
    at: datetime
    is_own_count: bool


def get_transfer(session: Session, stocktake_id: int, transfer_id: int) -> StocktakeTransfer:
    """Return a transfer of the stocktake. Errors: NoSuchTransfer."""
    found = session.get(StocktakeTransfer, transfer_id)
    if found is None or found.stocktake_id != stocktake_id:
        raise NoSuchTransfer
    return found


def find_transfer(session: Session, stocktake_id: int, short: Place, over: Place, serial: int) -> Decimal | None:
    """Return how much the transfer of this serial moved between two lines, None where there is none."""
    return session.scalar(
        select(StocktakeTransfer.quantity).where(
            StocktakeTransfer.stocktake_id == stocktake_id,
            StocktakeTransfer.item_id == short.item,
            StocktakeTransfer.lot_id == short.lot,
            StocktakeTransfer.source_id == short.bin,
            StocktakeTransfer.target_id == over.bin,
            StocktakeTransfer.serial == serial,
        )
    )


def list_transfers(session: Session, stocktake_id: int, place: Place | None = None) -> list[TransferView]:
    """Return the transfers of a stocktake, or those of one of its lines, the latest first. One query."""
    reversal = aliased(Posting)
    statement = (
        select(StocktakeTransfer, Item.name, _Source.code, _Target.code, User.name, reversal.seq)
        .join(Item, Item.id == StocktakeTransfer.item_id)
        .join(_Source, _Source.id == StocktakeTransfer.source_id)
        .join(_Target, _Target.id == StocktakeTransfer.target_id)
        .join(User, User.id == StocktakeTransfer.by_id)
        .outerjoin(reversal, reversal.reverses == StocktakeTransfer.posting_seq)
        .where(StocktakeTransfer.stocktake_id == stocktake_id)
        .order_by(StocktakeTransfer.id.desc())
    )
    if place is not None:
        here = (StocktakeTransfer.source_id == place.bin) | (StocktakeTransfer.target_id == place.bin)
        goods = (StocktakeTransfer.item_id == place.item, StocktakeTransfer.lot_id == place.lot)
        statement = statement.where(here, *goods)
    return [_view(*row) for row in session.execute(statement)]


def next_serials(session: Session, stocktake_id: int) -> Counter[tuple[Place, Place]]:
    """Return how many transfers there are between two lines, by (short, over)."""
    return Counter((each.short, each.over) for each in list_transfers(session, stocktake_id))


def _view(row: StocktakeTransfer, item: str, source: str, target: str, by: str, taken_back: int | None) -> TransferView:
    return TransferView(
        id=row.id,
        short=Place(row.source_id, row.item_id, row.lot_id),
        over=Place(row.target_id, row.item_id, row.lot_id),
        item=item,
        source=source,
        target=target,
        quantity=row.quantity,
        posting=row.posting_seq,
        taken_back=taken_back,
        by=by,
        at=row.at,
        is_own_count=row.is_own_count,
    )
