"""What lay in the bins before the system: opening stock with its cost, from a spreadsheet.

Law: an import is one posting. Cost is given, or zero is confirmed: nothing comes without value by slip.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.bulk import in_parts
from app.catalog.lots import LONGEST_LOT, LotKey, ensure_lots, find_expiries
from app.catalog.models import NO_LOT, Lot
from app.catalog.queries import find_base_packs, find_items_by_codes, find_packs_by_codes
from app.catalog.rules import PackFacts
from app.identity.rules import Permission
from app.imports.cells import CellReader
from app.imports.kinds import Applying, Cells, ReadRow
from app.imports.rules import Field, is_yes
from app.kernel.errors import InvalidInput, RuleBroken
from app.kernel.exact import (
    LARGEST,
    ZERO,
    TooLarge,
    parse_money,
    parse_price,
    parse_quantity,
    plain,
    round_money,
    round_to,
)
from app.kernel.gtin import barcode_key
from app.kernel.i18n import N_
from app.ledger.facts import MoveFact
from app.ledger.models import Move, Posting
from app.ledger.service import post, reverse
from app.places.models import Location
from app.places.queries import find_places
from app.places.rules import LEAVES, End

OPENING = "opening"  # the kind of posting
# The day from which spreadsheets count, so that their 60 (a 29 February 1900 that never was) harms nobody today.
SHEETS_DAY_ZERO = date(1899, 12, 30)
FIRST_YEAR = 1900
ITEM_NAMES = ("商品", "商品编号", "编号", "编码", "货号", "条码", "条形码", "barcode", "gtin", "sku", "code")
CONFIRMED = N_("Zero cost confirmed")


class ItemUnknown(InvalidInput):
    """Nothing has this code."""

    message = N_("No item has the code or barcode “%(code)s”.")


class PlaceUnknown(InvalidInput):
    """No such bin."""

    message = N_("There is no bin “%(code)s” that holds goods.")


class CostMissing(InvalidInput):
    """Opening stock needs its cost."""

    message = N_("Enter a cost; for goods that cost nothing confirm zero in its own column.")


class QuantityWrong(InvalidInput):
    """Opening stock is above zero."""

    message = N_("The quantity must be above 0.")


class LotMissing(InvalidInput):
    """Lot-tracked goods lie in lots."""

    message = N_("%(item)s is kept in lots: enter the lot.")


class LotUnwanted(InvalidInput):
    """Goods without lots lie in none, or their counts would never meet them."""

    message = N_("%(item)s is not kept in lots: switch lots on first, or leave the lot empty.")


class LotTooLong(InvalidInput):
    """Longer than a lot's code is kept."""

    message = N_("The lot “%(lot)s” is longer than %(longest)s characters.")


class ExpiryMissing(InvalidInput):
    """A lot of goods that expire has its date."""

    message = N_("%(item)s has expiry dates: enter that of lot %(lot)s.")


class ExpiryDiffers(InvalidInput):
    """A lot expires on one day."""

    message = N_("Lot %(lot)s of %(item)s expires on %(expiry)s, not on %(other)s.")


class NotWhole(InvalidInput):
    """Half a bottle."""

    message = N_("%(item)s is counted in whole units of %(unit)s.")


class OpenedBefore(RuleBroken):
    """The same goods once more: a file that comes a second time doubles nothing."""

    message = N_("%(item)s has its opening stock in %(place)s already: %(quantity)s.")


class DateWrong(InvalidInput):
    """No calendar day."""

    message = N_("“%(text)s” is not a date; write 2026-03-31.")


class StockRow(Struct, frozen=True):
    """A row of opening stock, its codes found."""

    pack: PackFacts
    place_id: int
    quantity: Decimal
    value: Decimal
    lot: str
    expiry: date | None


def take_back_opening(session: Session, how: Applying) -> None:
    """Enter the mirror of what an import posted: the shelves and accounts are as if it had not come. Once a key."""
    seq = session.execute(select(Posting.seq).where(Posting.kind == OPENING, Posting.key == how.key)).scalar_one()
    reverse(session, seq, f"{how.key}:back", by=how.by, effective_on=how.day, now=how.now)


