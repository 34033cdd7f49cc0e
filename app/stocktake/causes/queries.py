"""Evidence for likely causes, read set-wise: how items look, where else the books have them, what was scanned how."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.bulk import in_parts
from app.catalog.models import Barcode, Pack
from app.db import Quantity
from app.imports.models import Import
from app.imports.rules import ImportState
from app.kernel.exact import ZERO
from app.ledger.models import Balance
from app.places.models import Location
from app.places.rules import LEAVES, LocationKind
from app.scanning.models import Scan
from app.scanning.rules import ScanKind, ScanStatus
from app.stocktake.causes.rules import Looks, PackScans, Place, Waiting
from app.stocktake.counting.queries import TASK

OPENING_STOCK: Final = "opening-stock"
_UNFINISHED: Final = (ImportState.UPLOADED, ImportState.STAGING, ImportState.CHECKED, ImportState.FAILED)


def read_looks(session: Session, items: Collection[int], names: Mapping[int, str]) -> dict[int, Looks]:
    """Return what makes each item look like another."""
    codes: dict[int, list[str]] = defaultdict(list)
    factors: dict[int, set[Decimal]] = defaultdict(set)
    for part in in_parts(sorted(items)):
        statement = select(Pack.item_id, Pack.factor, Barcode.code).outerjoin(Barcode, Barcode.pack_id == Pack.id)
        for item, factor, code in session.execute(statement.where(Pack.item_id.in_(part))):
            factors[item].add(factor)
            if code:
                codes[item].append(code)
    return {
        item: Looks(names[item], tuple(sorted(codes[item])), tuple(sorted(factors[item])))
        for item in items
        if item in names
    }


def read_waiting(session: Session, items: Collection[int]) -> dict[tuple[int, int], list[Waiting]]:
    """Return what the books have of items (lots) in places that are no bins: docks, staging, quarantine, the road."""
    found: dict[tuple[int, int], list[Waiting]] = defaultdict(list)
    for part in in_parts(sorted(items)):
        statement = (
            select(Balance.item_id, Balance.lot_id, Balance.location_id, Balance.quantity)
            .join(Location, Location.id == Balance.location_id)
            .where(
                Balance.item_id.in_(part),
                Balance.quantity > ZERO,
                Location.kind.in_(sorted(LEAVES - {LocationKind.BIN})),
            )
        )
        for item, lot, place, quantity in session.execute(statement):
            found[item, lot].append(Waiting(place, quantity))
    return found


def read_pack_scans(session: Session, stocktake_id: int, bins: Collection[int]) -> dict[Place, list[PackScans]]:
    """Return how often codes of packs were scanned in these bins, by line and code."""
    found: dict[Place, list[PackScans]] = defaultdict(list)
    scan = Scan.__table__.c
    total = func.sum(scan.quantity, type_=Quantity)
    about = (scan.location_id, scan.item_id, scan.lot_id, scan.raw, scan.factor)
    for part in in_parts(sorted(bins)):
        statement = select(*about, total).where(
            scan.task_kind == TASK,
            scan.task_id == stocktake_id,
            scan.status == ScanStatus.ACCEPTED,
            scan.kind == ScanKind.SCAN,
            scan.factor > Decimal(1),
            scan.location_id.in_(part),
        )
        for location, item, lot, code, factor, quantity in session.execute(statement.group_by(*about)):
            found[Place(location, item, lot)].append(PackScans(code, factor, quantity / factor))
    return found


def find_pending_opening(session: Session) -> int | None:
    """Return the latest import of opening stock that was begun and not finished, None where there is none."""
    statement = select(func.max(Import.id)).where(Import.kind == OPENING_STOCK, Import.state.in_(_UNFINISHED))
    return session.scalar(statement)
