"""What lay in the bins before the system: opening stock with its cost, from a spreadsheet.

Law: an import is one posting. Cost is given, or zero is confirmed: nothing comes without value by slip.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.lots import LotKey, ensure_lots
from app.catalog.models import NO_LOT
from app.catalog.queries import find_base_packs, find_items_by_codes, find_packs_by_codes
from app.catalog.rules import PackFacts
from app.identity.rules import Permission
from app.imports.cells import CellReader
from app.imports.kinds import Applying, Cells, ReadRow
from app.imports.rules import Field, is_yes
from app.kernel.errors import InvalidInput
from app.kernel.exact import ZERO, parse_money, parse_price, parse_quantity, round_money
from app.kernel.gtin import barcode_key
from app.kernel.i18n import N_
from app.ledger.facts import MoveFact
from app.ledger.service import post
from app.places.models import Location
from app.places.rules import LEAVES, End

CHUNK = 5_000
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


class DateWrong(InvalidInput):
    """No calendar day."""

    message = N_("“%(text)s” is not a date; write 2026-03-31.")


@dataclass(frozen=True)
class StockRow:
    """A row of opening stock, its codes found."""

    pack: PackFacts
    place_id: int
    quantity: Decimal
    value: Decimal
    lot: str
    expiry: date | None


class OpeningStock:
    """The import kind `opening-stock`."""

    key = "opening-stock"
    title = N_("Opening stock")
    permission = Permission.APPROVE
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
        return [_stock_row(CellReader(cells), packs, places) for cells in rows]

    def apply(self, session: Session, drafts: Sequence[StockRow], how: Applying) -> None:
        """Post all rows as one fact: goods come from *opening*, each with its cost."""
        lots = ensure_lots(session, {_lot_key(row): row.expiry for row in drafts if row.lot})
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
        post(session, "opening", how.key, moves, by=how.by, effective_on=how.day, now=how.now)


def parse_day(text: str) -> date:
    """Return the day in 2026-03-31, 2026/3/31, 20260331, 2026年3月31日. Errors: DateWrong."""
    digits = text.replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-").replace(".", "-")
    parts = digits.split(" ")[0].split("-")
    try:
        if len(parts) == 1 and len(digits) == len("20260331"):
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        year, month, day = map(int, parts)
        return date(year, month, day)
    except ValueError:
        raise DateWrong(text=text) from None


def _stock_row(cell: CellReader, packs: Mapping[str, PackFacts], places: Mapping[str, int]) -> ReadRow:
    pack, place = packs.get(cell.text("item")), places.get(cell.text("place"))
    count = cell.read("quantity", parse_quantity, ZERO)
    expiry = cell.read("expiry", parse_day, None)
    if pack is None:
        cell.problems.append(ItemUnknown(code=cell.text("item")))
    elif pack.tracks_lots and not cell.text("lot"):
        cell.problems.append(LotMissing(item=pack.item_name))
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
    confirmed = cell.read("confirmed", is_yes, default=False)
    if (not value and not confirmed) or (value is not None and value < 0):
        cell.problems.append(CostMissing())
        return None
    return value or ZERO


def _lot_key(row: StockRow) -> LotKey:
    return row.pack.item_id, row.lot


def _find_goods(session: Session, codes: set[str]) -> dict[str, PackFacts]:
    """Return what each code names: an item's own code first, else a barcode of one of its packs."""
    found: dict[str, PackFacts] = {}
    for chunk in _chunks(codes):
        items = find_items_by_codes(session, chunk)
        base = find_base_packs(session, set(items.values()))
        by_code = find_packs_by_codes(session, [code for code in chunk if code not in items])
        found |= {code: base[number] for code, number in items.items()}
        found |= {code: by_code[key] for code in chunk if (key := barcode_key(code)) in by_code and code not in items}
    return found


def _find_leaves(session: Session, codes: set[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in _chunks(codes):
        rows = session.execute(
            select(Location.code, Location.id).where(
                Location.code.in_(chunk), Location.kind.in_(LEAVES), Location.active
            )
        )
        found |= dict(rows.all())
    return found


def _chunks(codes: set[str]) -> list[list[str]]:
    ordered = sorted(codes)
    return [ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK)]
