"""The demo company's goods, read from goods.txt; their codes are made here and belong to nobody."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from app.catalog.rules import ItemDraft, ItemRow, PackDraft
from app.kernel.gtin import check_digit

SOURCE = Path(__file__).with_name("goods.txt")
MINIMUM = Decimal(12)


def demo_items() -> list[ItemRow]:
    """Return the items with a barcode for each pack."""
    return [_row(number, line) for number, line in enumerate(_lines(), start=1)]


def _lines() -> Iterator[str]:
    for line in SOURCE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


def _row(number: int, line: str) -> ItemRow:
    name, unit, category, cost, sale, pack, lots = line.split("|")
    # 6900000 is a range for trials: no real article is named by accident.
    payload = f"6900000{number:05d}"
    item = ItemDraft(
        name=name,
        unit=unit,
        category=category,
        purchase_price=Decimal(cost),
        sale_price=Decimal(sale),
        minimum=MINIMUM,
        safety=MINIMUM / 2,
        tracks_lots=lots == "效",
        tracks_expiry=lots == "效",
    )
    return ItemRow(item, (payload + check_digit(payload),), _packs(payload, pack))


def _packs(payload: str, pack: str) -> tuple[PackDraft, ...]:
    if not pack:
        return ()
    unit, factor = pack.split(":")
    carton = f"1{payload}"
    return (PackDraft(unit, Decimal(factor), (carton + check_digit(carton),)),)
