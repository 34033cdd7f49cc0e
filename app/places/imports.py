"""Bins from a spreadsheet."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.identity.rules import Permission
from app.imports.cells import CellReader
from app.imports.kinds import Applying, Cells, ReadRow
from app.imports.rules import Field
from app.kernel.errors import RuleBroken
from app.kernel.exact import parse_whole
from app.kernel.i18n import N_
from app.places.rules import BinRow
from app.places.service import add_bins, check_bins


class BinImport:
    """The import kind `bins`."""

    key = "bins"
    title = N_("Bins")
    permission = Permission.EDIT_PLACES
    subject = None
    take_back = None
    fields: Sequence[Field] = (
        Field(
            "code",
            N_("Bin"),
            ("库位", "库位编码", "库位编号", "货位", "货位号", "bin", "bin code", "code"),
            is_required=True,
        ),
        Field("name", N_("Bin name"), ("库位名称", "名称", "name")),
        Field("warehouse", N_("Warehouse"), ("仓库", "仓库编码", "warehouse code")),
        Field("zone", N_("Zone"), ("库区", "区域", "zone code")),
        Field("walk", N_("Walking order"), ("行走顺序", "拣货顺序", "顺序", "sequence")),
    )

    def read(self, session: Session, rows: Sequence[Cells]) -> Sequence[ReadRow]:
        """Return the bins, with what is wrong, doubled or taken named."""
        read = [_read(cells) for cells in rows]
        known = check_bins(session, [row for row, _ in read])
        return [ReadRow(row, [*own, *others]) for (row, own), others in zip(read, known, strict=True)]

    def apply(self, session: Session, drafts: Sequence[BinRow], how: Applying) -> None:
        """Add the bins and the zones they name."""
        del how  # places are no ledger fact
        add_bins(session, drafts)


def _read(cells: Cells) -> tuple[BinRow, list[RuleBroken]]:
    cell = CellReader(cells)
    walk = cell.read("walk", parse_whole, 0)
    row = BinRow(cell.text("code"), cell.text("name"), cell.text("warehouse"), cell.text("zone"), walk)
    return row, cell.problems
