"""What is asked about sheets: which there are, and everything one of them shows. A constant number of statements."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.catalog.models import Item, Lot, Unit
from app.identity.models import User
from app.kernel.owncode import OwnKind, find_own_code, make_own_code
from app.ledger.models import Balance
from app.places.models import Location
from app.stocktake.assignment.queries import list_assigned
from app.stocktake.models import Stocktake, StocktakeBin, StocktakeLine
from app.stocktake.sheets.models import StocktakeSheet, StocktakeSheetEntry
from app.stocktake.sheets.rules import NoSuchSheet


class SheetLine(Struct, frozen=True):
    """A line as printed; `book` only where the count is open."""

    item: int
    lot_id: int
    code: str
    name: str
    spec: str
    unit: str
    lot: str
    expiry: date | None
    book: Decimal | None


class Sheet(Struct, frozen=True):
    """A sheet with everything it shows."""

    id: int
    stocktake_id: int
    number: str
    blind: bool
    warehouse: str
    bin_id: int
    bin: str
    bin_name: str
    round: int
    counter: str | None
    lines: Sequence[SheetLine]

    @property
    def code(self) -> str:
        """The sheet's own code, as it is printed."""
        return make_own_code(OwnKind.SHEET, self.id)


def get_sheet(session: Session, sheet_id: int) -> StocktakeSheet:
    """Return the sheet as it is kept. Errors: NoSuchSheet."""
    sheet = session.get(StocktakeSheet, sheet_id)
    if sheet is None:
        raise NoSuchSheet
    return sheet


def find_sheet_id(session: Session, text: str) -> int | None:
    """Return the sheet that a printed code names, None where it names none."""
    own = find_own_code(text.strip())
    if own is None or own.kind is not OwnKind.SHEET:
        return None
    return session.scalar(select(StocktakeSheet.id).where(StocktakeSheet.id == own.id))


def read_sheets(session: Session, stocktake_id: int, sheet_ids: Collection[int]) -> list[Sheet]:
    """Return these sheets of a stocktake in the order of walking. Six statements."""
    stocktake = session.get_one(Stocktake, stocktake_id)
    walked = _walked(session, stocktake_id, sheet_ids)
    warehouse = session.get_one(Location, stocktake.warehouse_id)
    assigned = list_assigned(session, stocktake_id)
    labels = _labels(session, {item for sheet, _, _ in walked for item, _ in sheet.lines})
    lots = _lots(session, {lot for sheet, _, _ in walked for _, lot in sheet.lines if lot})
    books = {} if stocktake.blind else _books(session, {sheet.bin_id for sheet, _, _ in walked})
    return [
        Sheet(
            id=sheet.id,
            stocktake_id=stocktake_id,
            number=stocktake.number,
            blind=stocktake.blind,
            warehouse=warehouse.label,
            bin_id=sheet.bin_id,
            bin=code,
            bin_name=name,
            round=sheet.round,
            counter=whose.name if (whose := assigned.get((sheet.bin_id, sheet.round))) else None,
            lines=[
                _line(sheet.bin_id, item, lot, labels, lots, None if stocktake.blind else books)
                for item, lot in sheet.lines
            ],
        )
        for sheet, code, name in walked
    ]


def _line(
    bin_id: int,
    item: int,
    lot: int,
    labels: dict[int, Any],
    lots: dict[int, Any],
    books: dict[tuple[int, int, int], Decimal] | None,
) -> SheetLine:
    label, of_lot = labels[item], lots.get(lot)
    book = None if books is None else books.get((bin_id, item, lot), Decimal(0))
    code, expiry = (of_lot.code, of_lot.expiry) if of_lot else ("", None)
    return SheetLine(item, lot, label.code, label.name, label.spec, label.unit, code, expiry, book)


def _walked(session: Session, stocktake_id: int, sheet_ids: Collection[int]) -> Sequence[Row[StocktakeSheet, str, str]]:
    statement = (
        select(StocktakeSheet, Location.code, Location.name)
        .join(Location, Location.id == StocktakeSheet.bin_id)
        .where(StocktakeSheet.stocktake_id == stocktake_id, StocktakeSheet.id.in_(sheet_ids))
        .order_by(Location.walk, Location.natural_code, StocktakeSheet.round)
    )
    return session.execute(statement).all()