class OpeningStock:
    """The import kind `opening-stock`."""

    key = "opening-stock"
    title = N_("Opening stock")
    permission = Permission.APPROVE
    subject = None
    take_back = staticmethod(take_back_opening)
    fields: Sequence[Field] = (
        Field("item", N_("Item code or barcode"), ITEM_NAMES, is_required=True),
        Field("place", N_("Bin"), ("库位", "库位编码", "货位", "bin code"), is_required=True),
        Field("quantity", N_("Quantity"), ("数量", "库存", "库存数量", "stock", "qty"), is_required=True),
        Field("cost", N_("Unit cost"), ("单位成本", "成本价", "进价", "成本", "purchase price")),
        Field("value", N_("Total cost"), ("金额", "库存金额", "总成本", "amount")),
        Field("confirmed", CONFIRMED, ("零成本确认", "赠品", "zero cost")),
        Field("lot", N_("Lot"), ("批次", "批号", "lot no")),
        Field("expiry", N_("Expiry date"), ("效期", "有效期", "有效期至", "到期日", "best before")),
    )

    def read(self, session: Session, rows: Sequence[Cells]) -> Sequence[ReadRow]:
        """Return the goods on their shelves, with every slip named."""
        packs = _find_goods(session, {cells.get("item", "") for cells in rows} - {""})
        places = _find_leaves(session, {cells.get("place", "") for cells in rows} - {""})
        read = [_stock_row(CellReader(cells), packs, places) for cells in rows]
        drafts = [row.draft for row in read if row.draft]
        checked = iter(_late_problems(session, drafts))
        return [ReadRow(row.draft, [*row.problems, *(next(checked) if row.draft else ())]) for row in read]

    def apply(self, session: Session, drafts: Sequence[StockRow], how: Applying) -> None:
        """Post all rows as one fact: goods come from *opening*, each with its cost."""
        # Of the rows of one lot, those with its date last.
        dated = sorted((row for row in drafts if row.lot), key=lambda row: row.expiry is not None)
        lots = ensure_lots(session, {_lot_key(row): row.expiry for row in dated})
        moves = [
            MoveFact(
                item=row.pack.item_id,
                quantity=row.quantity,
                source=End.OPENING,
                target=row.place_id,
                occurred_at=how.now,
                lot=lots[_lot_key(row)] if row.lot else NO_LOT,
                value=row.value,
            )
            for row in drafts
        ]
        post(session, OPENING, how.key, moves, by=how.by, effective_on=how.day, now=how.now)


def parse_day(text: str) -> date:
    """Return the day in 2026-03-31, 2026/3/31, 20260331, 2026年3月31日, or 46112 as a spreadsheet counts days.

    Errors: DateWrong, also for years of two digits: 26/3/31 is three different days.
    """
    digits = text.replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-").replace(".", "-")
    parts = digits.split(" ")[0].split("-")
    try:
        if len(parts) == 1 and len(digits) == len("20260331"):
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        if len(parts) == 1 and len(digits) == len("46112"):
            return SHEETS_DAY_ZERO + timedelta(days=int(digits))
        year, month, day = map(int, parts)
        if year < FIRST_YEAR:
            raise DateWrong(text=text)
        return date(year, month, day)
    except ValueError:
        raise DateWrong(text=text) from None


def _stock_row(cell: CellReader, packs: Mapping[str, PackFacts], places: Mapping[str, int]) -> ReadRow:
    pack, place = packs.get(cell.text("item")), places.get(cell.text("place"))
    count = cell.read("quantity", parse_quantity, ZERO)
    expiry = cell.read("expiry", parse_day, None)
    if pack is None:
        cell.problems.append(ItemUnknown(code=cell.text("item")))
    else:
        cell.problems += _lot_problems(pack, cell.text("lot"))
        cell.problems += _quantity_problems(pack, count)
    if place is None:
        cell.problems.append(PlaceUnknown(code=cell.text("place")))
    if count <= 0:
        cell.problems.append(QuantityWrong())
    value = _value(cell, count)
    if pack is None or place is None or value is None or cell.problems:
        return ReadRow(None, cell.problems)
    # The cost is of what was counted: a carton's code means cartons, at a carton's cost.
    row = StockRow(pack, place, count * pack.factor, value, cell.text("lot"), expiry)
    return ReadRow(row, cell.problems)


def _value(cell: CellReader, count: Decimal) -> Decimal | None:
    total = cell.read("value", parse_money, None)
    cost = cell.read("cost", parse_price, None)
    value = total if total is not None else round_money(cost * count) if cost is not None else None
    if value is not None and value >= LARGEST:
        cell.problems.append(TooLarge(text=plain(value)))
    confirmed = cell.read("confirmed", is_yes, default=False)
    if (not value and not confirmed) or (value is not None and value < 0):
        cell.problems.append(CostMissing())
        return None
    return value or ZERO


