"""Items from a spreadsheet: a shop's own export is understood as it is, every slip in it is named."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy.orm import Session

from app.catalog.adding import ReadyItem, ready_items, write_items
from app.catalog.bulk import check_items
from app.catalog.rules import USUAL_TAX_RATE, ItemDraft, ItemRow, PackDraft, TaxRateWrong
from app.company.queries import list_fields
from app.company.rules import Field as OwnField
from app.company.rules import FieldSubject
from app.identity.rules import Permission
from app.imports.cells import CellReader
from app.imports.kinds import Applying, Cells, ReadRow
from app.imports.rules import Field, is_yes
from app.kernel.errors import RuleBroken
from app.kernel.exact import ZERO, parse_exact, parse_price, parse_quantity
from app.kernel.gtin import find_gtin14
from app.kernel.i18n import N_
from app.kernel.text import one_line

DEFAULT_UNIT = "件"
RATE_PLACES = 2
SEVERAL = str.maketrans({"，": ",", "、": ",", ";": ",", "；": ",", "|": ","})
LARGEST_RATE = 100
NONE: tuple[str, ...] = ()


class PackIncomplete(RuleBroken):
    """A pack needs its unit and its factor."""

    message = N_("A pack needs both its unit and how many base units it holds.")


class ItemImport:
    """The import kind `items`."""

    key = "items"
    title = N_("Items")
    permission = Permission.EDIT_ITEMS
    subject = FieldSubject.ITEM
    take_back = None
    fields: Sequence[Field] = (
        Field(
            "name",
            N_("Item name"),
            ("商品名称", "品名", "名称", "name", "product name", "description"),
            is_required=True,
        ),
        Field("code", N_("Item code"), ("商品编号", "编号", "编码", "货号", "sku", "item no", "stock code")),
        Field("barcode", N_("Barcode"), ("条码", "条形码", "国条", "gtin", "ean", "upc")),
        Field("unit", N_("Base unit"), ("单位", "基本单位", "计量单位", "uom", "unit package")),
        Field("spec", N_("Specification"), ("规格", "规格型号", "size", "spec", "型号")),
        Field("category", N_("Category"), ("分类", "类别", "商品分类", "品类")),
        Field("purchase_price", N_("Purchase price"), ("进价", "采购价", "成本价", "cost", "buying price")),
        Field("sale_price", N_("Sale price"), ("售价", "销售价", "零售价", "price", "retail price", "unit price")),
        Field("tax_rate", N_("Tax rate %"), ("税率", "增值税率", "tax", "vat", "tax rate pct")),
        Field("minimum", N_("Minimum stock"), ("最低库存", "库存下限", "min stock", "reorder level")),
        Field("safety", N_("Safety stock"), ("安全库存", "safety stock level")),
        Field("tracks_lots", N_("Tracks lots"), ("批次管理", "批号管理", "lots")),
        Field("tracks_expiry", N_("Tracks expiry dates"), ("效期管理", "保质期管理", "expiry")),
        Field("initials", N_("Pinyin initials"), ("拼音码", "助记码", "pinyin code")),
        Field("pack_unit", N_("Pack unit"), ("包装单位", "大单位", "箱单位", "carton unit", "outer package")),
        Field("pack_factor", N_("Pack holds"), ("装箱数", "换算率", "箱规", "quantity per outer", "carton quantity")),
        Field("pack_barcode", N_("Pack barcode"), ("箱码", "外箱条码", "carton barcode")),
    )

    def read(self, session: Session, rows: Sequence[Cells]) -> Sequence[ReadRow]:
        """Return the items, with cells that are no numbers, codes that are wrong, doubled or taken named."""
        added = list_fields(session, self.subject)
        read = [_read(cells, added) for cells in rows]
        known = check_items(session, [row for row, _ in read])
        problems = [[*own, *others] for (_, own), others in zip(read, known, strict=True)]
        good = [row for (row, _), wrong in zip(read, problems, strict=True) if not wrong]
        ready = iter(ready_items(good, session.get_bind().dialect))
        return [ReadRow(None if wrong else next(ready), wrong) for wrong in problems]

    def apply(self, session: Session, drafts: Sequence[ReadyItem], how: Applying) -> None:
        """Add the items; *how* is not needed, for items are no fact of the ledger."""
        del how
        write_items(session, drafts)


def tax_rate(text: str) -> int:
    """Return basis points of "13", "13%", "0.13"."""
    number = parse_exact(text.removesuffix("%"), RATE_PLACES if "%" in text else RATE_PLACES * 2)
    if 0 < number < 1 and not text.endswith("%"):
        number *= 100
    if not 0 <= number <= LARGEST_RATE or number * 100 != int(number * 100):
        raise TaxRateWrong
    return int(number * 100)


def several(text: str) -> tuple[str, ...]:
    """Return the codes of one cell, separated by commas in any script; GTINs also by the lines they stand on."""
    parts = [code for part in text.translate(SEVERAL).split(",") if (code := part.strip())]
    return tuple(code for part in parts for code in (part.split() if _are_gtins(part.split()) else [part]))


def _are_gtins(parts: Sequence[str]) -> bool:
    return all(find_gtin14(part) for part in parts)


def _read(cells: Cells, added: Sequence[OwnField]) -> tuple[ItemRow, list[RuleBroken]]:
    cell = CellReader(cells)
    expiry = cell.read("tracks_expiry", is_yes, default=False)
    draft = ItemDraft(
        name=cell.text("name"),
        unit=cell.text("unit") or DEFAULT_UNIT,
        code=cell.text("code"),
        initials=cell.text("initials"),
        spec=cell.text("spec"),
        category=cell.text("category"),
        tax_rate=cell.read("tax_rate", tax_rate, USUAL_TAX_RATE),
        purchase_price=cell.read("purchase_price", parse_price, None),
        sale_price=cell.read("sale_price", parse_price, None),
        minimum=cell.read("minimum", parse_quantity, ZERO),
        safety=cell.read("safety", parse_quantity, ZERO),
        tracks_lots=expiry or cell.read("tracks_lots", is_yes, default=False),
        tracks_expiry=expiry,
        own_fields=cell.own_fields(added),
    )
    codes: tuple[str, ...] = cell.read("barcode", several, NONE)
    packs = _packs(cell)
    if packs and packs[0].factor == 1 and one_line(packs[0].unit) == one_line(draft.unit):
        # "A bottle of 1": many a file says so of what comes in no carton.
        codes, packs = codes + packs[0].codes, ()
    return ItemRow(draft, codes, packs), cell.problems


def _packs(cell: CellReader) -> tuple[PackDraft, ...]:
    unit, codes = cell.text("pack_unit"), cell.read("pack_barcode", several, NONE)
    factor = cell.read("pack_factor", parse_quantity, None)
    if not unit and factor is None and not codes:
        return ()
    if not unit or factor is None:
        cell.problems.append(PackIncomplete())
        return ()
    return (PackDraft(unit, Decimal(factor), codes),)