def _labels(session: Session, items: Collection[int]) -> dict[int, Any]:
    statement = select(Item.id, Item.code, Item.name, Item.spec, Unit.name.label("unit")).join(
        Unit, Unit.id == Item.unit_id
    )
    return {row.id: row for row in session.execute(statement.where(Item.id.in_(items)))}


def _lots(session: Session, lots: Collection[int]) -> dict[int, Any]:
    return {row.id: row for row in session.execute(select(Lot.id, Lot.code, Lot.expiry).where(Lot.id.in_(lots)))}


def _books(session: Session, bins: Collection[int]) -> dict[tuple[int, int, int], Decimal]:
    columns = (Balance.location_id, Balance.item_id, Balance.lot_id, Balance.quantity)
    rows = session.execute(select(*columns).where(Balance.location_id.in_(bins)))
    return {(bin_id, item, lot): quantity for bin_id, item, lot, quantity in rows}


def expected_lines(
    session: Session, stocktake_id: int, rounds: Iterable[tuple[int, int]]
) -> dict[int, list[list[int]]]:
    """Return item and lot of what is to be counted in each bin of *rounds* (bin, round), by item code. One query."""
    wanted = dict(rounds)
    statement = (
        select(StocktakeLine.bin_id, StocktakeLine.item_id, StocktakeLine.lot_id, StocktakeLine.asked)
        .join(Item, Item.id == StocktakeLine.item_id)
        .where(StocktakeLine.stocktake_id == stocktake_id, StocktakeLine.bin_id.in_(wanted))
        .order_by(Item.code, StocktakeLine.lot_id)
    )
    found: dict[int, list[list[int]]] = {bin_id: [] for bin_id in wanted}
    for bin_id, item, lot, asked in session.execute(statement):
        if wanted[bin_id] == 1 or asked == wanted[bin_id]:
            found[bin_id].append([item, lot])
    return found


def list_entries(session: Session, stocktake_id: int) -> dict[tuple[int, int], Any]:
    """Return the printed sheets by bin and round: id, when printed, who is said to have counted in the last entry."""
    last = (
        select(StocktakeSheetEntry.sheet_id, func.max(StocktakeSheetEntry.entered_at).label("at"))
        .group_by(StocktakeSheetEntry.sheet_id)
        .subquery()
    )
    statement = (
        select(
            StocktakeSheet.id,
            StocktakeSheet.bin_id,
            StocktakeSheet.round,
            StocktakeSheet.printed_at,
            StocktakeSheetEntry.is_complete,
            User.name.label("counter"),
        )
        .outerjoin(last, last.c.sheet_id == StocktakeSheet.id)
        .outerjoin(
            StocktakeSheetEntry,
            (StocktakeSheetEntry.sheet_id == StocktakeSheet.id) & (StocktakeSheetEntry.entered_at == last.c.at),
        )
        .outerjoin(User, User.id == StocktakeSheetEntry.counter_id)
        .where(StocktakeSheet.stocktake_id == stocktake_id)
    )
    return {(row.bin_id, row.round): row for row in session.execute(statement)}


def latest_rounds(session: Session, stocktake_id: int, bins: Collection[int]) -> list[tuple[int, int]]:
    """Return bin and latest round of these bins of a stocktake."""
    latest = func.max(StocktakeBin.round)
    statement = select(StocktakeBin.bin_id, latest).where(
        StocktakeBin.stocktake_id == stocktake_id, StocktakeBin.bin_id.in_(bins)
    )
    return [(bin_id, last) for bin_id, last in session.execute(statement.group_by(StocktakeBin.bin_id))]


def count_entries(session: Session, sheet_id: int) -> int:
    """Return how often a sheet was entered."""
    statement = select(func.count()).select_from(StocktakeSheetEntry).where(StocktakeSheetEntry.sheet_id == sheet_id)
    return session.scalar(statement) or 0


def counted_before(session: Session, sheet: StocktakeSheet) -> set[int]:
    """Return who counted the sheet's bin in an earlier round."""
    earlier = select(StocktakeBin.counter_id).where(
        StocktakeBin.stocktake_id == sheet.stocktake_id,
        StocktakeBin.bin_id == sheet.bin_id,
        StocktakeBin.round < sheet.round,
    )
    return {counter for counter in session.scalars(earlier) if counter is not None}


def started_at(session: Session, stocktake_id: int) -> datetime | None:
    """Return when counting began."""
    return session.scalar(select(Stocktake.started_at).where(Stocktake.id == stocktake_id))