def _lot_problems(pack: PackFacts, lot: str) -> Iterator[RuleBroken]:
    if pack.tracks_lots and not lot:
        yield LotMissing(item=pack.item_name)
    if lot and not pack.tracks_lots:
        yield LotUnwanted(item=pack.item_name)
    if len(lot) > LONGEST_LOT:
        yield LotTooLong(lot=f"{lot[:30]}…", longest=LONGEST_LOT)


def _quantity_problems(pack: PackFacts, count: Decimal) -> Iterator[RuleBroken]:
    quantity = count * pack.factor
    if quantity != round_to(quantity, pack.places):
        yield NotWhole(item=pack.item_name, unit=pack.base_unit)
    if quantity >= LARGEST:
        yield TooLarge(text=plain(quantity))


def _late_problems(session: Session, rows: Sequence[StockRow]) -> Iterator[list[RuleBroken]]:
    """Yield what only all rows and the books together know: lots with two dates, goods that were opened before."""
    expiries = find_expiries(session, {_lot_key(row) for row in rows if row.lot})
    known = dict(expiries)
    for row in rows:
        if row.lot and row.expiry and not known.get(_lot_key(row)):
            known[_lot_key(row)] = row.expiry
    opened = _find_opened(session, {row.pack.item_id for row in rows})
    codes = {facts.id: facts.code for facts in find_places(session, {place for _, _, place in opened}).values()}
    for row in rows:
        yield [*_expiry_problems(row, known), *_opened_problems(row, opened, codes)]


def _expiry_problems(row: StockRow, known: Mapping[LotKey, date | None]) -> Iterator[RuleBroken]:
    expiry = known.get(_lot_key(row))
    if row.pack.tracks_expiry and expiry is None:
        yield ExpiryMissing(item=row.pack.item_name, lot=row.lot)
    if row.expiry and expiry != row.expiry:
        yield ExpiryDiffers(item=row.pack.item_name, lot=row.lot, expiry=expiry, other=row.expiry)


def _opened_problems(
    row: StockRow, opened: Mapping[tuple[int, str, int], Decimal], codes: Mapping[int, str]
) -> Iterator[RuleBroken]:
    before = opened.get((*_lot_key(row), row.place_id))
    if before is not None:
        quantity = f"{plain(before)} {row.pack.base_unit}"
        yield OpenedBefore(item=row.pack.item_name, place=codes[row.place_id], quantity=quantity)


def _find_opened(session: Session, item_ids: set[int]) -> dict[tuple[int, str, int], Decimal]:
    """Return the opening stock of these items that stands in the books, by item, lot and place."""
    statement = (
        select(Move.item_id, Lot.code, Move.target_id, func.sum(Move.quantity))
        .join(Posting, Posting.seq == Move.posting_seq)
        .join(Lot, Lot.id == Move.lot_id)
        .where(Posting.kind == OPENING, still_stands(), Move.line.is_not(None))
        .group_by(Move.item_id, Lot.code, Move.target_id)
    )
    return {
        (item_id, lot, place_id): quantity
        for part in in_parts(sorted(item_ids))
        for item_id, lot, place_id, quantity in session.execute(statement.where(Move.item_id.in_(part)))
    }


def still_stands() -> ColumnElement[bool]:
    """Return the clause that keeps postings which no other one reverses."""
    reversal = aliased(Posting)
    return ~exists().where(reversal.reverses == Posting.seq)


def _lot_key(row: StockRow) -> LotKey:
    return row.pack.item_id, row.lot


def _find_goods(session: Session, codes: set[str]) -> dict[str, PackFacts]:
    """Return what each code names: an item's own code first, else a barcode of one of its packs."""
    found: dict[str, PackFacts] = {}
    for part in in_parts(sorted(codes)):
        items = find_items_by_codes(session, part)
        base = find_base_packs(session, set(items.values()))
        by_code = find_packs_by_codes(session, [code for code in part if code not in items])
        found |= {code: base[number] for code, number in items.items()}
        found |= {code: by_code[key] for code in part if (key := barcode_key(code)) in by_code and code not in items}
    return found


def _find_leaves(session: Session, codes: set[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in in_parts(sorted(codes)):
        rows = session.execute(
            select(Location.code, Location.id).where(
                Location.code.in_(part), Location.kind.in_(LEAVES), Location.active
            )
        )
        found |= dict(rows.all())
    return found
